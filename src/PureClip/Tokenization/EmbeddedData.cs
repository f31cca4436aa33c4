using System.IO.Compression;
using System.Text;

namespace PureClip.Tokenization;

/// <summary>The text tables inside this assembly (folder Data): written by tools/golden/make_vocabulary.py, compressed with gzip.</summary>
internal static class EmbeddedData
{
    /// <summary>CLIP's 48,894 merges, one "left right" a line.</summary>
    public static string Merges => Read("clip-merges.txt.gz");

    /// <summary>HTML 5 entities, one "name value" a line; see <see cref="HtmlEntities"/>.</summary>
    public static string HtmlEntities => Read("html-entities.txt.gz");

    /// <summary>Combining classes, canonical decompositions, width forms; see <see cref="UnicodeNormalization"/>.</summary>
    public static string Unicode => Read("unicode.txt.gz");

    private static string Read(string name)
    {
        using Stream resource = typeof(EmbeddedData).Assembly.GetManifestResourceStream("Tokenization/" + name)
            ?? throw new InvalidOperationException($"The assembly was built without its resource Tokenization/{name}.");
        using GZipStream unzipped = new(resource, CompressionMode.Decompress);
        using StreamReader reader = new(unzipped, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}

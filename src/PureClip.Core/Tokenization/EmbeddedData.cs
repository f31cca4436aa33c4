using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;

namespace PureClip.Tokenization;

/// <summary>The tables inside this assembly (folder Data), written by tools/golden/make_vocabulary.py.</summary>
internal static class EmbeddedData
{
    /// <summary>
    /// CLIP's 48,894 merges in order: the ids of the left and of the right symbol, 16 bits each. As ids they are smaller than as zipped
    /// text, and a vocabulary is built from them in a fifth of the time.
    /// </summary>
    public static ushort[] MergePairs()
    {
        using Stream resource = Open("clip-merges.bin");
        ushort[] pairs = new ushort[resource.Length / sizeof(ushort)];
        resource.ReadExactly(MemoryMarshal.AsBytes(pairs.AsSpan()));
        if (!BitConverter.IsLittleEndian)
            BinaryPrimitives.ReverseEndianness(pairs, pairs);
        return pairs;
    }

    /// <summary>HTML 5 entities, one "name value" a line; see <see cref="HtmlEntities"/>.</summary>
    public static string HtmlEntities => Read("html-entities.txt.gz");

    /// <summary>Combining classes, canonical decompositions, width forms; see <see cref="UnicodeNormalization"/>.</summary>
    public static string Unicode => Read("unicode.txt.gz");

    /// <summary>Compatibility decompositions, "point parts" a line, hexadecimal; see <see cref="UnicodeNormalization"/>.</summary>
    public static string Compatibility => Read("compatibility.txt.gz");

    private static string Read(string name)
    {
        using Stream resource = Open(name);
        using GZipStream unzipped = new(resource, CompressionMode.Decompress);
        using StreamReader reader = new(unzipped, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    private static Stream Open(string name) => typeof(EmbeddedData).Assembly.GetManifestResourceStream("Tokenization/" + name)
        ?? throw new InvalidOperationException($"The assembly was built without its resource Tokenization/{name}.");
}

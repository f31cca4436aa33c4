using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using PureClip.Files;

namespace PureClip.Concepts;

/// <summary>
/// Embeddings of a word list in a safetensors file: F32 [words, width]. Its name and metadata tell model, prompt and words; a hash of the
/// numbers tells damage. Processes may share a folder: a file appears by renaming, and whoever comes last replaces it by the same.
/// </summary>
internal sealed class WordCache
{
    private const string Tensor = "embeddings";
    private const string Version = "1";
    private const int DigitsInTheName = 16;

    private readonly string _folder;
    private readonly string _path;
    private readonly int _words, _width;
    private readonly Dictionary<string, string> _key;

    private WordCache(string folder, Dictionary<string, string> key, int words, int width)
    {
        _folder = folder;
        _key = key;
        _words = words;
        _width = width;
        string name = Hash(key.OrderBy(entry => entry.Key, StringComparer.Ordinal).SelectMany(entry => new[] { entry.Key, entry.Value }));
        _path = Path.Combine(folder, $"words-{name[..DigitsInTheName]}.safetensors");
    }

    /// <summary>The place of a model's embeddings of a word list.</summary>
    public static WordCache For(string folder, Clip clip, string[] words, PromptTemplate template) => new(folder, new()
    {
        ["format"] = "pureclip-words",
        ["version"] = Version,
        ["fingerprint"] = clip.Fingerprint,
        ["template"] = template.Text,
        ["texts"] = clip.Space.TextLine ?? "", // how they are cleaned, and the type of the weights: either gives other numbers
        ["words"] = Hash(words),
    }, words.Length, clip.EmbeddingWidth);

    /// <summary>The embeddings; null where there is no such file, or a damaged one.</summary>
    public float[]? Read()
    {
        try
        {
            using SafetensorsFile file = SafetensorsFile.Open(_path);
            if (!_key.All(entry => file.Metadata.TryGetValue(entry.Key, out string? value) && value == entry.Value)
                || !file.TryGet(Tensor, out TensorInfo? tensor) || tensor.Type != NumberType.F32
                || !tensor.Shape.SequenceEqual([_words, _width]))
                return null;
            float[] embeddings = new float[_words * _width];
            file.ReadFloats(tensor, embeddings);
            return file.Metadata.TryGetValue("sha256", out string? hash) && hash == Hash(embeddings) ? embeddings : null;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Keeps embeddings, as well as it goes: they can be computed again.</summary>
    public void Write(float[] embeddings, CancellationToken cancellationToken)
    {
        try
        {
            Directory.CreateDirectory(_folder);
            Dictionary<string, string> metadata = new(_key) { ["sha256"] = Hash(embeddings) };
            SafetensorsWriter.Write(
                _path, [TensorSource.FromFloats(Tensor, [_words, _width], embeddings)], metadata, cancellation: cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A folder that cannot be written to, a full disk, or on Windows another process that has the same file open.
        }
    }

    private static string Hash(float[] numbers) => Convert.ToHexStringLower(Sha256.Of(MemoryMarshal.AsBytes<float>(numbers)));

    /// <summary>The lengths make ["ab", "c"] another list than ["a", "bc"].</summary>
    private static string Hash(IEnumerable<string> texts)
    {
        Sha256 hash = new();
        foreach (string text in texts)
        {
            hash.Append(Encoding.UTF8.GetBytes(text.Length.ToString(CultureInfo.InvariantCulture) + ":"));
            hash.Append(MemoryMarshal.AsBytes(text.AsSpan()));
        }
        return Convert.ToHexStringLower(hash.Finish());
    }
}

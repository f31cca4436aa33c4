using System.Text.Json;
using PureClip.Files;

namespace PureClip.Generation;

/// <summary>
/// A network that draws as a safetensors file: its tensors by name, F32 or F16; in the metadata its sizes, the names of its styles, and the
/// fingerprint of the CLIP in whose space it was trained.
/// </summary>
internal static class GeneratorFile
{
    private const string Format = "pureclip-generator", Version = "1";

    /// <summary>Writes it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="config">Sizes.</param>
    /// <param name="styles">Names of the kinds from 1 on.</param>
    /// <param name="fingerprint">The CLIP's.</param>
    /// <param name="numbers">A tensor's numbers by its name.</param>
    /// <param name="type">How they are stored.</param>
    public static void Write(
        string path, GeneratorConfig config, IReadOnlyList<string> styles, string fingerprint, Func<string, float[]> numbers,
        NumberType type)
    {
        IEnumerable<TensorSource> tensors = config.Tensors.Select(tensor => new TensorSource(tensor.Name, type, [.. tensor.Shape], stream =>
        {
            float[] floats = numbers(tensor.Name);
            byte[] bytes = new byte[floats.Length * type.Size()];
            type.Narrow(floats, bytes);
            stream.Write(bytes);
        }));
        SafetensorsWriter.Write(path, tensors, new Dictionary<string, string>
        {
            ["format"] = Format,
            ["version"] = Version,
            ["config"] = config.ToJson(),
            ["styles"] = JsonSerializer.Serialize([.. styles], GeneratorJson.Default.StringArray),
            ["clip"] = fingerprint,
        });
    }

    /// <summary>Reads it.</summary>
    /// <exception cref="InvalidDataException">It is something else, damaged, or was trained in another CLIP's space.</exception>
    public static (GeneratorNetwork Network, string[] Styles) Read(string path, Clip clip)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        string Text(string key) => file.Metadata.TryGetValue(key, out string? text)
            ? text
            : throw new InvalidDataException($"{path} is no network that draws: its metadata has no {key}.");
        if (Text("format") != Format || Text("version") != Version)
            throw new InvalidDataException(
                $"{path} is {Problem.Quote(Text("format"))}, version {Problem.Quote(Text("version"))}; this reads {Format}, version {Version}.");
        GeneratorConfig config = GeneratorConfig.Parse(Text("config"));
        string[] styles = StylesOf(Text("styles"), path);
        if (Text("clip") != clip.Fingerprint)
            throw new InvalidDataException(
                $"{path} was trained in the space of the CLIP with the fingerprint {Text("clip")}; {clip.Source} has {clip.Fingerprint}. "
                + "Take the model that it belongs to.");
        if (config.VectorWidth != clip.EmbeddingWidth || styles.Length != Math.Max(0, config.Kinds - 1))
            throw new InvalidDataException($"{path} does not hold what its metadata says: download it again.");
        Dictionary<string, long[]> shapes = config.Tensors.ToDictionary(static tensor => tensor.Name, static tensor => tensor.Shape);
        float[] Numbers(string name)
        {
            if (!file.TryGet(name, out TensorInfo? tensor) || !tensor.Shape.AsSpan().SequenceEqual(shapes[name]) || !tensor.Type.IsFloat())
                throw new InvalidDataException($"{path} has no {name} of shape [{string.Join(", ", shapes[name])}]: download it again.");
            float[] numbers = new float[tensor.ElementCount];
            file.ReadFloats(tensor, numbers);
            return Array.TrueForAll(numbers, float.IsFinite)
                ? numbers
                : throw new InvalidDataException($"{path}: {name} holds numbers that are not finite. Take another file.");
        }
        return (new(config, Numbers, clip.Runtime), styles);
    }

    private static string[] StylesOf(string json, string path)
    {
        try
        {
            string?[]? styles = JsonSerializer.Deserialize(json, GeneratorJson.Default.StringArray);
            if (styles is not null && Array.TrueForAll(styles, static style => style is not null))
                return styles!;
        }
        catch (JsonException)
        {
            // said below
        }
        throw new InvalidDataException($"{path}: its styles, {Problem.Quote(json)}, are no list of names. Download it again.");
    }
}

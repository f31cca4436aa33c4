using PureClip.Files;

namespace PureClip.Training.Tests.Support;

/// <summary>A folder that goes away, and what is fine-tuned in it.</summary>
internal sealed class Workshop : IDisposable
{
    private static readonly Dictionary<string, string> Words = new() { ["animal"] = "blick", ["food"] = "quax", ["vehicle"] = "zorp" };

    private readonly string _folder = Directory.CreateTempSubdirectory("pureclip-tune-").FullName;

    /// <summary>A path where nothing is yet.</summary>
    public string Output => Path.Combine(_folder, "model");

    /// <summary>Another one.</summary>
    public string Other => Path.Combine(_folder, "other");

    /// <summary>The invented words.</summary>
    public static IEnumerable<string> Captions => Words.Values;

    /// <summary>24 drawings of three kinds, with an invented word for each.</summary>
    public static List<CaptionedPicture> Pictures() =>
        [.. Words.SelectMany(
            word => Directory.GetFiles(TestData.PathOf($"classes/{word.Key}"), "*.png").Order(StringComparer.Ordinal)
            .Select(file => new CaptionedPicture(file, word.Value)))];

    /// <summary>An adapter of one module in PEFT's files, of rank 2 and alpha 4.</summary>
    public string Adapter(string module, int inputs, int outputs, string more = "")
    {
        string directory = Directory.CreateDirectory(Path.Combine(_folder, "adapter")).FullName;
        File.WriteAllText(
            Path.Combine(directory, "adapter_config.json"),
            $$"""{ "peft_type": "LORA", "r": 2, "lora_alpha": 4, "bias": "none", "use_dora": false{{more}} }""");
        SafetensorsWriter.Write(Path.Combine(directory, "adapter_model.safetensors"),
        [
            TensorSource.FromFloats($"base_model.model.{module}.lora_A.weight", [2, inputs], Numbers(2, inputs, A)),
            TensorSource.FromFloats($"base_model.model.{module}.lora_B.weight", [outputs, 2], Numbers(outputs, 2, B)),
        ]);
        return directory;
    }

    /// <summary>B·A of <see cref="Adapter"/>.</summary>
    public static double ProductAt(int output, int input) => B(output, 0) * (double)A(0, input) + B(output, 1) * (double)A(1, input);

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static float A(int r, int input) => MathF.Sin(1 + r + 3 * input) / 8;

    private static float B(int output, int r) => MathF.Cos(2 * r + output) / 8;

    private static float[] Numbers(int rows, int columns, Func<int, int, float> of) =>
        [.. Enumerable.Range(0, rows * columns).Select(i => of(i / columns, i % columns))];
}

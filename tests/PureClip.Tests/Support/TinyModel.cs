using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json.Nodes;
using PureClip.Files;

namespace PureClip.Tests.Support;

/// <summary>
/// The tiny random CLIP of <c>tests/PureClip.Tests/Golden</c> as a model directory of any layout, made of a weight file, JSON files and a
/// vocabulary of its 100 tokens. Tests change what they are about and call <see cref="Save"/> or <see cref="Load"/>.
/// </summary>
internal sealed class TinyModel : IDisposable
{
    /// <summary>Id of the token that begins a text, and of the one that ends it.</summary>
    public const int StartId = 98, EndId = 99;

    private static readonly string Golden = System.IO.Path.Combine(TestData.Root, "tests", "PureClip.Tests", "Golden", "tiny");

    // Each joins two symbols that are there already. Ids 62 to 97.
    private static readonly string[] Merges =
    [
        "t h", "th e</w>", "a n", "an d</w>", "c a", "ca t</w>", "d o", "do g</w>", "o f</w>", "i n</w>", "p h", "ph o", "o t", "pho to</w>",
        "t o</w>", "r e", "re d</w>", "b l", "bl u", "blu e</w>", "o n</w>", "e r</w>", "i s</w>", "s t", "st a", "sta r</w>", "b i", "bi r",
        "bir d</w>", "f i", "fi sh</w>", "s h</w>", "t r", "tr e", "tre e</w>", "a t</w>",
    ];

    private TinyModel()
    {
        using SafetensorsFile file = SafetensorsFile.Open(System.IO.Path.Combine(Golden, "model.safetensors"));
        foreach (TensorInfo tensor in file.Tensors)
        {
            float[] numbers = new float[tensor.ElementCount];
            file.ReadFloats(tensor, numbers);
            Tensors[tensor.Name] = new(NumberType.F32, [.. tensor.Shape], numbers);
        }
    }

    /// <summary>A tensor to be written.</summary>
    /// <param name="Type">Type in the file: one of the four plain floating-point types, or I64.</param>
    /// <param name="Shape">Dimensions.</param>
    /// <param name="Numbers">Row-major; must be exact in the type.</param>
    internal sealed record Tensor(NumberType Type, long[] Shape, float[] Numbers);

    /// <summary>The directory.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("pureclip-tiny-").FullName;

    /// <summary>The weights by their names in the file.</summary>
    public Dictionary<string, Tensor> Tensors { get; private set; } = [];

    /// <summary>JSON files by name: the configurations.</summary>
    public Dictionary<string, JsonObject> Json { get; } = [];

    /// <summary>The main configuration: <c>config.json</c>, or the <c>model_cfg</c> of <c>open_clip_config.json</c>.</summary>
    public JsonObject Config => Json.TryGetValue("config.json", out JsonObject? config) ? config : Json["open_clip_config.json"]["model_cfg"]!.AsObject();

    /// <summary>File name of the weights.</summary>
    public string WeightsName { get; set; } = "model.safetensors";

    /// <summary>In how many shards the weights are written; 1 for a single file without an index.</summary>
    public int Shards { get; set; } = 1;

    /// <summary>Whether the directory brings its vocabulary.</summary>
    public bool HasVocabulary { get; set; } = true;

    /// <summary>The whole model as transformers saves it.</summary>
    /// <param name="activation">Which <c>hidden_act</c>: quick_gelu, gelu or gelu_pytorch_tanh.</param>
    public static TinyModel HuggingFace(string activation = "quick_gelu")
    {
        string name = activation == "quick_gelu" ? "config.json" : $"config.{activation}.json";
        TinyModel model = new();
        model.Json["config.json"] = JsonNode.Parse(File.ReadAllText(System.IO.Path.Combine(Golden, name)))!.AsObject();
        model.Json["preprocessor_config.json"] = Preprocessor();
        return model;
    }

    /// <summary>The text tower alone, as <c>CLIPTextModelWithProjection</c> saves it.</summary>
    public static TinyModel TextOnly() => HuggingFace().Tower("text_config", "CLIPTextModelWithProjection", name => name.StartsWith("text_", StringComparison.Ordinal));

    /// <summary>The vision tower alone, as <c>CLIPVisionModelWithProjection</c> saves it.</summary>
    public static TinyModel VisionOnly() => HuggingFace().Tower("vision_config", "CLIPVisionModelWithProjection", name => name.StartsWith("vis", StringComparison.Ordinal));

    /// <summary>The whole model as OpenCLIP saves it.</summary>
    /// <param name="customText">Whether the text tower's names are below <c>text.</c>, as its CustomTextCLIP has them.</param>
    public static TinyModel OpenClip(bool customText = false)
    {
        TinyModel model = new() { WeightsName = "open_clip_model.safetensors" };
        model.Tensors = OpenClipTensors.From(model.Tensors, customText ? "text." : "");
        model.Json["open_clip_config.json"] = OpenClipConfig(customText);
        return model;
    }

    /// <summary>Puts a prefix before every tensor's name, as wrappers do.</summary>
    public TinyModel WithPrefix(string prefix)
    {
        Tensors = Tensors.ToDictionary(pair => prefix + pair.Key, pair => pair.Value);
        return this;
    }

    /// <summary>Stores every tensor in another type.</summary>
    public TinyModel As(NumberType type)
    {
        Tensors = Tensors.ToDictionary(pair => pair.Key, pair => pair.Value with { Type = type });
        return this;
    }

    /// <summary>Cuts every number to what BF16 holds.</summary>
    public TinyModel CutToBFloat16()
    {
        foreach (Tensor tensor in Tensors.Values)
            for (int i = 0; i < tensor.Numbers.Length; i++)
                tensor.Numbers[i] = BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(tensor.Numbers[i]) & 0xFFFF0000);
        return this;
    }

    /// <summary>Adds a tensor of zeros.</summary>
    public TinyModel Add(string name, params long[] shape)
    {
        Tensors.Add(name, new(NumberType.F32, shape, new float[shape.Aggregate(1L, (product, n) => product * n)]));
        return this;
    }

    /// <summary>Writes the directory.</summary>
    /// <returns>Its path.</returns>
    public string Save()
    {
        foreach ((string name, JsonObject json) in Json)
            Write(name, json.ToJsonString());
        if (HasVocabulary)
            WriteVocabulary();
        if (Shards == 1)
            WriteWeights(WeightsName, Tensors);
        else
            WriteShards();
        return Path;
    }

    /// <summary>Writes the directory and loads it.</summary>
    public Clip Load(ClipOptions? options = null) => Clip.Load(Save(), options ?? new() { Threads = 1 });

    /// <summary>Writes a text file into the directory.</summary>
    public TinyModel Write(string name, string text)
    {
        File.WriteAllText(System.IO.Path.Combine(Path, name), text);
        return this;
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Path, recursive: true);

    private TinyModel Tower(string configName, string architecture, Func<string, bool> isOfTower)
    {
        JsonObject tower = Json["config.json"][configName]!.DeepClone().AsObject();
        tower["architectures"] = new JsonArray(architecture);
        Json["config.json"] = tower;
        Tensors = Tensors.Where(pair => isOfTower(pair.Key)).ToDictionary();
        return this;
    }

    private static JsonObject Preprocessor() => JsonNode.Parse("""
        {
          "image_processor_type": "CLIPImageProcessor", "do_resize": true, "size": { "shortest_edge": 32 }, "resample": 3,
          "do_center_crop": true, "crop_size": { "height": 32, "width": 32 }, "do_rescale": true, "rescale_factor": 0.00392156862745098,
          "do_normalize": true, "do_convert_rgb": true,
          "image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711]
        }
        """)!.AsObject();

    private static JsonObject OpenClipConfig(bool customText) => JsonNode.Parse($$"""
        {
          "model_cfg": {
            "embed_dim": 16, "quick_gelu": true, "custom_text": {{(customText ? "true" : "false")}},
            "vision_cfg": { "image_size": 32, "patch_size": 8, "width": 32, "head_width": 16, "layers": 2 },
            "text_cfg": { "context_length": 16, "vocab_size": 100, "width": 24, "heads": 3, "layers": 2 }
          },
          "preprocess_cfg": {
            "size": [32, 32], "mode": "RGB", "interpolation": "bicubic", "resize_mode": "shortest", "fill_color": 0,
            "mean": [0.48145466, 0.4578275, 0.40821073], "std": [0.26862954, 0.26130258, 0.27577711]
          }
        }
        """)!.AsObject();

    /// <summary>Letters inside and at the end of a word, digits, merges, start and end: 26 + 26 + 10 + 36 + 2.</summary>
    private void WriteVocabulary()
    {
        IEnumerable<string> letters = Enumerable.Range('a', 26).Select(c => $"{(char)c}");
        IEnumerable<string> digits = Enumerable.Range(0, 10).Select(d => d.ToString(CultureInfo.InvariantCulture) + "</w>");
        List<string> merges = [.. Merges];
        string[] tokens = [.. letters, .. letters.Select(c => c + "</w>"), .. digits, .. merges.Select(m => m.Replace(" ", "")), "<|startoftext|>", "<|endoftext|>"];
        JsonObject vocabulary = [];
        foreach (string token in tokens)
            vocabulary[token] = vocabulary.Count;
        Write("vocab.json", vocabulary.ToJsonString());
        Write("merges.txt", $"#version: 0.2\n{string.Join('\n', merges)}\n");
    }

    private void WriteShards()
    {
        JsonObject map = [];
        foreach ((KeyValuePair<string, Tensor>[] shard, int i) in Tensors.Chunk((Tensors.Count + Shards - 1) / Shards).Select((shard, i) => (shard, i)))
        {
            string name = $"model-{i + 1:D5}-of-{Shards:D5}.safetensors";
            WriteWeights(name, shard);
            foreach ((string tensor, _) in shard)
                map[tensor] = name;
        }
        Write("model.safetensors.index.json", new JsonObject { ["weight_map"] = map }.ToJsonString());
    }

    private void WriteWeights(string name, IEnumerable<KeyValuePair<string, Tensor>> tensors) => SafetensorsWriter.Write(
        System.IO.Path.Combine(Path, name),
        tensors.Select(pair => new TensorSource(pair.Key, pair.Value.Type, [.. pair.Value.Shape], stream => Write(stream, pair.Value))));

    private static void Write(Stream stream, Tensor tensor)
    {
        Span<byte> bytes = stackalloc byte[sizeof(double)];
        foreach (float number in tensor.Numbers)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes, BitsOf(number, tensor.Type));
            stream.Write(bytes[..(tensor.Type.Bits() / 8)]);
        }
    }

    private static long BitsOf(float number, NumberType dtype) => dtype switch
    {
        NumberType.F32 => BitConverter.SingleToUInt32Bits(number),
        NumberType.F16 => BitConverter.HalfToUInt16Bits((Half)number),
        NumberType.BF16 => BitConverter.SingleToUInt32Bits(number) >> 16,
        NumberType.F64 => BitConverter.DoubleToInt64Bits(number),
        NumberType.I64 => (long)number,
        NumberType.F8E4M3 => 0,
        _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "Not written by tests."),
    };
}

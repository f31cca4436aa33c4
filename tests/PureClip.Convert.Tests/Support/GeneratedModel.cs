using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace PureClip.Convert.Tests.Support;

/// <summary>
/// A small model of random weights whose directory says things in one of the ways in which published ones do. Which, its number decides.
/// </summary>
internal sealed class GeneratedModel
{
    private const int End = 4095, VocabularySize = 4096;

    private static readonly string[] TokenizerFiles = ["vocab.json", "merges.txt", "tokenizer_config.json"];

    private readonly Random _random;
    private readonly SafetensorsBuilder _weights = new();
    private readonly int _width, _layers, _heads, _mlp, _embedding, _imageSize, _patch, _context, _vocabulary;
    private readonly string _type;

    private GeneratedModel(int number)
    {
        _random = new Random(number);
        _heads = Pick(1, 2, 4);
        _width = _heads * Pick(8, 12, 16);
        (_layers, _mlp, _embedding) = (Pick(1, 2), Pick(2, 4) * _width, Pick(16, 24, 33));
        (_patch, _imageSize) = Pick((8, 32), (4, 24), (8, 37), (16, 32));
        (_context, _vocabulary) = (Pick(16, 32, 77), VocabularySize + Pick(0, 0, 1, 3));
        _type = Pick("F32", "F16", "BF16", "F64");
    }

    /// <summary>Writes a model into a directory.</summary>
    /// <returns>What it is, for the test's message.</returns>
    public static string Write(string directory, int number)
    {
        Directory.CreateDirectory(directory);
        return new GeneratedModel(number).Write(directory, Pick(number, "clip", "clip", "openclip", "openclip", "text", "vision"));
    }

    private static string Pick(int number, params string[] kinds) => kinds[number % kinds.Length];

    private T Pick<T>(params T[] values) => values[_random.Next(values.Length)];

    private bool Chance(int ofHundred) => _random.Next(100) < ofHundred;

    private string Write(string directory, string kind)
    {
        string said = kind == "openclip" ? WriteOpenClip(directory) : WriteHuggingFace(directory, kind);
        string name = kind == "openclip" ? "open_clip_model.safetensors" : "model.safetensors";
        File.WriteAllBytes(Path.Combine(directory, name), _weights.Build());
        return $"{kind} {_type} {said}";
    }

    private string WriteHuggingFace(string directory, string kind)
    {
        bool hasText = kind != "vision", hasVision = kind != "text";
        string prefix = Pick("", "", "", "module.", "_orig_mod.", "model.");
        JsonObject text = Transformer(), vision = Transformer();
        (text["max_position_embeddings"], text["vocab_size"]) = (_context, _vocabulary);
        (vision["image_size"], vision["patch_size"]) = (_imageSize, _patch);
        text["eos_token_id"] = Pick<JsonNode?>(End, 2, new JsonArray(End), null);
        if (text["eos_token_id"] is null && Chance(70))
            text.Remove("eos_token_id");
        if (_vocabulary == VocabularySize && Chance(30))
            text["hidden_act"] = "gelu";
        JsonObject config = kind switch
        {
            "text" when Chance(50) => text,
            "vision" when Chance(50) => vision,
            _ => Whole(kind, text, vision),
        };
        if (config == text)
            (text["model_type"], text["projection_dim"]) = ("clip_text_model", _embedding);
        if (config == vision)
            (vision["model_type"], vision["projection_dim"]) = ("clip_vision_model", _embedding);
        JsonObject extra = [];
        if (Chance(30))
            extra["text_cleaning"] = Pick("openai", "huggingface");
        if (Chance(30))
            extra["pixel_order"] = Pick("rgb_first", "resize_first");
        if (Chance(30))
            extra["crop_rounding"] = Pick("floor", "half_to_even");
        if (Chance(30))
            (extra["resize_mode"], extra["fill_color"]) = ("longest", Pick(0, 128, 255));
        if (extra.Count > 0)
            config["pureclip"] = extra;
        Save(directory, "config.json", config);
        if (hasVision)
            AddVision(prefix);
        if (hasText)
            AddText(prefix);
        if (kind == "clip" && Chance(70))
            Add(prefix + "logit_scale", Pick<long[]>([], [1]), 4f);
        if (hasVision && Chance(90))
            Save(directory, "preprocessor_config.json", Processor());
        string tokenizer = hasText ? WriteTokenizer(directory) : "";
        return $"{prefix} eos {text["eos_token_id"]?.ToJsonString() ?? "absent"}, {tokenizer}, {extra.ToJsonString()}";
    }

    private JsonObject Whole(string kind, JsonObject text, JsonObject vision)
    {
        string class_ = kind switch { "text" => "CLIPTextModelWithProjection", "vision" => "CLIPVisionModelWithProjection", _ => "CLIPModel" };
        JsonObject config = new() { ["model_type"] = "clip", ["architectures"] = new JsonArray(class_), ["projection_dim"] = _embedding };
        if (kind != "clip") // the outer one is another's then
            (config["projection_dim"], text["projection_dim"], vision["projection_dim"]) = (_embedding + 1, _embedding, _embedding);
        if (Chance(30))
            config["logit_scale_init_value"] = 3.5;
        config["vision_config"] = vision;
        if (Chance(30)) // as files of 2022 have it
            (config["text_config_dict"], config["text_config"]) = (text, new JsonObject { ["hidden_act"] = "gelu_new", ["hidden_size"] = 7 });
        else
            config["text_config"] = text;
        return config;
    }

    private JsonObject Transformer() => new()
    {
        ["hidden_size"] = _width,
        ["num_hidden_layers"] = _layers,
        ["num_attention_heads"] = _heads,
        ["intermediate_size"] = _mlp,
        ["hidden_act"] = Pick("quick_gelu", "gelu", "gelu_new", "gelu_pytorch_tanh"),
        ["layer_norm_eps"] = Pick(1e-5, 1e-6, 1e-12),
    };

    /// <summary>Every published spelling of sizes, and rules that a CLIP may have.</summary>
    private JsonObject Processor()
    {
        int size = _imageSize;
        static JsonObject Both(int height, int width) => new() { ["height"] = height, ["width"] = width };
        JsonNode both = Pick<JsonNode>(Both(size, size), new JsonArray(size, size));
        bool squashes = Chance(30);
        JsonObject file = new()
        {
            ["size"] = squashes ? both : Pick<JsonNode>(size, new JsonObject { ["shortest_edge"] = size + Pick(0, 5) }, new JsonArray(size)),
            ["crop_size"] = Pick<JsonNode>(size, Both(size, size), new JsonArray(size, size)),
            ["resample"] = _random.Next(6),
            ["do_center_crop"] = !squashes || Chance(50),
            ["image_mean"] = Pick<JsonNode>(new JsonArray(0.48145466, 0.4578275, 0.40821073), new JsonArray(0.5, 0.5, 0.5), new JsonArray(0.1, 0.7, 1 / 3.0)),
            ["image_std"] = Pick<JsonNode>(new JsonArray(0.26862954, 0.26130258, 0.27577711), new JsonArray(0.5, 0.5, 0.5), new JsonArray(1 / 7.0, 0.2, 0.9)),
            ["rescale_factor"] = Pick(1 / 255.0, 1 / 127.5, 0.003),
            ["do_normalize"] = Chance(90),
            ["do_rescale"] = Chance(90),
            ["do_resize"] = squashes || Chance(90),
        };
        if (!squashes && Chance(20))
            (file["size"], file["use_square_size"]) = (size, true);
        return file;
    }

    private string WriteTokenizer(string directory)
    {
        foreach (string file in TokenizerFiles)
            File.Copy(Path.Combine(MiniModel.Path, file), Path.Combine(directory, file));
        string path = Path.Combine(directory, "tokenizer_config.json"), said = "";
        JsonObject config = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        config.Remove("pad_token");
        if (Pick(null, null, "!", "<|endoftext|>") is string pad)
            (config["pad_token"], said) = (pad, said + $"pad {pad} ");
        if (Chance(30))
            config["model_max_length"] = 1e30;
        string[] more = [.. Enumerable.Range(VocabularySize, _vocabulary - VocabularySize).Select(id => $"<Cat-{id}>")];
        if (more.Length > 0 && Chance(50))
            Save(directory, "added_tokens.json", new JsonObject(more.Select((token, i) => KeyValuePair.Create(token, (JsonNode?)(VocabularySize + i)))));
        else if (more.Length > 0)
            config["added_tokens_decoder"] = new JsonObject(more.Select((token, i) => KeyValuePair.Create(
                $"{VocabularySize + i}", (JsonNode?)new JsonObject { ["content"] = token, ["normalized"] = Chance(50), ["special"] = Chance(50) })));
        switch (_random.Next(4))
        {
            case 0:
                File.Delete(path);
                Save(directory, "special_tokens_map.json", new JsonObject { ["eos_token"] = new JsonObject { ["content"] = "<|endoftext|>", ["normalized"] = false } });
                return said + "special_tokens_map alone";
            case 1:
                File.Delete(path);
                return said + "vocabulary alone";
            case 2 when more.Length == 0:
                WriteTokenizerJson(directory);
                config["tokenizer_class"] = Pick("TokenizersBackend", "CLIPTokenizerFast", "PreTrainedTokenizerFast");
                said += "tokenizer.json ";
                break;
            default:
                break;
        }
        Save(directory, "tokenizer_config.json", config);
        return said + "tokenizer_config";
    }

    /// <summary>The same vocabulary in the one file of newer libraries.</summary>
    private void WriteTokenizerJson(string directory)
    {
        string vocabulary = Path.Combine(directory, "vocab.json"), merges = Path.Combine(directory, "merges.txt");
        bool asPairs = Chance(50);
        IEnumerable<JsonNode> lines = File.ReadLines(merges).Skip(1).Where(static line => line.Length > 0)
            .Select(line => asPairs ? new JsonArray([.. line.Split(' ').Select(static part => (JsonNode)part)]) : (JsonNode)line);
        Save(directory, "tokenizer.json", new JsonObject
        {
            ["added_tokens"] = new JsonArray(Special("<|startoftext|>", End - 1, true), Special("<|endoftext|>", End, Chance(50))),
            ["normalizer"] = JsonNode.Parse("""{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Replace","pattern":{"Regex":"\\s+"},"content":" "},{"type":"Lowercase"}]}"""),
            ["pre_tokenizer"] = JsonNode.Parse("""{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+"},"behavior":"Removed","invert":true},{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true}]}"""),
            ["post_processor"] = JsonNode.Parse($$"""{"type":"RobertaProcessing","sep":["<|endoftext|>",{{End}}],"cls":["<|startoftext|>",{{End - 1}}],"trim_offsets":false,"add_prefix_space":false}"""),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["end_of_word_suffix"] = "</w>",
                ["vocab"] = JsonNode.Parse(File.ReadAllText(vocabulary)),
                ["merges"] = new JsonArray([.. lines]),
            },
        });
        if (!Chance(50))
            return;
        File.Delete(vocabulary);
        File.Delete(merges);
    }

    private static JsonObject Special(string content, int id, bool normalized) =>
        new() { ["id"] = id, ["content"] = content, ["normalized"] = normalized, ["special"] = true };

    private string WriteOpenClip(string directory)
    {
        JsonObject text = new()
        {
            ["context_length"] = _context,
            ["vocab_size"] = _vocabulary,
            ["width"] = _width,
            ["heads"] = _heads,
            ["layers"] = _layers,
            ["mlp_ratio"] = (double)_mlp / _width,
        };
        JsonObject vision = new()
        {
            ["image_size"] = _imageSize,
            ["patch_size"] = _patch,
            ["width"] = _width,
            ["head_width"] = _width / _heads,
            ["layers"] = _layers,
            ["mlp_ratio"] = (double)_mlp / _width,
        };
        if (Chance(40))
            (text["pool_type"], text["eos_id"]) = ("eos", End);
        if (Chance(30))
            text["act_kwargs"] = new JsonObject { ["approximate"] = "tanh" };
        if (Chance(30))
            (text["norm_kwargs"], vision["norm_kwargs"]) = (new JsonObject { ["eps"] = 1e-6 }, new JsonObject { ["eps"] = 1e-6 });
        JsonObject model = new() { ["embed_dim"] = _embedding, ["vision_cfg"] = vision, ["text_cfg"] = text };
        if (Chance(60))
            model["quick_gelu"] = Chance(50);
        if (Chance(30))
            (model["init_logit_scale"], model["init_logit_bias"]) = (2.3026, -10);
        JsonObject file = new() { ["model_cfg"] = model };
        JsonObject pictures = new()
        {
            ["mean"] = Pick<JsonNode>(new JsonArray(0.48145466, 0.4578275, 0.40821073), new JsonArray(0.5, 0.5, 0.5)),
            ["std"] = Pick<JsonNode>(new JsonArray(0.26862954, 0.26130258, 0.27577711), new JsonArray(0.5, 0.5, 0.5)),
            ["interpolation"] = Pick("bicubic", "bilinear"),
            ["resize_mode"] = Pick("shortest", "squash", "longest"),
            ["fill_color"] = Pick(0, 128, 255),
        };
        if (Chance(90))
            file["preprocess_cfg"] = pictures;
        Save(directory, "open_clip_config.json", file);
        foreach ((string tower, string prefix, int positions) in ((string, string, int)[])[("visual.", "visual.", Tokens), ("", "", _context)])
        {
            for (int layer = 0; layer < _layers; layer++)
                AddBlock($"{tower}transformer.resblocks.{layer}.", "ln_1", "attn.out_proj", "ln_2", "mlp.c_fc", "mlp.c_proj", isStacked: true);
            Add($"{prefix}positional_embedding", [positions, _width]);
        }
        Add("visual.class_embedding", [_width]);
        Add("visual.conv1.weight", [_width, 3, _patch, _patch]);
        AddNorm("visual.ln_pre");
        AddNorm("visual.ln_post");
        Add("visual.proj", [_width, _embedding]);
        Add("token_embedding.weight", [_vocabulary, _width]);
        AddNorm("ln_final");
        Add("text_projection", [_width, _embedding]);
        if (Chance(70))
            Add("logit_scale", [], 4f);
        string tokenizer = WriteTokenizer(directory);
        return $"{text["pool_type"]} {pictures["resize_mode"]} {pictures["fill_color"]} {tokenizer}";
    }

    private int Tokens => _imageSize / _patch * (_imageSize / _patch) + 1;

    private void AddVision(string prefix)
    {
        Add(prefix + "vision_model.embeddings.class_embedding", [_width]);
        Add(prefix + "vision_model.embeddings.patch_embedding.weight", [_width, 3, _patch, _patch]);
        Add(prefix + "vision_model.embeddings.position_embedding.weight", [Tokens, _width]);
        AddNorm(prefix + "vision_model.pre_layrnorm");
        AddNorm(prefix + "vision_model.post_layernorm");
        AddLayers(prefix + "vision_model.");
        Add(prefix + "visual_projection.weight", [_embedding, _width]);
    }

    private void AddText(string prefix)
    {
        Add(prefix + "text_model.embeddings.token_embedding.weight", [_vocabulary, _width]);
        Add(prefix + "text_model.embeddings.position_embedding.weight", [_context, _width]);
        AddNorm(prefix + "text_model.final_layer_norm");
        AddLayers(prefix + "text_model.");
        Add(prefix + "text_projection.weight", [_embedding, _width]);
    }

    private void AddLayers(string tower)
    {
        for (int layer = 0; layer < _layers; layer++)
            AddBlock($"{tower}encoder.layers.{layer}.", "layer_norm1", "self_attn.out_proj", "layer_norm2", "mlp.fc1", "mlp.fc2", isStacked: false);
    }

    private void AddBlock(string block, string firstNorm, string attention, string secondNorm, string up, string down, bool isStacked)
    {
        AddNorm(block + firstNorm);
        AddNorm(block + secondNorm);
        if (isStacked)
        {
            Add(block + "attn.in_proj_weight", [3 * _width, _width]);
            Add(block + "attn.in_proj_bias", [3 * _width]);
        }
        else
            foreach (char part in "qkv")
                AddLinear($"{block}self_attn.{part}_proj", _width, _width);
        AddLinear(block + attention, _width, _width);
        AddLinear(block + up, _mlp, _width);
        AddLinear(block + down, _width, _mlp);
    }

    private void AddLinear(string name, int outputs, int inputs)
    {
        Add(name + ".weight", [outputs, inputs]);
        Add(name + ".bias", [outputs]);
    }

    private void AddNorm(string name)
    {
        Add(name + ".weight", [_width], 1f);
        Add(name + ".bias", [_width]);
    }

    /// <summary>Numbers around a middle, in the model's type.</summary>
    private void Add(string name, long[] shape, float middle = 0f)
    {
        float[] numbers = [.. Enumerable.Range(0, (int)shape.Aggregate(1L, static (a, b) => a * b)).Select(_ => middle + 0.4f * (_random.NextSingle() - 0.5f))];
        byte[] bytes = _type switch
        {
            "F64" => MemoryMarshal.AsBytes<double>([.. numbers.Select(static x => (double)x / 3)]).ToArray(),
            "F16" => MemoryMarshal.AsBytes<Half>([.. numbers.Select(static x => (Half)x)]).ToArray(),
            "BF16" => MemoryMarshal.AsBytes<ushort>([.. numbers.Select(static x => (ushort)(BitConverter.SingleToUInt32Bits(x) >> 16))]).ToArray(),
            _ => MemoryMarshal.AsBytes<float>(numbers).ToArray(),
        };
        _weights.Add(name, _type, shape, bytes);
    }

    private static void Save(string directory, string name, JsonNode content) => File.WriteAllText(Path.Combine(directory, name), content.ToJsonString());
}

using System.Text.Json;
using PureClip.Files;
using PureClip.Model;

namespace PureClip.Checkpoints;

/// <summary>
/// Reads the configurations of models whose text tower is of BERT's kind: Chinese-CLIP, AltCLIP, M-CLIP, sentence-transformers' CLIPs of
/// DistilBERT, and the part <c>text_cfg</c> of open_clip's with a tower of transformers. What files leave out is as in the classes of
/// transformers; where a file names a base model only, its sizes are that model's.
/// </summary>
internal static class BertConfigs
{
    private const int ChineseContext = 52, AltContext = 77; // what they were trained with; no file says it

    /// <summary>Whether a model type is one of these.</summary>
    public static bool IsModelType(string? type) => type is "chinese_clip" or "altclip" or "M-CLIP" or "distilbert";

    /// <summary>The architecture, and files with what is not in the weight file.</summary>
    /// <param name="file"><c>config.json</c>.</param>
    /// <param name="directory">The directory.</param>
    /// <param name="part">The part of a name: <c>text_config</c> or <c>vision_config</c>.</param>
    /// <param name="vision">Reads a CLIP's vision tower.</param>
    /// <exception cref="InvalidDataException">It is one that is not supported.</exception>
    public static (ClipConfig Config, string[] Further) Read(
        JsonFile file, string directory, Func<string, JsonFile> part, Func<JsonFile, VisionConfig> vision)
    {
        float scale = (float)file.Number("logit_scale_init_value", ClipConfig.UsualInitialLogitScale);
        switch (file.String("model_type"))
        {
            case "chinese_clip":
                ClipConfig chinese = new(file.Int("projection_dim", 512), vision(part("vision_config")), ReadChinese(part("text_config")));
                return (chinese with { InitialLogitScale = scale }, []);
            case "altclip":
                ClipConfig alt = new(file.Int("projection_dim", 768), vision(part("vision_config")), ReadAlt(part("text_config")));
                return (alt with { InitialLogitScale = scale }, []);
            case "M-CLIP":
                return (new(file.RequiredInt("numDims"), null, ReadMClip(file)), []);
            default:
                return ReadSentenceTransformer(file, directory);
        }
    }

    /// <summary>The text tower of open_clip's configuration that names one of transformers.</summary>
    /// <param name="file"><c>text_cfg</c>.</param>
    /// <param name="name"><c>hf_model_name</c>.</param>
    /// <param name="embeddingWidth">Numbers of an embedding.</param>
    public static TextConfig ReadOpenClip(JsonFile file, string name, int embeddingWidth)
    {
        JsonFile sizes = file.Object("hf_model_config") ?? file.Empty("hf_model_config");
        TextConfig? nllb = NllbConfig.Read(sizes, name);
        TextConfig text = nllb ?? Roberta(sizes, BaseOf(name) ?? throw file.NotSupported(
            "hf_model_name", KnownGaps.Describe(name),
            $"roberta, xlm-roberta, bert-base-uncased or BiomedBERT, {NllbConfig.Names}, or OpenCLIP's own text transformer"));
        string pooler = file.String("hf_pooler_type") ?? "mean_pooler";
        TextReadOut read = pooler switch
        {
            "mean_pooler" => TextReadOut.MeanOfTokens,
            "cls_pooler" or "cls_last_hidden_state_pooler" => TextReadOut.FirstToken,
            _ => throw file.NotSupported("hf_pooler_type", $"\"{pooler}\"", "mean_pooler, cls_pooler or cls_last_hidden_state_pooler"),
        };
        TextProjection projection = file.String("hf_proj_type") switch
        {
            null or "mlp" => TextProjection.TwoLayers,
            "linear" => TextProjection.Linear,
            string other => throw file.NotSupported("hf_proj_type", $"\"{other}\"", "mlp or linear"),
        };
        return text with
        {
            ContextLength = file.Int("context_length", 77),
            ReadAt = read,
            Projection = projection,
            Bert = text.Bert! with
            {
                ProjectionWidth = projection == TextProjection.TwoLayers ? (text.Transformer.Width + embeddingWidth) / 2 : 0,
                HasPooler = pooler == "cls_pooler" && nllb is null, // an encoder of a pair with a decoder has none
            },
        };
    }

    private static TextConfig ReadChinese(JsonFile file)
    {
        BertConfig bert = new(file.Int("max_position_embeddings", 512), 0, file.Int("type_vocab_size", 2), file.Int("pad_token_id", 0));
        return new(Blocks(file, new(768, 12, 12, 3072, 1e-12f)), Math.Min(ChineseContext, bert.Positions), file.Int("vocab_size", 30_522))
        {
            ReadAt = TextReadOut.FirstToken,
            IsCausal = false,
            Bert = bert,
        };
    }

    private static TextConfig ReadAlt(JsonFile file)
    {
        TextConfig text = Roberta(file, new("xlm-roberta-large", 250_002, 514, 1, IsRoberta: true, new(1024, 24, 16, 4096, 1e-5f)));
        return text with
        {
            ContextLength = Math.Min(AltContext, text.ContextLength),
            ReadAt = TextReadOut.FirstToken,
            Projection = TextProjection.Transformed,
            Bert = text.Bert! with { HasFinalNorm = true, ProjectionWidth = file.Int("project_dim", 768) },
        };
    }

    private static TextConfig ReadMClip(JsonFile file)
    {
        string name = file.String("modelBase") ?? throw file.NotSupported("modelBase", null, "the name of the base model");
        JsonFile sizes = file.Object("base_config") ?? file.Empty("base_config");
        TextConfig text = Roberta(sizes, BaseOf(name) ?? throw file.NotSupported(
            "modelBase", $"\"{name}\"", "xlm-roberta-base, xlm-roberta-large or sentence-transformers/LaBSE"));
        int width = file.Int("transformerDimensions", text.Transformer.Width);
        return width == text.Transformer.Width
            ? text with { ReadAt = TextReadOut.MeanOfTokens, Projection = TextProjection.LinearWithBias }
            : throw file.NotSupported("transformerDimensions", width, $"{text.Transformer.Width}, the width of {name}");
    }

    /// <summary>An encoder of RoBERTa's or BERT's kind, whose files may override what its name says.</summary>
    private static TextConfig Roberta(JsonFile file, Base known)
    {
        int pad = file.Int("pad_token_id", known.IsRoberta ? 1 : 0);
        BertConfig bert = new(
            file.Int("max_position_embeddings", known.Positions), known.IsRoberta ? pad + 1 : 0,
            file.Int("type_vocab_size", known.Types), pad);
        return new(Blocks(file, known.Sizes), bert.Positions - bert.FirstPosition, file.Int("vocab_size", known.Vocabulary))
        {
            IsCausal = false,
            Bert = bert,
        };
    }

    private static TransformerConfig Blocks(JsonFile file, Sizes usual)
    {
        if (file.String("position_embedding_type") is string kind and not "absolute")
            throw file.NotSupported("position_embedding_type", $"\"{kind}\"", "absolute");
        return new(
            file.Int("hidden_size", usual.Width), file.Int("num_hidden_layers", usual.Layers), file.Int("num_attention_heads", usual.Heads),
            file.Int("intermediate_size", usual.MlpWidth), file.Has("hidden_act") ? ModelDirectory.ReadGelu(file) : GeluKind.Erf,
            (float)file.Number("layer_norm_eps", usual.Eps))
        {
            Norms = NormPlace.After,
        };
    }

    /// <summary>DistilBERT with the mean of its tokens and a dense layer, as <c>modules.json</c> lists them.</summary>
    private static (ClipConfig Config, string[] Further) ReadSentenceTransformer(JsonFile file, string directory)
    {
        SentenceModules modules = SentenceModules.Find(directory) ?? throw file.NotSupported(
            "model_type", "\"distilbert\" without modules.json beside it, so that nothing leads from its tokens to a space with pictures",
            "a model of sentence-transformers with a mean and a dense layer, or a whole CLIP");
        if (file.Bool("sinusoidal_pos_embds", false))
            throw file.NotSupported("sinusoidal_pos_embds", "true", "false");
        GeluKind gelu = file.String("activation") switch
        {
            null or "gelu" => GeluKind.Erf,
            string other => throw file.NotSupported("activation", $"\"{other}\"", "gelu"),
        };
        TransformerConfig blocks = new(
            file.Int("dim", 768), file.Int("n_layers", 6), file.Int("n_heads", 12), file.Int("hidden_dim", 3072), gelu, 1e-12f)
        {
            Norms = NormPlace.After,
        };
        int positions = file.Int("max_position_embeddings", 512);
        TextConfig text = new(blocks, Math.Min(modules.MostTokens ?? positions, positions), file.Int("vocab_size", 30_522))
        {
            ReadAt = TextReadOut.MeanOfTokens,
            IsCausal = false,
            Projection = modules.HasBias ? TextProjection.LinearWithBias : TextProjection.Linear,
            Bert = new(positions, 0, 0, file.Int("pad_token_id", 0)),
        };
        return modules.Inputs == blocks.Width
            ? (new(modules.Outputs, null, text), [modules.WeightsPath])
            : throw file.NotSupported("dim", blocks.Width, $"{modules.Inputs}, the in_features of the dense layer");
    }

    private static Base? BaseOf(string name) => name[(name.LastIndexOf('/') + 1)..] switch
    {
        "roberta-base" => new(name, 50_265, 514, 1, IsRoberta: true, new(768, 12, 12, 3072, 1e-5f)),
        "roberta-large" => new(name, 50_265, 514, 1, IsRoberta: true, new(1024, 24, 16, 4096, 1e-5f)),
        "xlm-roberta-base" => new(name, 250_002, 514, 1, IsRoberta: true, new(768, 12, 12, 3072, 1e-5f)),
        "xlm-roberta-large" => new(name, 250_002, 514, 1, IsRoberta: true, new(1024, 24, 16, 4096, 1e-5f)),
        "bert-base-uncased" or "BiomedNLP-BiomedBERT-base-uncased-abstract" or "BiomedNLP-PubMedBERT-base-uncased-abstract" =>
            new(name, 30_522, 512, 2, IsRoberta: false, new(768, 12, 12, 3072, 1e-12f)),
        "LaBSE" => new(name, 501_153, 512, 2, IsRoberta: false, new(768, 12, 12, 3072, 1e-12f)),
        _ => null,
    };

    /// <summary>A base model that configurations name.</summary>
    private sealed record Base(string Name, int Vocabulary, int Positions, int Types, bool IsRoberta, Sizes Sizes);

    /// <summary>Sizes of its blocks.</summary>
    private readonly record struct Sizes(int Width, int Layers, int Heads, int MlpWidth, float Eps);
}

/// <summary>
/// The modules of a model of sentence-transformers behind its encoder, as far as they make a text tower: the mean of the tokens, one dense
/// layer without activation, and perhaps a normalisation.
/// </summary>
internal sealed record SentenceModules(int Inputs, int Outputs, bool HasBias, string WeightsPath, int? MostTokens)
{
    private const string ListName = "modules.json", Class = "sentence_transformers.models.";

    /// <summary>Reads those of a directory, or of the one that it is a module of; null where there is no list.</summary>
    /// <exception cref="InvalidDataException">They are others.</exception>
    public static SentenceModules? Find(string directory)
    {
        string? root = File.Exists(Path.Combine(directory, ListName)) ? directory : Path.GetDirectoryName(Path.GetFullPath(directory));
        string path = Path.Combine(root ?? directory, ListName);
        if (root is null || !File.Exists(path))
            return null;
        SentenceModules? found = null;
        bool hasMean = false;
        foreach ((string type, string folder) in Read(path))
            switch (type)
            {
                case Class + "Transformer" or Class + "Normalize":
                    break;
                case Class + "Pooling":
                    RequireMean(JsonFile.Read(Path.Combine(root, folder, "config.json")));
                    hasMean = true;
                    break;
                case Class + "Dense" when found is null:
                    found = ReadDense(Path.Combine(root, folder), directory);
                    break;
                default:
                    throw new InvalidDataException(
                        $"{path} has a module of the type {Problem.Quote(type)}; supported are a Transformer, a Pooling, one Dense and a Normalize.");
            }
        return hasMean && found is not null
            ? found
            : throw new InvalidDataException(
                $"{path} has no {(hasMean ? "Dense" : "Pooling")}, without which nothing leads from tokens to a space with pictures.");
    }

    /// <summary>The list of a directory's modules: the type of each, empty where it says none, and its folder.</summary>
    /// <exception cref="InvalidDataException">It is no list of at least one.</exception>
    public static IReadOnlyList<(string Type, string Folder)> Read(string path)
    {
        using JsonDocument list = JsonText.Parse(SmallFile.ReadBytes(path, 1 << 20, "a list of modules has"), path);
        if (list.RootElement.ValueKind != JsonValueKind.Array || list.RootElement.GetArrayLength() == 0)
            throw NoList(path);
        return [.. list.RootElement.EnumerateArray().Select(module =>
            module.ValueKind == JsonValueKind.Object && module.TryGetProperty("path", out JsonElement folder)
                ? (module.TryGetProperty("type", out JsonElement type) ? JsonText.String(type, path, "the type of a module") : "",
                    JsonText.String(folder, path, "the path of a module"))
                : throw NoList(path))];
    }

    private static InvalidDataException NoList(string path) =>
        new($"{path} is no list of modules with paths. Download it again, or give the model's own folder.");

    private static void RequireMean(JsonFile pooling)
    {
        foreach (string other in (string[])["pooling_mode_cls_token", "pooling_mode_max_tokens", "pooling_mode_mean_sqrt_len_tokens"])
            if (pooling.Bool(other, false))
                throw pooling.NotSupported(other, "true", "pooling_mode_mean_tokens alone");
        if (!pooling.Bool("pooling_mode_mean_tokens", true))
            throw pooling.NotSupported("pooling_mode_mean_tokens", "false", "true");
    }

    private static SentenceModules ReadDense(string folder, string directory)
    {
        JsonFile dense = JsonFile.Read(Path.Combine(folder, "config.json"));
        if (dense.String("activation_function") is not "torch.nn.modules.linear.Identity")
            throw dense.NotSupported(
                "activation_function", dense.String("activation_function") is string found ? $"\"{found}\"" : "absent, which means Tanh",
                "\"torch.nn.modules.linear.Identity\"");
        string weights = Path.Combine(folder, SafetensorsSet.SingleFileName), tokens = Path.Combine(directory, "sentence_bert_config.json");
        return new(
            dense.RequiredInt("in_features"), dense.RequiredInt("out_features"), dense.Bool("bias", true), weights,
            File.Exists(tokens) ? JsonFile.Read(tokens).IntOrNull("max_seq_length") : null);
    }
}

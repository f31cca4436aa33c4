using System.Text.Json;
using System.Text.RegularExpressions;

namespace PureClip.Cli.Hub;

/// <summary>The files of a repository that make a model.</summary>
/// <param name="Files">All that are needed, small ones first.</param>
/// <param name="IsConverted">Whether the weights are in a format that has to be converted.</param>
internal sealed record ModelFiles(IReadOnlyList<HubFile> Files, bool IsConverted)
{
    private const string OpenClipConfig = "open_clip_config.json", Config = "config.json", Modules = "modules.json";

    private static readonly string[] Vocabularies =
    [
        "preprocessor_config.json", "processor_config.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
        "vocab.json", "merges.txt", "vocab.txt", "spiece.model", "sentencepiece.bpe.model", "tokenizer.model", "tokenizer.json",
    ];

    private static readonly string[] OfSentenceTransformers = [Modules, "config_sentence_transformers.json", "sentence_bert_config.json"];

    // Full precision first; halves and quarters only where there is nothing else.
    private static readonly string[][] Graphs =
    [
        ["model.onnx"], ["text_model.onnx", "vision_model.onnx"], ["model_fp16.onnx"], ["text_model_fp16.onnx", "vision_model_fp16.onnx"],
        ["model_quantized.onnx"], ["text_model_quantized.onnx", "vision_model_quantized.onnx"],
    ];

    private static readonly string[] LoneEndings = [".safetensors", ".pt", ".pth", ".bin", ".gguf", ".onnx"];

    // What trainings leave behind.
    private static readonly string[] NoWeights = ["training_args", "optimizer", "scheduler", "scaler", "rng_state"];

    /// <summary>The only weight file, where no configuration is beside it that says what it is.</summary>
    public HubFile? Alone { get; private init; }

    /// <summary>The bytes of all files, so far as they are known.</summary>
    public long Bytes => Files.Sum(file => file.Bytes ?? 0);

    /// <summary>
    /// Chooses: one set of weights, though repositories hold up to four; what is read directly before what has to be converted; never
    /// another program's.
    /// </summary>
    /// <param name="listing">What the repository holds.</param>
    /// <param name="read">The content of a small file, where names alone do not tell.</param>
    /// <exception cref="HubException">There are no weights of a kind that is known.</exception>
    public static async Task<ModelFiles> Choose(HubListing listing, Func<HubFile, Task<byte[]>> read)
    {
        string[] folders = listing.Find(Modules) is null ? [""] : [.. ModuleFolders(listing)];
        List<HubFile> files = [.. OfSentenceTransformers.Select(listing.Find).OfType<HubFile>()];
        bool isConverted = false, hasWeights = false;
        foreach (string folder in folders)
        {
            ModelFiles? chosen = await ChooseInFolder(listing, folder, read);
            files.AddRange(chosen?.Files ?? Small(listing, folder, Config)); // a module without weights has a configuration
            isConverted |= chosen?.IsConverted is true;
            hasWeights |= chosen is not null;
        }
        if (hasWeights)
            return new(files, isConverted);
        return ChooseGraphs(listing) ?? ChooseLone(listing) ?? throw new HubException(
            $"{listing.Repository} has no weights that are known: {Names(listing)}. Known are safetensors, pytorch_model.bin, "
                + "open_clip_pytorch_model.bin, ONNX and a single .pt or .gguf file.");
    }

    private static async Task<ModelFiles?> ChooseInFolder(HubListing listing, string folder, Func<HubFile, Task<byte[]>> read)
    {
        HubFile[]? Weights(params ReadOnlySpan<string> names)
        {
            foreach (string name in names)
                if (listing.Find(folder + name) is HubFile file)
                    return name.EndsWith(".index.json", StringComparison.Ordinal) ? [file, .. Shards(listing, file.Path)] : [file];
            return null;
        }
        HubFile? config = listing.Find(folder + Config);
        bool isOpenClip = listing.Find(folder + OpenClipConfig) is not null;
        ModelFiles OpenClip(HubFile[] weights, bool isConverted) =>
            new([.. Small(listing, folder, OpenClipConfig), .. weights], isConverted);
        ModelFiles HuggingFace(HubFile[] weights, bool isConverted) =>
            new([.. Small(listing, folder, Config), .. weights], isConverted);

        if (isOpenClip && Weights("open_clip_model.safetensors", "open_clip_pytorch_model.safetensors") is HubFile[] both)
            return OpenClip(both, isConverted: false);
        // Beside OpenCLIP's, a config.json with its weights may be timm's: a picture tower without its texts.
        if (config is not null && (!isOpenClip || IsOfTransformers(await read(config))))
        {
            if (Weights("model.safetensors", "model.safetensors.index.json") is HubFile[] direct)
                return HuggingFace(direct, isConverted: false);
            if (!isOpenClip && Weights("pytorch_model.bin", "pytorch_model.bin.index.json") is HubFile[] torch)
                return HuggingFace(torch, isConverted: true);
        }
        if (isOpenClip && Weights("open_clip_pytorch_model.bin") is HubFile[] other)
            return OpenClip(other, isConverted: true);
        if (isOpenClip && config is null && Weights("model.safetensors") is HubFile[] plain)
            return OpenClip(plain, isConverted: false);
        return config is not null && Weights("pytorch_model.bin", "pytorch_model.bin.index.json") is HubFile[] last
            ? HuggingFace(last, isConverted: true)
            : null;
    }

    private static ModelFiles? ChooseGraphs(HubListing listing)
    {
        foreach (string folder in new[] { "onnx/", "" })
            foreach (string[] names in Graphs)
                if (Array.TrueForAll(names, name => listing.Find(folder + name) is not null))
                {
                    HashSet<string> graphs = [.. names.Select(name => folder + name)];
                    // Numbers of large graphs lie beside them: model.onnx_data, model.onnx.data.
                    bool IsOfGraph(HubFile file) => graphs.Contains(file.Path)
                        || graphs.Any(graph => file.Path.StartsWith(graph, StringComparison.Ordinal)
                            && file.Path[graph.Length] is ('_' or '.'));
                    return new([.. Small(listing, "", Config), .. listing.Files.Where(IsOfGraph)], IsConverted: true);
                }
        return null;
    }

    private static ModelFiles? ChooseLone(HubListing listing)
    {
        HubFile[] weights = [.. listing.Files.Where(file => !file.Path.Contains('/', StringComparison.Ordinal)
            && LoneEndings.Contains(Path.GetExtension(file.Path)) && !Array.Exists(NoWeights, name => file.Path.StartsWith(name)))];
        return weights is [HubFile only] ? new([.. Small(listing, "", Config), only], IsConverted: true) { Alone = only } : null;
    }

    private static IEnumerable<HubFile> Small(HubListing listing, string folder, string config) =>
        Vocabularies.Prepend(config).Select(name => listing.Find(folder + name)).OfType<HubFile>();

    private static IEnumerable<HubFile> Shards(HubListing listing, string index)
    {
        string ending = Path.GetExtension(index[..^".index.json".Length]), beginning = index[..^$"{ending}.index.json".Length];
        Regex shard = new($@"^{Regex.Escape(beginning)}-\d+-of-\d+{Regex.Escape(ending)}$", RegexOptions.None, TimeSpan.FromSeconds(1));
        return listing.Files.Where(file => shard.IsMatch(file.Path));
    }

    /// <summary>sentence-transformers' modules: the root, 0_CLIPModel, 1_Pooling, 2_Dense …</summary>
    private static IEnumerable<string> ModuleFolders(HubListing listing) => listing.Files
        .Select(file => file.Path.Split('/') is [string folder, _] && folder.Length > 1 && char.IsAsciiDigit(folder[0]) ? folder + "/" : "")
        .Distinct().Order(StringComparer.Ordinal);

    private static bool IsOfTransformers(byte[] config)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(config);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("model_type", out _);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string Names(HubListing listing)
    {
        const int Most = 6;
        string[] names = [.. listing.Files.Select(file => file.Path).Where(path => path is not ("README.md" or ".gitattributes"))];
        return names.Length == 0 ? "it is empty" : string.Join(", ", names.Take(Most)) + (names.Length > Most ? " …" : "");
    }
}

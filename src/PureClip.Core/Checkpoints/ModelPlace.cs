using PureClip.Files;

namespace PureClip.Checkpoints;

/// <summary>
/// Where in a directory a model lies. People name the root of a download as often as the model's own folder: a repository in the hub's
/// cache, what sentence-transformers saves, a pipeline of diffusers.
/// </summary>
/// <param name="Path">The folder with configuration and weights.</param>
/// <param name="TokenizerPath">The folder with the vocabulary: the same, but for diffusers.</param>
internal readonly record struct ModelPlace(string Path, string TokenizerPath)
{
    /// <summary>Name of the configuration in Hugging Face's layout, and in OpenCLIP's.</summary>
    public const string HuggingFaceConfigName = "config.json", OpenClipConfigName = "open_clip_config.json";

    private const string ModulesName = "modules.json", PipelineName = "model_index.json", AdapterName = "adapter_config.json";

    // In the order of the files of a pipeline: the second encoder of most has the projection.
    private static readonly string[] TextEncoders = ["text_encoder", "text_encoder_2", "text_encoder_3"];

    /// <summary>Finds the model of a directory.</summary>
    /// <exception cref="InvalidDataException">It holds several and does not say which is meant, or no model but an adapter.</exception>
    public static ModelPlace Find(string directory)
    {
        string path = Snapshot(directory) ?? directory;
        if (!HoldsModel(path) && SentenceTransformer(path) is string module)
            path = module;
        if (!HoldsModel(path) && File.Exists(Combine(path, PipelineName)))
            return TextEncoderOf(path);
        RefuseAdapter(path);
        return new(path, VocabularyBeside(path));
    }

    /// <summary>What to say where there is no configuration: which folders inside have one.</summary>
    public static string FoldersWithModels(string directory)
    {
        string[] folders = [.. Directory.EnumerateDirectories(directory).Where(HasConfig).Order(StringComparer.Ordinal).Take(4)];
        return folders.Length == 0 ? "" : $" Inside, {string.Join(", ", folders)} {(folders.Length == 1 ? "has one" : "have")}.";
    }

    /// <summary>The folder that <c>refs/main</c> names, in a repository of the hub's cache.</summary>
    private static string? Snapshot(string directory)
    {
        string snapshots = Combine(directory, "snapshots"), main = Combine(directory, "refs", "main");
        if (!Directory.Exists(snapshots) || HoldsModel(directory))
            return null;
        if (File.Exists(main))
        {
            string commit = SmallFile.ReadText(main, 1024, "a reference to a snapshot has").Trim(), named = Combine(snapshots, commit);
            return commit.Length > 0 && System.IO.Path.GetFileName(commit) == commit && Directory.Exists(named)
                ? named
                : throw new InvalidDataException(
                    $"{main} names the snapshot {Problem.Quote(commit)}, which is not in {snapshots}. Download the model again.");
        }
        return Directory.GetDirectories(snapshots) is [string only]
            ? only
            : throw new InvalidDataException(
                $"{directory} is a repository in a cache of the hub without refs/main, which would name one of its snapshots. Give a " +
                $"folder in {snapshots}.");
    }

    /// <summary>The folder of the first module, in a directory of sentence-transformers.</summary>
    private static string? SentenceTransformer(string directory)
    {
        string path = Combine(directory, ModulesName);
        if (!File.Exists(path))
            return null;
        string folder = Combine(directory, SentenceModules.Read(path)[0].Folder);
        return Directory.Exists(folder)
            ? folder
            : throw new InvalidDataException($"{path} names the folder {folder}, which is not there. Download the model again.");
    }

    /// <summary>The text encoder of a pipeline of diffusers: the first with a projection, else the first.</summary>
    private static ModelPlace TextEncoderOf(string directory)
    {
        JsonFile index = JsonFile.Read(Combine(directory, PipelineName));
        string[] there = [.. TextEncoders.Where(name => HoldsModel(Combine(directory, name)))];
        string encoder = there.FirstOrDefault(name => index.Strings(name).Contains("CLIPTextModelWithProjection"))
            ?? there.FirstOrDefault()
            ?? throw new InvalidDataException(
                $"{directory} is a pipeline of diffusers without a CLIP: none of {string.Join(", ", TextEncoders)} is there with a " +
                "configuration. Give a model directory.");
        string path = Combine(directory, encoder);
        RefuseAdapter(path);
        return new(path, VocabularyBeside(path));
    }

    /// <summary>An encoder of diffusers has its vocabulary in the folder beside it; all others have it with the weights.</summary>
    private static string VocabularyBeside(string path)
    {
        string full = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        string? parent = System.IO.Path.GetDirectoryName(full);
        string name = System.IO.Path.GetFileName(full);
        if (parent is null || !name.StartsWith(TextEncoders[0], StringComparison.Ordinal) || !File.Exists(Combine(parent, PipelineName))
            || HoldsVocabulary(path))
            return path;
        string beside = Combine(System.IO.Path.GetDirectoryName(System.IO.Path.TrimEndingDirectorySeparator(path)) is { Length: > 0 } named
            ? named
            : parent, name.Replace("text_encoder", "tokenizer", StringComparison.Ordinal));
        return HoldsVocabulary(beside) ? beside : path;
    }

    private static void RefuseAdapter(string path)
    {
        string config = Combine(path, AdapterName);
        if (!File.Exists(config))
            return;
        JsonFile adapter = JsonFile.Read(config);
        throw new InvalidDataException(
            $"{path} is an adapter of PEFT ({adapter.String("peft_type") ?? "of no named kind"}) for " +
            $"{adapter.String("base_model_name_or_path") ?? "a model that it does not name"}: what a training has changed, without the " +
            "model. Merge it into its base model (PEFT's merge_and_unload), save that, and give its directory.");
    }

    /// <summary>Whether a directory has the configuration of a model, and not only that of programs which keep the model in a
    /// folder.</summary>
    private static bool HoldsModel(string directory)
    {
        string config = Combine(directory, HuggingFaceConfigName);
        bool isRoot = File.Exists(Combine(directory, ModulesName)) || File.Exists(Combine(directory, PipelineName));
        // sentence-transformers of before 2021 have a config.json at their root, which is no model's.
        return HasConfig(directory)
            && (!isRoot || File.Exists(Combine(directory, OpenClipConfigName)) || HuggingFaceConfig.IsModel(JsonFile.Read(config)));
    }

    private static bool HasConfig(string directory) =>
        File.Exists(Combine(directory, HuggingFaceConfigName)) || File.Exists(Combine(directory, OpenClipConfigName))
        || MobileClipConfig.Find(directory) is not null;

    private static bool HoldsVocabulary(string directory) =>
        File.Exists(Combine(directory, "tokenizer.json")) || File.Exists(Combine(directory, "vocab.json"));

    private static string Combine(params ReadOnlySpan<string> parts) => System.IO.Path.Combine(parts);
}

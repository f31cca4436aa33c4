using System.Text.Json;
using System.Text.Json.Nodes;
using PureClip.Convert;
using PureClip.Files;

namespace PureClip.Cli.Hub;

/// <summary>
/// Where fetched models lie: <c>PURECLIP_HOME/models/OWNER/NAME</c>, ordinary model directories with a note of their source.
/// </summary>
internal sealed class ModelStore(Func<string, string?> variable)
{
    /// <summary>The environment variable that names the folder of everything that is kept.</summary>
    public const string HomeVariable = "PURECLIP_HOME";

    /// <summary>The folder that models are in.</summary>
    public string Models { get; } = Path.Combine(HomeOf(variable), "models");

    /// <summary>Where a repository's model is, or will be.</summary>
    public string DirectoryOf(string repository) => Path.Combine(Models, Path.Combine(repository.Split('/')));

    /// <summary>
    /// The directory of a model that is here under a name: a row of the models table, a repository, or a folder that somebody put beside
    /// the others; then what the hub's own tools have fetched. Null where there is none.
    /// </summary>
    public string? Find(string name)
    {
        PublishedModel? known = PublishedModels.Find(name);
        string? repository = known?.Repository ?? HubAddress.Repository(name);
        if (repository is null)
            return null;
        if (Directory.Exists(DirectoryOf(repository)))
            return DirectoryOf(repository);
        if (HubAddress.Repository(name) is not null && HoldsModel(DirectoryOf(name)))
            return DirectoryOf(name);
        CachedModel? cached = HubCache.Find(new HubSettings(variable).CacheDirectory, repository, "main");
        return cached is not null && HoldsWeights(cached.Directory) ? cached.Directory : null;
    }

    private static bool HoldsModel(string directory) =>
        File.Exists(Path.Combine(directory, "config.json")) || File.Exists(Path.Combine(directory, "open_clip_config.json"));

    /// <summary>Whether a directory holds weights that are read without conversion: a snapshot may be incomplete.</summary>
    private static bool HoldsWeights(string directory) => Directory.EnumerateFiles(directory, "*.safetensors").Any(File.Exists);

    private static string HomeOf(Func<string, string?> variable)
    {
        if (variable(HomeVariable) is { Length: > 0 } home)
            return Path.GetFullPath(home);
        string own = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData); // ~/.local/share on Linux
        return own.Length > 0 ? Path.Combine(own, "pureclip") : Path.Combine(Path.GetTempPath(), "pureclip");
    }
}

/// <summary>Where a model directory is from, as a file in it.</summary>
/// <param name="Repository">OWNER/NAME.</param>
/// <param name="Commit">The commit.</param>
/// <param name="Revision">What was asked for.</param>
/// <param name="Licence">The licence of the weights; null where none is stated.</param>
internal sealed record ModelSource(string Repository, string Commit, string Revision, string? Licence)
{
    private const string FileName = "source.json";

    /// <summary>When it was fetched.</summary>
    public string Fetched { get; init; } = "";

    /// <summary>Reads the note of a directory; null where there is none, or none that can be read.</summary>
    public static ModelSource? Read(string directory)
    {
        string path = Path.Combine(directory, FileName);
        try
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(path));
            string? Text(string name) => json.RootElement.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;
            return Text("repository") is string repository && Text("commit") is string commit && Text("revision") is string revision
                ? new(repository, commit, revision, Text("licence")) { Fetched = Text("fetched") ?? "" }
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Writes the note, with the files that were fetched.</summary>
    public void Write(string directory, Uri endpoint, IEnumerable<HubFile> files)
    {
        JsonObject note = new()
        {
            ["repository"] = Repository,
            ["commit"] = Commit,
            ["revision"] = Revision,
            ["licence"] = Licence,
            ["fetched"] = Fetched,
            ["endpoint"] = endpoint.AbsoluteUri,
            ["files"] = new JsonArray([.. files.Select(file => new JsonObject
            {
                ["path"] = file.Path,
                ["bytes"] = file.Bytes,
                ["sha256"] = file.Sha256,
                ["git"] = file.GitId,
            })]),
        };
        using AtomicFile output = new(Path.Combine(directory, FileName));
        using (Utf8JsonWriter json = new(output.Stream, new() { Indented = true }))
            note.WriteTo(json);
        output.Commit();
    }
}

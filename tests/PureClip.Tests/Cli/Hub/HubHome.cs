using System.Text;
using PureClip.Cli;

namespace PureClip.Tests.Cli.Hub;

/// <summary>A user with a hub, a home, a cache of the hub's tools, and no patience.</summary>
internal sealed class HubHome : IDisposable
{
    private static readonly Lazy<(string Path, byte[] Content)[]> Pictogram = new(() => [.. Directory
        .EnumerateFiles(TestData.Weights("pictogram-mini")).Select(file => (Path.GetFileName(file), File.ReadAllBytes(file)))]);

    public HubHome()
    {
        Environment = new()
        {
            ["HF_ENDPOINT"] = Hub.Endpoint,
            ["HF_HOME"] = Folder["huggingface"],
            ["PURECLIP_HOME"] = Folder["home"],
        };
    }

    /// <summary>A small model in Hugging Face's layout, as a repository has it.</summary>
    public static (string Path, byte[] Content)[] Model => Pictogram.Value;

    public FakeHub Hub { get; } = new();

    public TemporaryFolder Folder { get; } = new();

    public Dictionary<string, string> Environment { get; }

    public List<TimeSpan> Waits { get; } = [];

    public long FreeBytes { get; set; } = long.MaxValue;

    public string Models => Folder["home/models"];

    /// <summary>Every file below the models' folder, '/' between folders.</summary>
    public string[] Files => !Directory.Exists(Models)
        ? []
        : [.. Directory.EnumerateFiles(Models, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Models, file).Replace('\\', '/')).Order(StringComparer.Ordinal)];

    public CommandResult Run(params string[] args) => Run(CancellationToken.None, args);

    public CommandResult Run(CancellationToken cancellation, params string[] args) => CommandLine.Run(args, (output, error) => new Shell(
        TextReader.Null, output, error)
    {
        Cancellation = cancellation,
        Variable = Environment.GetValueOrDefault,
        FreeBytes = _ => FreeBytes,
        Delay = (wait, _) =>
        {
            Waits.Add(wait);
            return Task.CompletedTask;
        },
    });

    /// <summary>Puts a repository into the cache of the hub's own tools, as these do.</summary>
    /// <returns>The folder of its commit.</returns>
    public string FillCache(string repository)
    {
        string root = $"huggingface/hub/models--{repository.Replace("/", "--", StringComparison.Ordinal)}", commit = Hub.CommitOf(repository);
        Folder.Write($"{root}/refs/main", Encoding.ASCII.GetBytes(commit));
        string snapshot = Directory.CreateDirectory(Folder[$"{root}/snapshots/{commit}"]).FullName;
        foreach ((string path, byte[] content) in Model)
        {
            string sum = path == "model.safetensors" ? FakeHub.Sha256(content) : FakeHub.GitId(content);
            Folder.Write($"{root}/blobs/{sum}", content);
            File.CreateSymbolicLink(Path.Combine(snapshot, path), $"../../blobs/{sum}");
        }
        return snapshot;
    }

    public void Dispose()
    {
        Hub.Dispose();
        Folder.Dispose();
    }
}

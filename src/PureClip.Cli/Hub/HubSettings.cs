using System.Globalization;

namespace PureClip.Cli.Hub;

/// <summary>What the environment says of the hub, read as the hub's own tools read it.</summary>
internal sealed class HubSettings
{
    private const string UsualEndpoint = "https://huggingface.co";

    private static readonly string[] Yes = ["1", "ON", "YES", "TRUE"];

    private readonly Func<string, string?> _variable;

    /// <param name="variable">The environment; null for what is not set.</param>
    /// <exception cref="UsageException">The endpoint is no address.</exception>
    public HubSettings(Func<string, string?> variable)
    {
        _variable = variable;
        Endpoint = EndpointOf(Variable("HF_ENDPOINT"));
        Home = Expanded(Variable("HF_HOME")) ?? Path.Combine(Expanded(Variable("XDG_CACHE_HOME")) ?? Path.Combine(UserFolder, ".cache"),
            "huggingface");
        CacheDirectory = Expanded(Variable("HF_HUB_CACHE") ?? Variable("HUGGINGFACE_HUB_CACHE")) ?? Path.Combine(Home, "hub");
        OfflineVariable = Array.Find(["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"], IsOn);
        HeaderTimeout = Seconds("HF_HUB_ETAG_TIMEOUT");
        DataTimeout = Seconds("HF_HUB_DOWNLOAD_TIMEOUT");
        (Token, TokenPlace) = IsOn("HF_HUB_DISABLE_IMPLICIT_TOKEN") ? default : FindToken();
    }

    /// <summary>Where the hub or a mirror of it is; ends in no slash.</summary>
    public Uri Endpoint { get; }

    /// <summary>Whether <see cref="Endpoint"/> is another than the hub itself.</summary>
    public bool IsMirror => Endpoint != new Uri(UsualEndpoint);

    /// <summary>The hub's folder of this user.</summary>
    public string Home { get; }

    /// <summary>The cache of the hub's own tools.</summary>
    public string CacheDirectory { get; }

    /// <summary>The variable that forbids all requests; null where none does.</summary>
    public string? OfflineVariable { get; }

    /// <summary>How long headers may take.</summary>
    public TimeSpan HeaderTimeout { get; }

    /// <summary>How long a download may be without data.</summary>
    public TimeSpan DataTimeout { get; }

    /// <summary>Who the user is; null where nothing says it.</summary>
    public string? Token { get; }

    /// <summary>The variable or file that <see cref="Token"/> was found in.</summary>
    public string? TokenPlace { get; }

    private static string UserFolder => Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

    private (string? Token, string? Place) FindToken()
    {
        foreach (string name in new[] { "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN" })
            if (Variable(name)?.Trim() is { Length: > 0 } token)
                return (token, name);
        string file = Expanded(Variable("HF_TOKEN_PATH")) ?? Path.Combine(Home, "token");
        try
        {
            return File.Exists(file) && File.ReadAllText(file).Trim() is { Length: > 0 } token ? (token, file) : default;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return default; // whatever needs a token will say so
        }
    }

    private static Uri EndpointOf(string? given)
    {
        string address = (given ?? UsualEndpoint).TrimEnd('/');
        return Uri.TryCreate(address, UriKind.Absolute, out Uri? endpoint) && endpoint.Scheme is "http" or "https" && endpoint.Query == ""
            ? endpoint
            : throw new UsageException($"HF_ENDPOINT is '{given}', which is no address such as {UsualEndpoint}.");
    }

    private string? Variable(string name) => _variable(name) is { Length: > 0 } value ? value : null;

    private bool IsOn(string name) => Variable(name) is string value && Yes.Contains(value, StringComparer.OrdinalIgnoreCase);

    private TimeSpan Seconds(string name)
    {
        const int Usual = 10;
        return TimeSpan.FromSeconds(
            int.TryParse(Variable(name), NumberStyles.None, CultureInfo.InvariantCulture, out int seconds) && seconds > 0
                ? seconds
                : Usual);
    }

    private static string? Expanded(string? path)
    {
        if (path is null)
            return null;
        string expanded = Environment.ExpandEnvironmentVariables(path);
        return expanded == "~" || expanded.StartsWith("~/", StringComparison.Ordinal) ? UserFolder + expanded[1..] : expanded;
    }
}

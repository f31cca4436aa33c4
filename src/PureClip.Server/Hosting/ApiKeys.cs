using System.Security.Cryptography;
using System.Text;
using PureClip.Search;

namespace PureClip.Server.Hosting;

/// <summary>On an endpoint that asks for no key: whether the server lives is for everybody to know.</summary>
internal sealed class NeedsNoKey
{
    public static NeedsNoKey Instance { get; } = new();
}

/// <summary>Lets requests through that have one of the keys.</summary>
/// <remarks>
/// Digests of equal length are compared, all of them and each to its end, so that the time tells nothing of a key: neither its beginning
/// nor its length. A file of keys that has changed is read again; while it has none, or cannot be read, its former keys stay good, so that
/// neither a slip nor a file that is just being written opens the server or closes it.
/// </remarks>
internal sealed partial class ApiKeys
{
    private const string Bearer = "Bearer ";
    private const int MillisecondsOfLooks = 2000;

    private readonly RequestDelegate _next;
    private readonly ILogger<ApiKeys> _log;
    private readonly byte[][] _ofOptions;
    private readonly KeyFile[] _files;
    private readonly Lock _lock = new();
    private byte[][] _digests = [];
    private long _looked;

    public ApiKeys(RequestDelegate next, ServerOptions options, ILogger<ApiKeys> log)
    {
        (_next, _log) = (next, log);
        _ofOptions = DigestsOf(options.ApiKeys);
        _files = [.. options.KeyFiles.Select(static path => new KeyFile(path))];
        Look();
    }

    /// <summary>The keys of a file: one a line; '#' begins a comment.</summary>
    public static string[] KeysOf(string path) =>
        [.. File.ReadAllLines(path).Select(static line => line.Trim()).Where(static line => line.Length > 0 && line[0] != '#')];

    public Task InvokeAsync(HttpContext http)
    {
        if ((_ofOptions.Length == 0 && _files.Length == 0) || http.GetEndpoint()?.Metadata.GetMetadata<NeedsNoKey>() is not null)
            return _next(http);
        string authorization = http.Request.Headers.Authorization.ToString();
        string? key = authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
            ? authorization[Bearer.Length..].Trim()
            : http.Request.Headers["x-api-key"].ToString() is { Length: > 0 } other ? other : null;
        if (key is null)
            throw Refusal("This server asks for a key: send 'Authorization: Bearer KEY' or 'x-api-key: KEY'.");
        return IsKnown(key) ? _next(http) : throw Refusal("The key is not one of this server's.");
    }

    private static byte[][] DigestsOf(IEnumerable<string> keys) =>
        [.. keys.Select(DigestOf)];

    private static byte[] DigestOf(string key) => BitConverter.GetBytes(ContentHash.Of(Encoding.UTF8.GetBytes(key)));

    private bool IsKnown(string key)
    {
        if (_files.Length > 0 && Environment.TickCount64 - Volatile.Read(ref _looked) >= MillisecondsOfLooks)
            Look();
        byte[] digest = DigestOf(key);
        bool isKnown = false;
        foreach (byte[] known in Volatile.Read(ref _digests))
            isKnown |= CryptographicOperations.FixedTimeEquals(known, digest);
        return isKnown;
    }

    /// <summary>Reads files that have changed since they were read.</summary>
    private void Look()
    {
        lock (_lock)
        {
            foreach (KeyFile file in _files)
                try
                {
                    if (file.HasChanged())
                        LogRead(file.Path, file.Digests.Length);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
                {
                    LogUnread(file.Path, e.Message);
                }
            Volatile.Write(ref _digests, [.. _ofOptions, .. _files.SelectMany(static file => file.Digests)]);
            Volatile.Write(ref _looked, Environment.TickCount64);
        }
    }

    private static RequestException Refusal(string message) =>
        new(StatusCodes.Status401Unauthorized, message, code: "invalid_api_key");

    [LoggerMessage(LogLevel.Information, "{Path}: {Count} keys")]
    private partial void LogRead(string path, int count);

    [LoggerMessage(LogLevel.Warning, "{Path}: its former keys stay good: {Reason}")]
    private partial void LogUnread(string path, string reason);

    private sealed class KeyFile(string path)
    {
        private (DateTime Time, long Length) _seen;

        public string Path => path;

        public byte[][] Digests { get; private set; } = [];

        /// <summary>Reads the file if it is another than the last time, whatever came of it then.</summary>
        public bool HasChanged()
        {
            FileInfo info = new(path);
            (DateTime, long) now = info.Exists ? (info.LastWriteTimeUtc, info.Length) : default;
            if (now == _seen)
                return false;
            _seen = now;
            string[] keys = KeysOf(path);
            Digests = keys.Length > 0 ? DigestsOf(keys) : throw new InvalidDataException("there is no key in it");
            return true;
        }
    }
}

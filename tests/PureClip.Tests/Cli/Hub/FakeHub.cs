using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace PureClip.Tests.Cli.Hub;

/// <summary>What a <see cref="FakeHub"/> does wrong.</summary>
internal sealed record Faults
{
    /// <summary>How many requests of each address fail first, and with which status.</summary>
    public (HttpStatusCode Status, int Count) First { get; init; }

    /// <summary>Bytes of a large file after which the connection ends; 0 for all.</summary>
    public int Cut { get; init; }

    /// <summary>Bytes of a large file after which nothing more comes; 0 for all.</summary>
    public int Stall { get; init; }

    /// <summary>Whether ranges are not understood.</summary>
    public bool IgnoresRanges { get; init; }

    /// <summary>Whether one bit of every large file is another.</summary>
    public bool WrongSum { get; init; }

    /// <summary>Bytes that follow every large file.</summary>
    public int TooMany { get; init; }

    /// <summary>Whether large files come in chunks of no announced length.</summary>
    public bool NoLength { get; init; }

    /// <summary>Whether files need a token that has access, and whether the listing does, too.</summary>
    public bool Gated { get; init; }

    /// <inheritdoc cref="Gated"/>
    public bool Private { get; init; }

    /// <summary>Whether everything is a web page.</summary>
    public bool Html { get; init; }

    /// <summary>Whether everything leads to itself.</summary>
    public bool Loop { get; init; }

    /// <summary>Whether files have moved to another name of the repository, by a relative address.</summary>
    public bool Renamed { get; init; }

    /// <summary>How many addresses of large files have expired when they are used.</summary>
    public int Expired { get; init; }

    /// <summary>Whether the listing says neither sizes nor sums.</summary>
    public bool NoSizes { get; init; }
}

/// <summary>A request that came.</summary>
/// <param name="Path">Its path with its query.</param>
/// <param name="IsCdn">Whether the other host was asked.</param>
/// <param name="Token">What it was authorized by.</param>
/// <param name="Range">What it wanted of a file.</param>
internal sealed record HubRequest(string Path, bool IsCdn, string? Token, string? Range);

/// <summary>
/// A server that answers as the hub does, over files in memory: descriptions with sizes and sums, small files at once, large ones by a
/// redirect to another host with an address that can expire; and whatever can go wrong on the way.
/// </summary>
internal sealed class FakeHub : IDisposable
{
    public const string GoodToken = "hf_good";

    private readonly HttpListener _hub, _cdn;
    private readonly Dictionary<string, Dictionary<string, byte[]>> _repositories = [];
    private readonly Dictionary<string, int> _seen = [];
    private readonly List<HubRequest> _requests = [];
    private int _addresses;

    public FakeHub()
    {
        (_hub, Endpoint) = Listen();
        (_cdn, string cdn) = Listen();
        Start(_hub, context => Answer(context, cdn));
        Start(_cdn, AnswerContent);
    }

    public string Endpoint { get; }

    public Faults Faults { get; set; } = new();

    public IReadOnlyList<HubRequest> Requests
    {
        get
        {
            lock (_requests)
                return [.. _requests];
        }
    }

    /// <summary>Puts a repository there: at the main branch, or OWNER/NAME@REVISION.</summary>
    public FakeHub With(string repository, params (string Path, byte[] Content)[] files)
    {
        _repositories[repository] = files.ToDictionary(file => file.Path, file => file.Content);
        return this;
    }

    public static string Commit(Dictionary<string, byte[]> files) =>
        Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(string.Join('|', files.Select(file => file.Key + Sha256(file.Value))))));

    public string CommitOf(string repository) => Commit(_repositories[repository]);

    public static string Sha256(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    public static string GitId(byte[] content) =>
        Convert.ToHexStringLower(SHA1.HashData([.. Encoding.ASCII.GetBytes($"blob {content.Length}\0"), .. content]));

    public void Forget()
    {
        lock (_requests)
        {
            _requests.Clear();
            _seen.Clear();
        }
    }

    public void Dispose()
    {
        _hub.Close();
        _cdn.Close();
    }

    private static (HttpListener Listener, string Endpoint) Listen()
    {
        for (int attempt = 0; ; attempt++)
        {
            using TcpListener probe = new(IPAddress.Loopback, 0);
            probe.Start();
            string endpoint = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}";
            probe.Stop();
            HttpListener listener = new();
            listener.Prefixes.Add(endpoint + "/");
            try
            {
                listener.Start();
                return (listener, endpoint);
            }
            catch (HttpListenerException) when (attempt < 20)
            {
                listener.Close(); // somebody was faster
            }
        }
    }

    private static void Start(HttpListener listener, Action<HttpListenerContext> answer) => new Thread(() =>
    {
        while (listener.IsListening)
            try
            {
                HttpListenerContext context = listener.GetContext();
                ThreadPool.QueueUserWorkItem(_ =>
                {
                    try
                    {
                        answer(context);
                        context.Response.Close();
                    }
                    catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException or IOException)
                    {
                        context.Response.Abort(); // the client has gone
                    }
                });
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException)
            {
                return; // closed
            }
    })
    { IsBackground = true }.Start();

    private int Note(HttpListenerContext context, bool isCdn)
    {
        string path = context.Request.RawUrl!;
        lock (_requests)
        {
            _requests.Add(new(path, isCdn, context.Request.Headers["Authorization"], context.Request.Headers["Range"]));
            return _seen[path] = _seen.GetValueOrDefault(path) + 1;
        }
    }

    private void Answer(HttpListenerContext context, string cdn)
    {
        int seen = Note(context, isCdn: false);
        HttpListenerResponse response = context.Response;
        string path = context.Request.RawUrl!.Split('?')[0];
        string? token = context.Request.Headers["Authorization"];
        if (IsFailing(response, seen))
            return;
        if (Faults.Html)
        {
            response.ContentType = "text/html; charset=utf-8";
            Write(response, "<html>Log in to this network</html>"u8);
            return;
        }
        if (Faults.Loop)
        {
            Redirect(response, HttpStatusCode.Found, context.Request.RawUrl!);
            return;
        }
        if (token is not null && token != "Bearer " + GoodToken)
        {
            Error(response, HttpStatusCode.Unauthorized, null, "Invalid credentials in Authorization header");
            return;
        }
        string[] parts = [.. path.Split('/', StringSplitOptions.RemoveEmptyEntries).Select(Uri.UnescapeDataString)];
        bool isDescription = parts[0] == "api";
        string[] rest = isDescription ? parts[2..] : parts;
        string repository = $"{rest[0]}/{rest[1]}", revision = rest[3];
        if (Faults.Renamed && !isDescription && !repository.EndsWith("-new", StringComparison.Ordinal))
        {
            Redirect(response, HttpStatusCode.TemporaryRedirect, path.Replace(rest[1], rest[1] + "-new", StringComparison.Ordinal));
            return;
        }
        repository = repository.EndsWith("-new", StringComparison.Ordinal) ? repository[..^4] : repository;
        if (!_repositories.TryGetValue(repository, out Dictionary<string, byte[]>? files) || (Faults.Private && token is null))
        {
            Error(response, token is null ? HttpStatusCode.Unauthorized : HttpStatusCode.NotFound, "RepoNotFound", "Repository not found");
            return;
        }
        if (_repositories.TryGetValue($"{repository}@{revision}", out Dictionary<string, byte[]>? other))
            files = other;
        else if (revision != "main" && revision != Commit(files))
        {
            Dictionary<string, byte[]>? named = _repositories.Values.FirstOrDefault(candidate => Commit(candidate) == revision);
            if (named is null)
            {
                Error(response, HttpStatusCode.NotFound, "RevisionNotFound", "Invalid rev id");
                return;
            }
            files = named;
        }
        if (isDescription)
            Write(response, JsonSerializer.SerializeToUtf8Bytes(Describe(files)));
        else
            AnswerFile(response, repository, files, string.Join('/', rest[4..]), token, cdn);
    }

    private object Describe(Dictionary<string, byte[]> files) => new
    {
        sha = Commit(files),
        tags = new[] { "license:mit" },
        siblings = files.Select(file => Faults.NoSizes
            ? (object)new { rfilename = file.Key }
            : IsLarge(file.Key)
                ? new { rfilename = file.Key, size = file.Value.Length, lfs = new { sha256 = Sha256(file.Value), size = file.Value.Length } }
                : new { rfilename = file.Key, size = file.Value.Length, blobId = GitId(file.Value) }).ToArray(),
    };

    private void AnswerFile(
        HttpListenerResponse response, string repository, Dictionary<string, byte[]> files, string file, string? token, string cdn)
    {
        response.Headers["X-Repo-Commit"] = Commit(files);
        if (Faults.Gated && token is null)
            Error(response, HttpStatusCode.Unauthorized, "GatedRepo", $"Access to model {repository} is restricted.");
        else if (!files.TryGetValue(file, out byte[]? content))
            Error(response, HttpStatusCode.NotFound, "EntryNotFound", "Entry not found");
        else if (!IsLarge(file))
            Write(response, content);
        else
        {
            int address = Interlocked.Increment(ref _addresses);
            Redirect(response, HttpStatusCode.Found, $"{cdn}/signed-{address}/{repository}/{Commit(files)}/{file}");
        }
    }

    private void AnswerContent(HttpListenerContext context)
    {
        int seen = Note(context, isCdn: true);
        HttpListenerResponse response = context.Response;
        if (context.Request.Headers["Authorization"] is not null)
        {
            response.StatusCode = (int)HttpStatusCode.BadRequest; // as it is: one way of being authorized is enough
            return;
        }
        if (IsFailing(response, seen))
            return;
        string[] parts = context.Request.RawUrl!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (int.Parse(parts[0]["signed-".Length..]) <= Faults.Expired)
        {
            response.StatusCode = (int)HttpStatusCode.Forbidden;
            return;
        }
        byte[] content = _repositories.Values.First(files => Commit(files) == parts[3])[string.Join('/', parts[4..])];
        content = [.. content, .. new byte[Faults.TooMany]];
        if (Faults.WrongSum)
            content[^1] ^= 1;
        int from = 0;
        if (context.Request.Headers["Range"] is string range && !Faults.IgnoresRanges)
        {
            from = int.Parse(range["bytes=".Length..].TrimEnd('-'));
            response.StatusCode = (int)HttpStatusCode.PartialContent;
            response.Headers["Content-Range"] = $"bytes {from}-{content.Length - 1}/{content.Length}";
        }
        Send(response, content.AsSpan(from));
    }

    private void Send(HttpListenerResponse response, ReadOnlySpan<byte> content)
    {
        response.SendChunked = Faults.NoLength;
        if (!Faults.NoLength)
            response.ContentLength64 = content.Length;
        int end = Faults.Cut > 0 ? Faults.Cut : Faults.Stall;
        if (end == 0 || end >= content.Length)
        {
            response.OutputStream.Write(content);
            return;
        }
        response.OutputStream.Write(content[..end]);
        response.OutputStream.Flush();
        if (Faults.Stall > 0)
            Thread.Sleep(Timeout.Infinite);
        response.Abort();
    }

    private bool IsFailing(HttpListenerResponse response, int seen)
    {
        if (seen > Faults.First.Count)
            return false;
        response.StatusCode = (int)Faults.First.Status;
        if (Faults.First.Status == HttpStatusCode.TooManyRequests)
            response.Headers["RateLimit"] = "\"api\";r=0;t=54";
        return true;
    }

    private static void Redirect(HttpListenerResponse response, HttpStatusCode status, string address)
    {
        response.StatusCode = (int)status;
        response.Headers["Location"] = address;
    }

    private static void Error(HttpListenerResponse response, HttpStatusCode status, string? code, string message)
    {
        response.StatusCode = (int)status;
        response.Headers["X-Error-Message"] = message;
        if (code is not null)
            response.Headers["X-Error-Code"] = code;
    }

    private static void Write(HttpListenerResponse response, ReadOnlySpan<byte> content)
    {
        response.ContentLength64 = content.Length;
        response.OutputStream.Write(content);
    }

    private static bool IsLarge(string path) => Path.GetExtension(path) is ".safetensors" or ".bin" or ".pt" or ".onnx";
}

using System.Net;
using System.Net.Http.Headers;
using System.Reflection;
using System.Text.Json;

namespace PureClip.Cli.Hub;

/// <summary>
/// Requests to the hub. Redirects are followed here: the token stays on the hub's host, also behind a redirect there, and goes to no
/// other. Waits for headers and for data have an end, and what fails for a while is asked again.
/// </summary>
internal sealed class HubClient : IDisposable
{
    private const int MostRedirects = 10, MostRetries = 5;
    private const long LargestDescription = 64 << 20;

    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(10);

    private readonly Shell _shell;
    private readonly HttpClient _http;
    private readonly HashSet<string> _warnings = [];

    // Where files were redirected to: what goes on does so there, without asking the hub again.
    private readonly Dictionary<Uri, Uri> _targets = [];

    public HubClient(HubSettings settings, Shell shell)
    {
        (Settings, _shell) = (settings, shell);
        _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = settings.HeaderTimeout })
        {
            Timeout = Timeout.InfiniteTimeSpan, // of a whole answer; each wait in it has its own
        };
        string version = typeof(Clip).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
        _http.DefaultRequestHeaders.UserAgent.Add(new("pureclip", version.Split('+')[0]));
        _http.DefaultRequestHeaders.AcceptEncoding.Add(new("identity")); // or sizes would be those of what is compressed
    }

    /// <summary>What the environment says.</summary>
    public HubSettings Settings { get; }

    /// <summary>What a repository is and holds.</summary>
    /// <exception cref="HubException">It cannot be told; the message says what to do.</exception>
    public Task<HubListing> List(string repository, string revision) => Retry(async () =>
    {
        using HubAnswer answer = await Open(HubAddress.Facts(Settings.Endpoint, repository, revision), repository, file: null);
        using MemoryStream text = new();
        byte[] buffer = new byte[1 << 16];
        for (int read; (read = await answer.Read(buffer, _shell.Cancellation)) > 0;)
        {
            text.Write(buffer, 0, read);
            if (text.Length > LargestDescription)
                throw new HubException($"{repository}: its description has more than {LargestDescription >> 20} MiB; is this the hub?");
        }
        try
        {
            using JsonDocument json = JsonDocument.Parse(text.GetBuffer().AsMemory(0, (int)text.Length));
            return HubListing.Read(repository, json.RootElement);
        }
        catch (JsonException e)
        {
            throw Stranger(answer.Address, e);
        }
    });

    /// <summary>Opens a file of a repository.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="commit">The commit.</param>
    /// <param name="file">The file's path.</param>
    /// <param name="from">The first byte that is wanted; the answer may begin at 0 all the same.</param>
    /// <exception cref="HubInterruption">It cannot be opened for the moment.</exception>
    /// <exception cref="HubException">It cannot be opened.</exception>
    public Task<HubAnswer> OpenFile(string repository, string commit, string file, long from) =>
        Open(HubAddress.File(Settings.Endpoint, repository, commit, file), repository, file, from);

    /// <summary>Tries, and tries again where it was interrupted: five times, or anew as often as there was progress in between.</summary>
    /// <param name="attempt">What to do.</param>
    /// <param name="hasProgressed">Whether the last attempt has brought something.</param>
    public async Task<T> Retry<T>(Func<Task<T>> attempt, Func<bool>? hasProgressed = null)
    {
        bool isFirst = true;
        for (int failures = 0; ;)
            try
            {
                return await attempt();
            }
            catch (HubInterruption e)
            {
                failures = hasProgressed?.Invoke() is true ? 1 : failures + 1;
                if (failures > MostRetries)
                    throw new HubException($"{e.Message}. It was tried {MostRetries + 1} times; type the same command later.", e);
                TimeSpan wait = e.Wait ?? TimeSpan.FromSeconds(Math.Min(8, 1 << (failures - 1)));
                if (wait > LongestWait)
                    throw new HubException($"{e.Message} and asks to wait for {wait:h\\:mm\\:ss}. Type the same command then.", e);
                if (isFirst || failures > 1) // a line that is cut again and again, but goes on, is told once
                    _shell.Note($"{e.Message}; trying again "
                        + (wait > TimeSpan.Zero ? $"in {Math.Ceiling(wait.TotalSeconds)} s." : "with a new one."));
                isFirst = false;
                await _shell.Delay(wait, _shell.Cancellation);
            }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    /// <summary>What to say where somebody else answers: a network's log-in page, a proxy.</summary>
    private static HubException Stranger(Uri address, Exception? inner = null) =>
        new($"What answers at {address.Authority} is not the hub: a network's log-in page, or a proxy. Open any page in a browser first, "
            + "or correct HF_ENDPOINT and the proxy.", inner);

    private async Task<HubAnswer> Open(Uri address, string repository, string? file, long from = 0)
    {
        bool isKnown = _targets.Remove(address, out Uri? target);
        Uri here = target ?? address;
        string? commit = null;
        for (int redirects = 0; redirects <= MostRedirects; redirects++)
        {
            HttpResponseMessage answer = await Send(here, from);
            try
            {
                Warn(answer);
                commit ??= HubAnswers.Header(answer, "X-Repo-Commit");
                if (answer.StatusCode is >= HttpStatusCode.Moved and <= HttpStatusCode.PermanentRedirect
                    && answer.Headers.Location is Uri next)
                {
                    here = new(here, next);
                    answer.Dispose();
                    continue;
                }
                bool isElsewhere = !IsSameHost(here, Settings.Endpoint);
                if (answer.StatusCode == HttpStatusCode.Forbidden && isElsewhere)
                    throw new HubInterruption($"{here.Authority} refuses an address that the hub gave and that has expired", TimeSpan.Zero);
                if (isElsewhere)
                    _targets[address] = here;
                if (answer.StatusCode != HttpStatusCode.RequestedRangeNotSatisfiable && !answer.IsSuccessStatusCode)
                    throw HubAnswers.Describe(answer, repository, file, Settings);
                if ((file is not null && commit is null && !isKnown) || answer.Content.Headers.ContentType?.MediaType == "text/html")
                    throw Stranger(here);
                return await HubAnswer.Of(answer, here, Settings.DataTimeout, _shell.Cancellation);
            }
            catch
            {
                answer.Dispose();
                throw;
            }
        }
        throw new HubException($"{repository}: {address.Authority} redirects in a circle. Try later, or correct HF_ENDPOINT.");
    }

    private async Task<HttpResponseMessage> Send(Uri address, long from)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, address);
        if (Settings.Token is string token && IsSameHost(address, Settings.Endpoint))
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (from > 0)
            request.Headers.Range = new(from, null);
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(_shell.Cancellation);
        patience.CancelAfter(Settings.HeaderTimeout);
        try
        {
            return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
        }
        catch (OperationCanceledException) when (!_shell.Cancellation.IsCancellationRequested)
        {
            throw new HubInterruption($"{address.Authority} does not answer within {Settings.HeaderTimeout.TotalSeconds} s{Way(address)}");
        }
        catch (HttpRequestException e)
        {
            throw new HubInterruption($"{address.Authority} cannot be reached ({e.Message.TrimEnd('.')}){Way(address)}", inner: e);
        }
    }

    /// <summary>Scheme, host and port: to send a token over another is to give it away.</summary>
    private static bool IsSameHost(Uri a, Uri b) => Uri.Compare(a, b, UriComponents.SchemeAndServer, UriFormat.Unescaped,
        StringComparison.OrdinalIgnoreCase) == 0;

    /// <summary>Through whom a request goes, where that may be why it fails.</summary>
    private string Way(Uri address)
    {
        Uri? proxy = HttpClient.DefaultProxy.IsBypassed(address) ? null : HttpClient.DefaultProxy.GetProxy(address);
        string mirror = Settings.IsMirror ? ", which HF_ENDPOINT names" : "";
        return proxy is null || proxy == address ? mirror : $"{mirror}, through the proxy {proxy.Authority}";
    }

    private void Warn(HttpResponseMessage answer)
    {
        if (HubAnswers.Header(answer, "X-HF-Warning") is not string warning)
            return;
        string[] parts = warning.Split(';', count: 2, StringSplitOptions.TrimEntries);
        if (_warnings.Add(parts[0]))
            _shell.Note($"the hub says: {parts[^1]}");
    }
}

/// <summary>The bytes of an answer.</summary>
internal sealed class HubAnswer : IDisposable
{
    private readonly HttpResponseMessage _message;
    private readonly Stream _stream;
    private readonly TimeSpan _patience;

    private HubAnswer(HttpResponseMessage message, Stream stream, Uri address, TimeSpan patience) =>
        (_message, _stream, Address, _patience) = (message, stream, address, patience);

    /// <summary>Who sends them.</summary>
    public Uri Address { get; }

    /// <summary>Where they begin.</summary>
    public long From => _message.StatusCode == HttpStatusCode.PartialContent ? _message.Content.Headers.ContentRange?.From ?? 0 : 0;

    /// <summary>Whether nothing is left behind the byte that was asked for.</summary>
    public bool IsBehindTheEnd => _message.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable;

    public static async Task<HubAnswer> Of(HttpResponseMessage message, Uri address, TimeSpan patience, CancellationToken cancellation) =>
        new(message, await message.Content.ReadAsStreamAsync(cancellation), address, patience);

    /// <summary>Reads some bytes; 0 at the end.</summary>
    /// <exception cref="HubInterruption">The connection has ended, or nothing came for too long.</exception>
    public async ValueTask<int> Read(Memory<byte> buffer, CancellationToken cancellation)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(_patience);
        try
        {
            return await _stream.ReadAsync(buffer, patience.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new HubInterruption($"{Address.Authority} has sent nothing for {_patience.TotalSeconds} s");
        }
        catch (IOException e)
        {
            throw new HubInterruption($"the connection to {Address.Authority} was cut", inner: e);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stream.Dispose();
        _message.Dispose();
    }
}

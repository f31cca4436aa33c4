using System.Net;

namespace PureClip.Cli.Hub;

/// <summary>Something cannot be fetched; the message says what to do.</summary>
internal class HubException(string message, Exception? inner = null) : IOException(message, inner);

/// <summary>Something could not be fetched now and may be in a while: asking again helps.</summary>
/// <param name="message">What happened.</param>
/// <param name="wait">How long the other side asks to wait; null where it does not say.</param>
/// <param name="inner">What was thrown.</param>
internal sealed class HubInterruption(string message, TimeSpan? wait = null, Exception? inner = null) : HubException(message, inner)
{
    /// <summary>How long the other side asks to wait.</summary>
    public TimeSpan? Wait => wait;
}

/// <summary>Answers that are no success, as sentences.</summary>
internal static class HubAnswers
{
    private const string Code = "X-Error-Code", Message = "X-Error-Message";

    private static readonly HttpStatusCode[] Passing =
    [
        HttpStatusCode.RequestTimeout, HttpStatusCode.TooManyRequests, HttpStatusCode.InternalServerError, HttpStatusCode.BadGateway,
        HttpStatusCode.ServiceUnavailable, HttpStatusCode.GatewayTimeout,
    ];

    /// <summary>What an answer of the hub means.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="repository">What was asked about.</param>
    /// <param name="file">Which file of it; null for the repository itself.</param>
    /// <param name="settings">Where the token is from, and which mirror is asked.</param>
    public static HubException Describe(HttpResponseMessage answer, string repository, string? file, HubSettings settings)
    {
        string status = $"{(int)answer.StatusCode} {answer.ReasonPhrase}".TrimEnd();
        if (Passing.Contains(answer.StatusCode))
            return new HubInterruption($"{Host(answer, settings)} answers {status}", WaitOf(answer));
        string where = settings.IsMirror ? $" ({settings.Endpoint.Authority}, from HF_ENDPOINT)" : "";
        string page = HubAddress.Page(settings.Endpoint, repository), said = Header(answer, Message) ?? "";
        return new(Header(answer, Code) switch
        {
            "GatedRepo" when settings.Token is null =>
                $"{repository}{where}: its publisher wants terms to be accepted. Open {page}, accept them, create an access token there "
                    + "(Settings, Access Tokens), set HF_TOKEN to it, and type the same command again.",
            "GatedRepo" => $"{repository}{where}: the token from {settings.TokenPlace} has no access. Open {page} and accept the terms, or "
                + "wait until the publisher has granted it.",
            "RevisionNotFound" =>
                $"{repository}{where}: there is no such revision; --revision takes a branch, a tag, a commit or refs/pr/N.",
            "EntryNotFound" => $"{repository}{where}: there is no file {file} any more. Type the same command again.",
            _ when settings.Token is not null && said.Contains("Invalid credentials", StringComparison.OrdinalIgnoreCase) =>
                $"{repository}{where}: the hub does not know the token from {settings.TokenPlace}. It is wrong or has "
                    + "expired, which ends requests for public models, too: correct or remove it.",
            "RepoNotFound" or null when answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.NotFound =>
                $"{repository}{where}: there is no such model, or it is private"
                    + (settings.Token is null
                        ? " and needs a token in HF_TOKEN."
                        : $" and the token from {settings.TokenPlace} may not see it.")
                    + " Check the name; 'pureclip models' lists those that are known.",
            _ when answer.StatusCode == HttpStatusCode.Forbidden =>
                $"{repository}{where}: access is denied. {said}".TrimEnd() + RequestId(answer),
            _ => $"{repository}{where}: {(file is null ? "" : file + ": ")}the hub answers {status}. {said}".TrimEnd() + RequestId(answer),
        });
    }

    /// <summary>A header's value, or null.</summary>
    public static string? Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out IEnumerable<string>? values) ? values.First() : null;

    private static string Host(HttpResponseMessage answer, HubSettings settings) =>
        (answer.RequestMessage?.RequestUri ?? settings.Endpoint).Authority;

    private static string RequestId(HttpResponseMessage answer) =>
        (Header(answer, "X-Request-Id") ?? Header(answer, "X-Amz-Cf-Id")) is string id ? $" (request {id})" : "";

    /// <summary><c>Retry-After</c>, or the seconds of <c>RateLimit: "api";r=0;t=55</c>, which counts only when nothing remains.</summary>
    private static TimeSpan? WaitOf(HttpResponseMessage answer)
    {
        if (answer.Headers.RetryAfter?.Delta is TimeSpan delta)
            return delta;
        if (answer.Headers.RetryAfter?.Date is DateTimeOffset date && date > DateTimeOffset.UtcNow)
            return date - DateTimeOffset.UtcNow;
        string[] parts = (Header(answer, "RateLimit") ?? "").Split(';', StringSplitOptions.TrimEntries);
        string? seconds = Array.Find(parts, part => part.StartsWith("t=", StringComparison.Ordinal))?[2..];
        return parts.Contains("r=0") && int.TryParse(seconds, out int wait) ? TimeSpan.FromSeconds(wait + 1) : null;
    }
}

using System.Globalization;
using System.Text.Json;

namespace PureClip.Server.Hosting;

/// <summary>A request that is refused; the message is for its client.</summary>
/// <param name="status">The HTTP status.</param>
/// <param name="message">One sentence or two: what was found, what is allowed, what to do.</param>
/// <param name="parameter">The field that is meant; null for none.</param>
/// <param name="code">A word for programs; null for none.</param>
internal sealed class RequestException(int status, string message, string? parameter = null, string? code = null) : Exception(message)
{
    public int Status => status;

    public string? Parameter => parameter;

    public string? Code => code;

    /// <summary>When to come again; null where it does not help.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>A field that is not as it has to be.</summary>
    public static RequestException Bad(string message, string? parameter = null) =>
        new(StatusCodes.Status400BadRequest, message, parameter);
}

/// <summary>What went wrong with a request, before it is put into the words of a protocol.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Message">For the client.</param>
/// <param name="Parameter">The field that is meant.</param>
/// <param name="Code">A word for programs.</param>
/// <param name="RetryAfter">When to come again.</param>
internal readonly record struct Failure(int Status, string Message, string? Parameter, string? Code, TimeSpan? RetryAfter)
{
    /// <summary>What an exception means for the client; what is the server's own fault tells nothing of its inside.</summary>
    public static Failure Of(Exception exception) => exception switch
    {
        RequestException e => new(e.Status, e.Message, e.Parameter, e.Code, e.RetryAfter),
        BadHttpRequestException { StatusCode: 413 } => new(413, "The body is larger than this server takes.", null, null, null),
        BadHttpRequestException { StatusCode: 408 } =>
            new(408, "The body came too slowly: send it faster, or less of it.", null, null, null),
        BadHttpRequestException e => new(e.StatusCode, e.Message, null, null, null),
        JsonException e => new(400, TextOf(e), FieldOf(e), null, null),
        // a picture that is damaged, of an unknown kind, too large; a multipart body that breaks
        InvalidDataException e => new(400, e.Message, null, null, null),
        ObjectDisposedException => new(503, "The server is shutting down.", null, null, TimeSpan.FromSeconds(1)),
        _ => new(500, "The server failed at this request; its log says more.", null, null, null),
    };

    /// <summary>Whether the server, and not its client, has to look into it.</summary>
    public bool IsOurs => Status == StatusCodes.Status500InternalServerError;

    /// <summary>Sends it, unless something was sent before.</summary>
    public async Task WriteAsync(HttpContext http)
    {
        if (http.Response.HasStarted)
        {
            http.Abort(); // better an answer that is seen to be cut than one that looks whole
            return;
        }
        http.Response.Clear();
        http.Response.StatusCode = Status;
        if (RetryAfter is TimeSpan wait)
            http.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        if (Status == StatusCodes.Status401Unauthorized)
            http.Response.Headers.WWWAuthenticate = "Bearer";
        ErrorShape shape = http.GetEndpoint()?.Metadata.GetMetadata<ErrorShape>() ?? ErrorShape.OpenAI;
        await shape.Write(http.Response, this).ConfigureAwait(false);
    }

    /// <summary>The field that is meant; names that a stranger has made up are not repeated at length.</summary>
    private static string? FieldOf(JsonException e) => e.Path is { Length: > 2 } path ? path[2..Math.Min(path.Length, 60)] : null;

    private static string TextOf(JsonException e)
    {
        string where = $"line {(e.LineNumber ?? 0) + 1}, byte {(e.BytePositionInLine ?? 0) + 1}";
        return FieldOf(e) is string field
            ? $"'{field}' has a value of the wrong type, or the JSON breaks there ({where})."
            : $"The body is not the JSON object that is expected; it breaks at {where}.";
    }
}

/// <summary>How a protocol's clients expect failures. One is in the metadata of every endpoint.</summary>
/// <param name="Name">The protocol.</param>
/// <param name="Write">Writes the body.</param>
internal sealed record ErrorShape(string Name, Func<HttpResponse, Failure, Task> Write)
{
    /// <summary><c>{"error":{"message","type","param","code"}}</c></summary>
    public static ErrorShape OpenAI { get; } = new("openai", (response, failure) => response.WriteAsJsonAsync(
        new OpenAIFailure(new(failure.Message, TypeOf(failure.Status), failure.Parameter, failure.Code)), ServerJson.Wire.OpenAIFailure));

    /// <summary><c>{"error":"…"}</c></summary>
    public static ErrorShape Ollama { get; } = new("ollama", (response, failure) =>
        response.WriteAsJsonAsync(new PlainFailure(failure.Message, null), ServerJson.Wire.PlainFailure));

    /// <summary><c>{"error":"…","error_type":"…"}</c></summary>
    public static ErrorShape Tei { get; } = new("tei", (response, failure) =>
        response.WriteAsJsonAsync(new PlainFailure(failure.Message, failure.Status switch
        {
            429 => "overloaded",
            >= 500 => "backend",
            _ => "validation",
        }), ServerJson.Wire.PlainFailure));

    /// <summary><c>{"detail":"…"}</c>, as FastAPI says it.</summary>
    public static ErrorShape Immich { get; } = new("immich", (response, failure) =>
        response.WriteAsJsonAsync(new DetailFailure(failure.Message), ServerJson.Wire.DetailFailure));

    private static string TypeOf(int status) => status switch
    {
        401 => "authentication_error",
        429 => "rate_limit_error",
        >= 500 => "server_error",
        _ => "invalid_request_error",
    };
}

/// <summary>A failure as OpenAI's clients read it.</summary>
internal sealed record OpenAIFailure(OpenAIError Error);

/// <summary>What <see cref="OpenAIFailure"/> holds.</summary>
internal sealed record OpenAIError(string Message, string Type, string? Param, string? Code);

/// <summary>A failure as Ollama's and TEI's clients read it.</summary>
internal sealed record PlainFailure(
    string Error,
    [property: System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)]
    string? ErrorType);

/// <summary>A failure as immich logs it.</summary>
internal sealed record DetailFailure(string Detail);

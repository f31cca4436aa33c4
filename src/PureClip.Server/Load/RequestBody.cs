using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using PureClip.Server.Hosting;

namespace PureClip.Server.Load;

/// <summary>
/// Bodies in memory. Room for them is taken as their bytes come and not as they are announced, so that a client that sends slowly holds up
/// nobody but itself; it is given back with the response.
/// </summary>
internal static class RequestBody
{
    private const int FirstBytes = 4096;

    /// <summary>Reads a body whole.</summary>
    /// <exception cref="BadHttpRequestException">It is longer than is allowed, ends early, or comes too slowly.</exception>
    /// <exception cref="RequestException">It is compressed, or there is no room or no time for it now.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContext http)
    {
        if (http.Request.Headers.ContentEncoding.ToString() is { Length: > 0 } and not "identity")
            throw new RequestException(StatusCodes.Status415UnsupportedMediaType,
                "The body is compressed, as its Content-Encoding says; this server takes it as it is.");
        Admission admission = http.RequestServices.GetRequiredService<Admission>();
        long announced = http.Request.ContentLength ?? 0;
        if (announced > http.RequestServices.GetRequiredService<ServerOptions>().MaxBodyBytes)
            throw new BadHttpRequestException("too large", StatusCodes.Status413PayloadTooLarge);
        PipeReader reader = http.Request.BodyReader;
        // Not by the token: a read that it ends stays in progress, and the connection could not be read any further.
        using CancellationTokenRegistration abort = http.RequestAborted.Register(reader.CancelPendingRead);
        CancellationToken end = http.RequestServices.GetRequiredService<Draining>().End;
        using CancellationTokenRegistration drain = end.Register(reader.CancelPendingRead);
        byte[] body = new byte[Math.Clamp(announced, 0, FirstBytes)];
        int length = 0;
        while (true)
        {
            ReadResult result = await reader.ReadAsync(CancellationToken.None).ConfigureAwait(false);
            if (result.IsCanceled)
            {
                reader.AdvanceTo(result.Buffer.Start);
                throw end.IsCancellationRequested && !http.RequestAborted.IsCancellationRequested
                    ? new RequestException(StatusCodes.Status503ServiceUnavailable,
                        "The server is shutting down, and the body has not come to its end. Send it again later.")
                    : new OperationCanceledException(http.RequestAborted);
            }
            ReadOnlySequence<byte> more = result.Buffer;
            if (length + more.Length > body.Length)
                Grow(ref body, checked((int)(length + more.Length)), announced, admission, http);
            more.CopyTo(body.AsSpan(length));
            length += (int)more.Length;
            reader.AdvanceTo(more.End);
            if (result.IsCompleted)
                return body.AsMemory(0, length);
        }
    }

    /// <summary>Reads a body that is JSON.</summary>
    /// <exception cref="JsonException">It is something else, or a field has a wrong type.</exception>
    public static async Task<T> ReadJsonAsync<T>(HttpContext http, JsonTypeInfo<T> type)
        where T : class
    {
        ReadOnlyMemory<byte> body = await ReadAsync(http).ConfigureAwait(false);
        if (body.IsEmpty)
            throw RequestException.Bad("The body is empty; a JSON object is expected.");
        ReadOnlySpan<byte> json = body.Span;
        if (json.StartsWith("\uFEFF"u8))
            json = json[3..];
        return JsonSerializer.Deserialize(json, type) ?? throw RequestException.Bad("The body is null; a JSON object is expected.");
    }

    private static void Grow(ref byte[] body, int needed, long announced, Admission admission, HttpContext http)
    {
        // Doubled, but never beyond what was announced.
        long wanted = Math.Max(needed, Math.Min(2L * body.Length, Math.Max(announced, needed)));
        if (announced == 0)
            wanted = Math.Max(needed, 2L * body.Length);
        http.Response.RegisterForDispose(admission.TakeBytes(wanted - body.Length));
        Array.Resize(ref body, (int)wanted);
    }
}

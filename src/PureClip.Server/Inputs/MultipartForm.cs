using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using PureClip.Server.Hosting;
using PureClip.Server.Load;

namespace PureClip.Server.Inputs;

/// <summary>
/// A multipart body's fields and files, in memory alone: the framework's own reader puts large files into temporary ones, which are left
/// behind when a process is killed.
/// </summary>
internal sealed class MultipartForm
{
    private const int MostParts = 1024, LongestBoundary = 70;

    private readonly List<(string Name, ReadOnlyMemory<byte> Bytes)> _parts = [];

    /// <summary>Reads a body.</summary>
    /// <exception cref="RequestException">It is not multipart/form-data, or breaks off.</exception>
    public static async Task<MultipartForm> ReadAsync(HttpContext http)
    {
        if (!MediaTypeHeaderValue.TryParse(http.Request.ContentType, out MediaTypeHeaderValue? type)
            || !type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase))
            throw new RequestException(StatusCodes.Status415UnsupportedMediaType, "The body must be multipart/form-data.");
        string boundary = HeaderUtilities.RemoveQuotes(type.Boundary).ToString();
        if (boundary.Length is 0 or > LongestBoundary)
            throw RequestException.Bad("The content type has no boundary that separates the parts, or one of more than 70 characters.");
        ReadOnlyMemory<byte> body = await RequestBody.ReadAsync(http).ConfigureAwait(false);
        using MemoryStream stream = new(System.Runtime.InteropServices.MemoryMarshal.TryGetArray(body, out ArraySegment<byte> bytes)
            ? bytes.Array! : [], 0, body.Length, writable: false);
        try
        {
            return await ReadAsync(new MultipartReader(boundary, stream), body, http.RequestAborted).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw RequestException.Bad("The multipart body breaks off, or its parts are not separated as the content type says.");
        }
    }

    /// <summary>A field as text; null where there is none.</summary>
    public string? Text(string name) => Texts(name).FirstOrDefault();

    /// <summary>All fields of a name.</summary>
    public IEnumerable<string> Texts(string name) => Files(name).Select(bytes => Utf8.Strict(bytes.Span, name));

    /// <summary>All parts of a name, as bytes.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Files(string name) => _parts.Where(part => part.Name == name).Select(part => part.Bytes);

    /// <summary>Parts are pieces of the body, and not copied.</summary>
    private static async Task<MultipartForm> ReadAsync(MultipartReader reader, ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        MultipartForm form = new();
        while (await reader.ReadNextSectionAsync(cancellation).ConfigureAwait(false) is MultipartSection section)
        {
            if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out ContentDispositionHeaderValue? disposition)
                || HeaderUtilities.RemoveQuotes(disposition.Name).ToString() is not { Length: > 0 } name)
                throw RequestException.Bad("A part of the multipart body has no name.");
            if (form._parts.Count == MostParts)
                throw RequestException.Bad($"The multipart body has more than {MostParts} parts.");
            await section.Body.CopyToAsync(Stream.Null, cancellation).ConfigureAwait(false); // up to the next boundary
            form._parts.Add((name, body.Slice((int)section.BaseStreamOffset!.Value, (int)section.Body.Length)));
        }
        return form;
    }
}

/// <summary>Bytes that have to be UTF-8.</summary>
internal static class Utf8
{
    private static readonly System.Text.UTF8Encoding Encoding = new(false, throwOnInvalidBytes: true);

    /// <summary>The text.</summary>
    /// <exception cref="RequestException">It is none.</exception>
    public static string Strict(ReadOnlySpan<byte> bytes, string place)
    {
        try
        {
            return Encoding.GetString(bytes);
        }
        catch (ArgumentException)
        {
            throw RequestException.Bad($"'{place}' is not UTF-8.", place);
        }
    }
}

using System.Security.Cryptography;
using System.Text;

namespace PureClip.Server.Hosting;

/// <summary>On an endpoint that asks for no key: whether the server lives is for everybody to know.</summary>
internal sealed class NeedsNoKey
{
    public static NeedsNoKey Instance { get; } = new();
}

/// <summary>Lets requests through that have one of the keys.</summary>
/// <remarks>
/// Digests of equal length are compared, all of them and each to its end, so that the time tells nothing of a key: neither its beginning
/// nor its length.
/// </remarks>
internal sealed class ApiKeys(RequestDelegate next, ServerOptions options)
{
    private const string Bearer = "Bearer ";

    private readonly byte[][] _digests = [.. options.ApiKeys.Select(key => SHA256.HashData(Encoding.UTF8.GetBytes(key)))];

    public Task InvokeAsync(HttpContext http)
    {
        if (_digests.Length == 0 || http.GetEndpoint()?.Metadata.GetMetadata<NeedsNoKey>() is not null)
            return next(http);
        string authorization = http.Request.Headers.Authorization.ToString();
        string? key = authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
            ? authorization[Bearer.Length..].Trim()
            : http.Request.Headers["x-api-key"].ToString() is { Length: > 0 } other ? other : null;
        if (key is null)
            throw Refusal("This server asks for a key: send 'Authorization: Bearer KEY' or 'x-api-key: KEY'.");
        return IsKnown(key) ? next(http) : throw Refusal("The key is not one of this server's.");
    }

    private bool IsKnown(string key)
    {
        byte[] digest = SHA256.HashData(Encoding.UTF8.GetBytes(key));
        bool isKnown = false;
        foreach (byte[] known in _digests)
            isKnown |= CryptographicOperations.FixedTimeEquals(known, digest);
        return isKnown;
    }

    private static RequestException Refusal(string message) =>
        new(StatusCodes.Status401Unauthorized, message, code: "invalid_api_key");
}

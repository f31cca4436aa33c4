using System.Buffers;
using System.Buffers.Text;
using PureClip.Server.Hosting;

namespace PureClip.Server.Inputs;

/// <summary>
/// Pictures inside JSON: data URIs (RFC 2397) and plain base64. Addresses are refused: a server that fetches what a stranger names reaches
/// what the stranger cannot.
/// </summary>
internal static class PictureData
{
    private static ReadOnlySpan<byte> DataScheme => "data:"u8;

    /// <summary>The bytes of a picture's file.</summary>
    /// <param name="utf8">A data URI, or base64 alone.</param>
    /// <param name="place">Where it stands, for messages: "input[3]".</param>
    /// <exception cref="RequestException">It is something else.</exception>
    public static ReadOnlyMemory<byte> Decode(ReadOnlySpan<byte> utf8, string place)
    {
        if (IsAddress(utf8))
            throw RequestException.Bad(
                $"{place} is an address, and this server fetches none. Send the picture itself as 'data:image/jpeg;base64,…'.", place);
        if (utf8.StartsWith(DataScheme))
        {
            int comma = utf8.IndexOf((byte)',');
            if (comma < 0 || !utf8[..comma].EndsWith(";base64"u8))
                throw RequestException.Bad(
                    $"{place} is a data URI without base64; the form is 'data:image/jpeg;base64,…'.", place);
            utf8 = utf8[(comma + 1)..];
        }
        byte[] file = new byte[Base64.GetMaxDecodedFromUtf8Length(utf8.Length)];
        if (Base64.DecodeFromUtf8(utf8, file, out _, out int length) != OperationStatus.Done || length == 0)
            throw RequestException.Bad($"{place} is not base64 of a picture's file.", place);
        return file.AsMemory(0, length);
    }

    private static bool IsAddress(ReadOnlySpan<byte> utf8)
    {
        int colon = utf8[..Math.Min(utf8.Length, 16)].IndexOf("://"u8);
        return colon > 0;
    }
}

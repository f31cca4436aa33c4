using System.Buffers.Binary;
using PureClip.Files;
using PureClip.Model;

namespace PureClip.Checkpoints;

/// <summary>
/// Tells models apart by what makes their vectors: the architecture, every tensor of rank 1 in full and eight elements of each other
/// tensor, as F32 in one canonical order. So a copy has the fingerprint of its original whatever the layout, the names and the (exact)
/// number type of its file, and training of any kind changes it. It takes milliseconds, since it reads about a megabyte; it is no proof
/// against forgery.
/// </summary>
internal static class ModelFingerprint
{
    // Fine-tuning changes every element of a matrix that it changes at all; eight guard against the few that stay by chance.
    private const int ElementsOfAMatrix = 8;

    private const int BytesOfTheHash = 16;

    /// <summary>The fingerprint: 32 lower-case hexadecimal digits, the first half of a SHA-256.</summary>
    public static string Of(Checkpoint checkpoint, ClipConfig config)
    {
        Sha256 hash = new();
        AppendArchitecture(ref hash, config);
        foreach (Parameter parameter in checkpoint.Towers.Parameters.OrderBy(static parameter => parameter.Name, StringComparer.Ordinal))
            Append(ref hash, checkpoint.Sample(parameter, ElementsOfAMatrix));
        return Convert.ToHexStringLower(hash.Finish().AsSpan(0, BytesOfTheHash));
    }

    private static void AppendArchitecture(ref Sha256 hash, ClipConfig config)
    {
        Append(ref hash, [config.EmbeddingWidth, config.Vision is null ? 0 : 1, config.Text is null ? 0 : 1]);
        Append(ref hash, config.Vision?.Signature);
        Append(ref hash, config.Text?.Signature);
    }

    private static void Append(ref Sha256 hash, ReadOnlySpan<float> numbers)
    {
        Span<byte> bytes = stackalloc byte[sizeof(float)];
        foreach (float number in numbers)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes, number);
            hash.Append(bytes);
        }
    }
}

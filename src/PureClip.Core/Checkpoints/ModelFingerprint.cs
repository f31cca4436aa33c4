using System.Buffers.Binary;
using System.Security.Cryptography;
using PureClip.Model;

namespace PureClip.Checkpoints;

/// <summary>
/// Tells models apart by what makes their vectors: the architecture, every tensor of rank 1 in full and eight elements of each other tensor,
/// as F32 in one canonical order. So a copy has the fingerprint of its original whatever the layout, the names and the (exact) number type of its
/// file, and training of any kind changes it. It takes milliseconds, since it reads about a megabyte; it is no proof against forgery.
/// </summary>
internal static class ModelFingerprint
{
    // Fine-tuning changes every element of a matrix that it changes at all; eight guard against the few that stay by chance.
    private const int ElementsOfAMatrix = 8;

    private const int BytesOfTheHash = 16;

    /// <summary>The fingerprint: 32 lower-case hexadecimal digits, the first half of a SHA-256.</summary>
    public static string Of(CheckpointReader checkpoint, ClipConfig config)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        AppendArchitecture(hash, config);
        foreach (CheckpointTensor row in CheckpointNames.TensorsOf(config).OrderBy(row => row.Canonical, StringComparer.Ordinal))
            Append(hash, checkpoint.Sample(row, ElementsOfAMatrix));
        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, BytesOfTheHash));
    }

    private static void AppendArchitecture(IncrementalHash hash, ClipConfig config)
    {
        Append(hash, [config.EmbeddingWidth, config.Vision is null ? 0 : 1, config.Text is null ? 0 : 1]);
        if (config.Vision is VisionConfig vision)
        {
            Append(hash, [vision.ImageSize, vision.PatchSize]);
            AppendTransformer(hash, vision.Transformer);
        }
        if (config.Text is TextConfig text)
        {
            Append(hash, [text.ContextLength, text.VocabularySize]);
            AppendTransformer(hash, text.Transformer);
        }
    }

    private static void AppendTransformer(IncrementalHash hash, TransformerConfig config) =>
        Append(hash, [config.Width, config.Layers, config.Heads, config.MlpWidth, (int)config.Gelu, config.LayerNormEps]);

    private static void Append(IncrementalHash hash, ReadOnlySpan<float> numbers)
    {
        Span<byte> bytes = stackalloc byte[sizeof(float)];
        foreach (float number in numbers)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes, number);
            hash.AppendData(bytes);
        }
    }
}

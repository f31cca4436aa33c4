using System.Security.Cryptography;
using PureClip.Convert.Tensors;

namespace PureClip.Convert.Output;

/// <summary>A file that was converted.</summary>
/// <param name="Name">Its name without the directory.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">Of all its bytes, in small letters.</param>
internal sealed record SourceFile(string Name, long Bytes, string Sha256)
{
    private const int BytesPerStep = 16 << 20;

    /// <summary>Hashes a file.</summary>
    /// <exception cref="OperationCanceledException">The user interrupted.</exception>
    public static SourceFile Of(MappedFile file, CancellationToken cancellation)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (long done = 0; done < file.Length; done += BytesPerStep)
        {
            cancellation.ThrowIfCancellationRequested();
            hash.AppendData(file.Span(done, (int)Math.Min(BytesPerStep, file.Length - done)));
        }
        return new SourceFile(Path.GetFileName(file.Path), file.Length, System.Convert.ToHexStringLower(hash.GetHashAndReset()));
    }
}

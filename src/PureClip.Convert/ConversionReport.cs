using PureClip.Files;
using PureClip.Model;

namespace PureClip.Convert;

/// <summary>What a conversion read, decided and wrote.</summary>
public sealed record ConversionReport
{
    internal ConversionReport()
    {
    }

    /// <summary>The source's container in a few words, such as "torch.save zip archive".</summary>
    public required string Container { get; init; }

    /// <summary>The files that were read.</summary>
    public required IReadOnlyList<SourceFile> Files { get; init; }

    /// <summary>What the container says about itself: versions, producers, key values.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Metadata { get; init; }

    /// <summary>What was left out or assumed while reading, a sentence each.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>The architecture's name; null where its shapes are those of none that is known.</summary>
    public required string? Architecture { get; init; }

    /// <summary>The architecture.</summary>
    public required ClipConfig Config { get; init; }

    /// <summary>What the tensors did not tell.</summary>
    public required IReadOnlyList<Decision> Decisions { get; init; }

    /// <summary>Names of the source's tensors in use.</summary>
    public required IReadOnlyList<string> Used { get; init; }

    /// <summary>The source's tensors that are not in the result.</summary>
    public required IReadOnlyList<IgnoredTensor> Ignored { get; init; }

    /// <summary>Tensors of the result.</summary>
    public required int Written { get; init; }

    /// <summary>Tensors by what became of their type, such as "F16 to F32".</summary>
    public required IReadOnlyDictionary<string, int> TypeChanges { get; init; }

    /// <summary>How far numbers moved, by layer; empty where nothing was rounded.</summary>
    public required IReadOnlyList<RoundingError> Rounding { get; init; }

    /// <summary>The file with packed matrices beside the weights; null where none was asked for.</summary>
    public string? Packed { get; init; }

    /// <summary>What was compared with the source, and found to be the same.</summary>
    public required SourceComparison Comparison { get; init; }

    /// <summary>The comparison with a reference; null where none was asked for.</summary>
    public ReferenceResult? Verification { get; init; }

    /// <summary>False where the comparison failed, so that nothing was written.</summary>
    public bool WasWritten => Verification is not { HasPassed: false };
}

/// <summary>A file that was converted.</summary>
/// <param name="Name">Its name without the directory.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">Of all its bytes, in small letters.</param>
public sealed record SourceFile(string Name, long Bytes, string Sha256)
{
    private const int BytesPerStep = 16 << 20;

    /// <summary>Hashes a file.</summary>
    /// <exception cref="OperationCanceledException">The user interrupted.</exception>
    internal static SourceFile Of(Lease file, CancellationToken cancellation)
    {
        Sha256 hash = new();
        for (long done = 0; done < file.Length; done += BytesPerStep)
        {
            cancellation.ThrowIfCancellationRequested();
            hash.Append(file.Span(done, (int)Math.Min(BytesPerStep, file.Length - done)));
        }
        return new SourceFile(Path.GetFileName(file.Path), file.Length, System.Convert.ToHexStringLower(hash.Finish()));
    }
}

/// <summary>One thing about a model that its tensors do not tell, and where it was taken from.</summary>
/// <param name="What">Such as "vision heads".</param>
/// <param name="Value">What was decided.</param>
/// <param name="From">Where from, as the end of "... from".</param>
/// <param name="IsAssumed">True where nothing in the source says so.</param>
/// <param name="Setting">What decides otherwise.</param>
/// <param name="Place">Where in the result it can be decided otherwise; null where it cannot.</param>
public sealed record Decision(
    string What, string Value, string From, bool IsAssumed, ConversionSetting Setting = ConversionSetting.None, string? Place = null);

/// <summary>A tensor of the source that is not written.</summary>
/// <param name="Name">Its name in the source.</param>
/// <param name="Reason">Why it carries nothing here.</param>
public sealed record IgnoredTensor(string Name, string Reason);

/// <summary>How far the numbers of a group of tensors moved when their type changed.</summary>
/// <param name="Group">One block of a tower, or what a tower has beside its blocks.</param>
/// <param name="Largest">The largest distance of a number from what it was.</param>
/// <param name="Mean">The mean distance.</param>
public sealed record RoundingError(string Group, double Largest, double Mean);

/// <summary>What of a result was compared with its source; where anything had differed, there would be no result.</summary>
/// <param name="Texts">Texts that get the same ids.</param>
/// <param name="Pictures">Pictures that become the same pixels of the vision tower's input.</param>
/// <param name="Vectors">
/// Texts and pictures of them that get the same vectors, bit by bit where no type was changed; 0 where the library cannot open the source
/// itself, or an option gave the result another architecture than the source states.
/// </param>
public sealed record SourceComparison(int Texts, int Pictures, int Vectors);

/// <summary>How the converted model's embeddings compare with a reference.</summary>
public sealed record ReferenceResult
{
    internal ReferenceResult()
    {
    }

    /// <summary>The largest difference that was allowed.</summary>
    public required float Tolerance { get; init; }

    /// <summary>Pictures compared.</summary>
    public int Pictures { get; internal set; }

    /// <summary>Texts compared.</summary>
    public int Texts { get; internal set; }

    /// <summary>Texts of which this model's tokenizer makes other ids than the reference; the reference's were used.</summary>
    public int OtherIds { get; internal set; }

    /// <summary>The largest difference of two numbers.</summary>
    public float Largest { get; internal set; }

    /// <summary>The picture or text that has it.</summary>
    public string LargestAt { get; internal set; } = "";

    /// <summary>Whether all is within the tolerance, and something was compared.</summary>
    public bool HasPassed => Largest <= Tolerance && Pictures + Texts > 0;
}

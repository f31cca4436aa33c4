using System.Runtime.CompilerServices;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip;

/// <summary>The vectors that kernels compute with. All of them give embeddings of the same quality; wider ones are faster.</summary>
public enum VectorWidth
{
    /// <summary>One number at a time: for machines without vectors, and to compare with.</summary>
    Scalar,

    /// <summary>128 bits: ARM's NEON, or SSE on old x86.</summary>
    Vector128,

    /// <summary>256 bits with fused multiply-add.</summary>
    Avx2,

    /// <summary>512 bits.</summary>
    Avx512,
}

/// <summary>
/// The threads that compute, and the vectors they compute with. The models and indexes of a program share one, <see cref="Shared"/>, unless
/// they are given another, so that together they occupy no more threads than the machine has processors. Thread-safe.
/// </summary>
/// <remarks>
/// Calls that come at the same time take turns in the order of asking; those of one model that wait are computed together.
/// Threads are started when they are first needed.
/// </remarks>
public sealed class Runtime : IDisposable
{
    /// <summary>The most threads of a runtime.</summary>
    public const int MostThreads = 1024;

    // Compiled ahead of time, a program has the vectors that it was compiled for, whatever the machine has.
    private static readonly string Widest = RuntimeFeature.IsDynamicCodeCompiled
        ? "the widest that this machine has"
        : "the widest that this program was compiled for";

    private static Runtime? _shared;

    private readonly string _why;

    /// <summary>Makes one with threads of its own.</summary>
    /// <param name="threads">Threads that compute, the caller's included, 1 to 1024; null for the processor's number.</param>
    /// <param name="vectors">The vectors; null for those that the environment variable PURECLIP_SIMD names, else the widest.</param>
    /// <exception cref="ArgumentException">There cannot be so many threads, or this machine does not have such vectors.</exception>
    public Runtime(int? threads = null, VectorWidth? vectors = null)
    {
        if (threads is < 1 or > MostThreads)
            throw new ArgumentException($"Threads is {threads}; it must be from 1 to {MostThreads}.", nameof(threads));
        (Tier, _why) = vectors is VectorWidth asked ? (SimdTier.Choose(NameOf(asked)), "asked for") : Usual();
        Pool = new(threads ?? Environment.ProcessorCount);
    }

    /// <summary>The runtime of everything that is not given another: a thread for each processor.</summary>
    /// <exception cref="ArgumentException">PURECLIP_SIMD names vectors that this machine does not have.</exception>
    public static Runtime Shared
    {
        get
        {
            if (Volatile.Read(ref _shared) is Runtime shared)
                return shared;
            Runtime made = new() { IsShared = true }; // without threads yet, so one too many costs nothing
            return Interlocked.CompareExchange(ref _shared, made, null) ?? made;
        }
    }

    /// <summary>
    /// The vectors that this machine computes with in hardware, widest first; <see cref="VectorWidth.Scalar"/> is always one of them.
    /// </summary>
    public static IReadOnlyList<VectorWidth> Available { get; } = [.. SimdTier.All.Where(tier => tier.IsSupported).Select(WidthOf)];

    /// <summary>Threads that compute, the caller's included.</summary>
    public int Threads => Pool.Workers;

    /// <summary>The vectors in use.</summary>
    public VectorWidth Vectors => WidthOf(Tier);

    /// <summary>
    /// Bits of the activations that are multiplied with INT8 weights: 8, or 7 on x86 processors with 256-bit vectors and without VNNI, whose
    /// sums would overflow. Embeddings of INT8 weights made with the one and the other differ about as much as either do from those of the
    /// weights as they are stored (cosines of 0.9997 and 0.9988 with them); <see cref="VectorSpace.IntegerBits"/> keeps them apart.
    /// </summary>
    public int IntegerBits => IntegerTier.OperandBits(Tier);

    /// <summary>Why these vectors, in words: who asked for them, and what speaks for them.</summary>
    public string Reason => $"{_why}: {Tier.Reason}";

    /// <summary>Who computes.</summary>
    internal WorkerPool Pool { get; }

    /// <summary>With what.</summary>
    internal SimdTier Tier { get; }

    private bool IsShared { get; init; }

    /// <summary>Measures the most that this runtime computes: multiply-adds in registers, on all threads at once.</summary>
    /// <param name="time">How long to measure; the first third warms up and is not counted.</param>
    /// <param name="cancellationToken">Checked every few milliseconds.</param>
    /// <returns>Billions of operations a second (GFLOP/s), the best round; a multiply-add counts as two.</returns>
    /// <exception cref="ObjectDisposedException">The runtime was disposed.</exception>
    public double MeasurePeak(TimeSpan time, CancellationToken cancellationToken = default) =>
        FmaPeak.Measure(Tier, Pool, time, cancellationToken);

    /// <summary>
    /// Ends the threads, once the turn of whoever computes is over; models and indexes that still use them say so.
    /// <see cref="Shared"/> stays: it belongs to all.
    /// </summary>
    public void Dispose()
    {
        if (!IsShared)
            Pool.Dispose();
    }

    private static (SimdTier Tier, string Why) Usual()
    {
        string? forced = Environment.GetEnvironmentVariable(SimdTier.EnvironmentVariable);
        return (SimdTier.Choose(forced), string.IsNullOrEmpty(forced) ? Widest : $"{SimdTier.EnvironmentVariable} asks for it");
    }

    private static string NameOf(VectorWidth width) => Enum.IsDefined(width)
        ? width.ToString()
        : throw new ArgumentException(
            $"There are no vectors {width}; choose one of {string.Join(", ", Available)}, or null for the widest.", nameof(width));

    private static VectorWidth WidthOf(SimdTier tier) => Enum.Parse<VectorWidth>(tier.Name, ignoreCase: true);
}

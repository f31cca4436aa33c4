using PureClip.Simd;

namespace PureClip.Kernels;

/// <summary>What one worker needs beside its operands while it multiplies, cut out of one row of the workspace.</summary>
/// <param name="start">The row's first float.</param>
internal readonly unsafe struct GemmScratch<V>(float* start)
    where V : unmanaged, ISimd<V>
{
    /// <summary>Floats of the packed block of A.</summary>
    public const int BlockFloats = GemmBlocking<V>.Mc * GemmBlocking<V>.Kc;

    // Integers come four to a float, or two where the processor multiplies pairs of 16 bits: a block of 4 KC rows then has twice KC floats.
    private const int MostSteps = 2 * GemmBlocking<V>.Kc;

    /// <summary>Floats of the row.</summary>
    public static int Floats => BlockFloats + PanelFloats + GemmBlocking<V>.Mc + Microkernel.MostRows * (MostSteps + GemmBlocking<V>.Nr);

    /// <summary>[<see cref="BlockFloats"/>]: the packed block of A.</summary>
    public float* PackedA => start;

    /// <summary>[most steps, NR]: a panel of B that is not stored as the microkernel reads it.</summary>
    public float* Panel => start + BlockFloats;

    /// <summary>[MC]: the scale of each row of A that was rounded to integers.</summary>
    public float* RowScales => Panel + PanelFloats;

    /// <summary>[most rows, most steps]: rows of A as integers, on their way into the packed block.</summary>
    public float* IntegerRows => RowScales + GemmBlocking<V>.Mc;

    /// <summary>[most rows, NR]: sums of integers of one tile.</summary>
    public float* IntegerTile => IntegerRows + Microkernel.MostRows * MostSteps;

    private static int PanelFloats => MostSteps * GemmBlocking<V>.Nr;
}

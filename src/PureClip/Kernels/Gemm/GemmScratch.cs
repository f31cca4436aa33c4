using PureClip.Simd;

namespace PureClip.Kernels;

/// <summary>What one worker needs beside its operands while it multiplies, cut out of one row of the workspace.</summary>
/// <param name="start">The row's first float.</param>
internal readonly unsafe struct GemmScratch<V>(float* start)
    where V : unmanaged, ISimd<V>
{
    private const int BlockFloats = GemmBlocking<V>.Mc * GemmBlocking<V>.Kc;

    /// <summary>Floats of the row.</summary>
    public static int Floats => BlockFloats + PanelFloats + GemmBlocking<V>.Mc + Microkernel.MostRows * (GemmBlocking<V>.Kc + GemmBlocking<V>.Nr);

    /// <summary>[MC, KC]: the packed block of A.</summary>
    public float* PackedA => start;

    /// <summary>[KC, NR]: a panel of B that is not stored as the microkernel reads it.</summary>
    public float* Panel => start + BlockFloats;

    /// <summary>[MC]: the scale of each row of A that was rounded to integers.</summary>
    public float* RowScales => Panel + PanelFloats;

    /// <summary>[most rows, KC]: rows of A as integers, on their way into the packed block.</summary>
    public float* IntegerRows => RowScales + GemmBlocking<V>.Mc;

    /// <summary>[most rows, NR]: sums of integers of one tile.</summary>
    public float* IntegerTile => IntegerRows + Microkernel.MostRows * GemmBlocking<V>.Kc;

    private static int PanelFloats => GemmBlocking<V>.Kc * GemmBlocking<V>.Nr;
}

using PureClip.Simd;

namespace PureClip.Kernels;

/// <summary>The sizes that a packed matrix product is cut into, for one vector type.</summary>
/// <remarks>
/// The names are those of BLIS (Van Zee and van de Geijn 2015): a tile of MR x NR results stays in registers while KC products are
/// added to each; MC x KC of A stay in the second-level cache and KC x NR of B in the first.
/// </remarks>
internal static class GemmBlocking<V>
    where V : unmanaged, ILanes<V>
{
    /// <summary>Columns of a tile and of a panel of B: two vectors, so that one broadcast of A feeds two multiply-adds.</summary>
    public static int Nr => 2 * V.Count;

    /// <summary>
    /// Most rows of a tile: two accumulators each, beside 2 registers of B and 1 of A. 16 registers: 6 x 2 + 3 = 15. 32 registers: 12 x 2 +
    /// 3 = 27; more rows would not lower the loads a multiply-add needs by a tenth.
    /// </summary>
    public static int Mr => Math.Min((V.Registers - 3) / 2, Microkernel.MostRows);

    /// <summary>
    /// Products added to a tile before it is stored: 256 rows of a B panel are 16 kB at 256 bits (32 kB at 512), which leaves room in a
    /// first-level cache of 32 kB (48 kB) for the 6 kB (12 kB) of A that pass by.
    /// </summary>
    public const int Kc = 256;

    /// <summary>
    /// Rows of A that are packed at a time where a row has KC floats: 240 x 256 floats are 245 kB, half of a second-level cache of 512 kB.
    /// </summary>
    public const int Mc = 240;
}

/// <summary>What one worker needs beside its operands while it multiplies, cut out of one row of the workspace.</summary>
/// <param name="start">The row's first float.</param>
internal readonly unsafe struct GemmScratch<V>(float* start)
    where V : unmanaged, ISimd<V>
{
    /// <summary>Floats of the packed block of A.</summary>
    public const int BlockFloats = GemmBlocking<V>.Mc * GemmBlocking<V>.Kc;

    // Integers come four to a float, or two where the processor multiplies pairs of 16 bits: a block of 4 KC rows then has twice KC floats.
    private const int MostSteps = 2 * GemmBlocking<V>.Kc;

    // Columns of a block of A as they are before they are rounded.
    private const int MostColumns = 4 * GemmBlocking<V>.Kc;

    /// <summary>Floats of the row.</summary>
    public static int Floats => BlockFloats + PanelFloats + GemmBlocking<V>.Mc
        + Microkernel.MostRows * (MostSteps + GemmBlocking<V>.Nr + MostColumns);

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

    /// <summary>[most rows, most columns]: what rows of a convolution see, on their way into the packed block.</summary>
    public float* Seen => IntegerTile + Microkernel.MostRows * GemmBlocking<V>.Nr;

    private static int PanelFloats => MostSteps * GemmBlocking<V>.Nr;
}

/// <summary>How the panels of a packed matrix lie in memory: the agreement between who packs and who multiplies.</summary>
/// <param name="Type">The numbers.</param>
/// <param name="Nr">Columns of a panel.</param>
/// <param name="Kc">Rows of a block.</param>
/// <param name="ColumnUnit">Columns that each part is rounded up to; a multiple of <paramref name="Nr"/>.</param>
/// <param name="Group">Consecutive rows of a column that lie side by side: 1 but for integers.</param>
/// <param name="Offset">What the multiplication adds to integers of the left operand.</param>
internal readonly record struct PanelLayout(WeightType Type, int Nr, int Kc, int ColumnUnit, int Group = 1, int Offset = 0)
{
    // Every group of every tier fits.
    private const int RowUnit = 4;

    /// <summary>Bytes of one number.</summary>
    public int Bytes => BytesOf(Type);

    /// <summary>Bytes of one number of a type.</summary>
    public static int BytesOf(WeightType type) => type switch
    {
        WeightType.F32 => 4,
        WeightType.Int8 => 1,
        _ => 2,
    };

    /// <summary>Rows that a panel of so many rows has in memory: integers come in whole groups.</summary>
    public int StoredRows(int rows) => Type == WeightType.Int8 ? (rows + RowUnit - 1) / RowUnit * RowUnit : rows;

    /// <summary>The layout that a vector width multiplies.</summary>
    public static PanelLayout Of(SimdTier tier, WeightType type)
    {
        Chooser chooser = new() { Type = type };
        tier.Dispatch(ref chooser);
        return chooser.Layout;
    }

    /// <summary>The layout that vectors of type <typeparamref name="V"/> multiply.</summary>
    public static PanelLayout Of<V>(WeightType type)
        where V : unmanaged, ISimd<V>
    {
        Chooser chooser = new() { Type = type };
        chooser.Invoke<V>();
        return chooser.Layout;
    }

    /// <summary>The layout of integers that registers of type <typeparamref name="I"/> multiply.</summary>
    public static PanelLayout OfIntegers<V, I>()
        where V : unmanaged, ISimd<V>
        where I : unmanaged, IIntegerLanes<I> =>
        new(WeightType.Int8, GemmBlocking<I>.Nr, IntegerWeights<V, I>.Kc, GemmBlocking<V>.Nr, I.Values, I.Offset);

    private struct Chooser : ISimdAction, IIntegerAction
    {
        public WeightType Type;
        public PanelLayout Layout;

        public void Invoke<V>()
            where V : unmanaged, ISimd<V>
        {
            Layout = new(Type, GemmBlocking<V>.Nr, GemmBlocking<V>.Kc, GemmBlocking<V>.Nr);
            if (Type == WeightType.Int8)
                IntegerTier.Dispatch<V, Chooser>(ref this);
        }

        public void InvokeIntegers<V, I>()
            where V : unmanaged, ISimd<V>
            where I : unmanaged, IIntegerLanes<I> =>
            Layout = OfIntegers<V, I>();
    }
}

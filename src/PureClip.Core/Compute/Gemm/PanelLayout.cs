using PureClip.Simd;

namespace PureClip.Kernels;

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

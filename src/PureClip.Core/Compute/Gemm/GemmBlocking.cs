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
    /// Most rows of a tile: two accumulators each, beside 2 registers of B and 1 of A. 16 registers: 6 x 2 + 3 = 15. 32 registers: 12 x 2 + 3 = 27;
    /// more rows would not lower the loads a multiply-add needs by a tenth.
    /// </summary>
    public static int Mr => Math.Min((V.Registers - 3) / 2, Microkernel.MostRows);

    /// <summary>
    /// Products added to a tile before it is stored: 256 rows of a B panel are 16 kB at 256 bits (32 kB at 512), which leaves room in a
    /// first-level cache of 32 kB (48 kB) for the 6 kB (12 kB) of A that pass by.
    /// </summary>
    public const int Kc = 256;

    /// <summary>Rows of A that are packed at a time where a row has KC floats: 240 x 256 floats are 245 kB, half of a second-level cache of 512 kB.</summary>
    public const int Mc = 240;
}

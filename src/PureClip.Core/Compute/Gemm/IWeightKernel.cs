using PureClip.Memory;
using PureClip.Simd;

namespace PureClip.Kernels;

/// <summary>How a product treats one type of stored weights, inside the loops that are the same for all.</summary>
internal unsafe interface IWeightKernel<V>
    where V : unmanaged, ISimd<V>
{
    /// <summary>Most rows of a tile.</summary>
    static abstract int Mr { get; }

    /// <summary>Columns of a tile and of a panel.</summary>
    static abstract int Nr { get; }

    /// <summary>Rows of a block of B.</summary>
    static abstract int Kc { get; }

    /// <summary>Steps that the microkernel takes for so many rows of B: floats of a packed row of A.</summary>
    static abstract int Steps(int depth);

    /// <summary>Copies one tile of A into the order in which the microkernel reads it.</summary>
    /// <param name="a">[M, K]</param>
    /// <param name="row">First row of the tile.</param>
    /// <param name="rows">Rows of the tile.</param>
    /// <param name="column">First column.</param>
    /// <param name="depth">Columns to copy.</param>
    /// <param name="packed">rows · steps floats.</param>
    /// <param name="scales">[rows]: scale of each row, where there is one.</param>
    /// <param name="scratch">The worker's.</param>
    static abstract void PackTile(MatrixView a, int row, int rows, int column, int depth, float* packed, float* scales, GemmScratch<V> scratch);

    /// <summary>A panel of B in the order and width in which the microkernel reads it: where it lies, or in scratch.</summary>
    /// <param name="b">[K, N]</param>
    /// <param name="k">First row of the block that the panel belongs to.</param>
    /// <param name="panel">Which panel.</param>
    /// <param name="depth">Rows of the block.</param>
    /// <param name="scratch">The worker's.</param>
    static abstract GemmPanel Unpack(PackedMatrix b, int k, int panel, int depth, GemmScratch<V> scratch);

    /// <summary>sums = (accumulate ? sums : 0) + a · b for one tile.</summary>
    /// <param name="tile">Where in the product the tile is.</param>
    /// <param name="packed">From <see cref="PackTile"/>.</param>
    /// <param name="scales">From <see cref="PackTile"/>.</param>
    /// <param name="panel">From <see cref="Unpack"/>.</param>
    /// <param name="scratch">The worker's.</param>
    static abstract void Multiply(in GemmTile tile, float* packed, float* scales, in GemmPanel panel, GemmScratch<V> scratch);
}

/// <summary>A panel of B that is ready to be multiplied.</summary>
/// <param name="numbers">[depth, NR]: as the microkernel reads them.</param>
/// <param name="scales">[NR]: what an integer of a column is worth; for integers only.</param>
/// <param name="offsetSums">[NR]: what the offset of the left operand adds to a column, as 32-bit integers; for integers only.</param>
internal readonly unsafe struct GemmPanel(float* numbers, float* scales = null, float* offsetSums = null)
{
    /// <summary>[depth, NR]: as the microkernel reads them.</summary>
    public readonly float* Numbers = numbers;

    /// <summary>[NR]: what an integer of a column is worth; for integers only.</summary>
    public readonly float* Scales = scales;

    /// <summary>[NR]: what the offset of the left operand adds to a column, as 32-bit integers; for integers only.</summary>
    public readonly float* OffsetSums = offsetSums;
}

/// <summary>One tile of a product.</summary>
internal readonly unsafe ref struct GemmTile
{
    /// <summary>Steps of the microkernel.</summary>
    public required int Steps { get; init; }

    /// <summary>Rows of the tile.</summary>
    public required int Rows { get; init; }

    /// <summary>The tile's first sum.</summary>
    public required float* Sums { get; init; }

    /// <summary>Floats from one row of sums to the next.</summary>
    public required int Stride { get; init; }

    /// <summary>Whether the sums already hold the products of smaller k.</summary>
    public required bool Accumulate { get; init; }

    /// <summary>The tile's share of the next panel.</summary>
    public required LinesAhead Ahead { get; init; }
}

using System.Runtime.CompilerServices;
using PureClip.Memory;

namespace PureClip.Kernels;

/// <summary>Copies rows of the left-hand matrix A into the order in which the microkernel reads them.</summary>
internal static unsafe class PackA
{
    /// <summary>One tile: destination[k · rows + r] = a[row + r, k + first column] · scale.</summary>
    /// <param name="a">[M, K]</param>
    /// <param name="row">First row of the tile.</param>
    /// <param name="rows">Rows of the tile.</param>
    /// <param name="column">First column.</param>
    /// <param name="columns">Columns to copy.</param>
    /// <param name="destination">rows · columns floats.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Tile(MatrixView a, int row, int rows, int column, int columns, float* destination)
    {
        for (int r = 0; r < rows; r++)
        {
            float* from = a.Row(row + r) + column;
            float* to = destination + r;
            for (int k = 0; k < columns; k++, to += rows)
                *to = from[k];
        }
    }
}

using System.Runtime.CompilerServices;
using PureClip.Simd;

namespace PureClip.Search;

/// <summary>Inner products of every vector of one block with every vector of another.</summary>
internal static unsafe class BlockProduct
{
    /// <summary>Vectors of a block that are computed together: blocks have room for a multiple of it.</summary>
    public const int RowsAtATime = 4;

    private const int ColumnsAtATime = 2;

    /// <summary>products[i, j] = a[i] · b[j].</summary>
    /// <param name="a">The rows of the result.</param>
    /// <param name="b">The columns of the result.</param>
    /// <param name="products">[a's rows rounded up to a multiple of 4, stride]</param>
    /// <param name="stride">Floats from one row of the result to the next: at least b's rows, rounded up to an even number.</param>
    public static void Run<V>(VectorBlock a, VectorBlock b, float* products, int stride)
        where V : unmanaged, ISimd<V>
    {
        for (int i = 0; i < a.Count; i += RowsAtATime)
            for (int j = 0; j < b.Count; j += ColumnsAtATime)
                Tile<V>(a.Pointer + (long)i * a.Stride, b.Pointer + (long)j * b.Stride, a.Stride, products + (long)i * stride + j, stride);
    }

    // 8 sums, 2 columns and a row are 11 registers of 16; a vector is loaded for every 1.3 multiply-adds.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile<V>(float* a, float* b, int width, float* products, int stride)
        where V : unmanaged, ISimd<V>
    {
        float* a1 = a + width, a2 = a1 + width, a3 = a2 + width, b1 = b + width;
        V s00 = V.Zero, s01 = V.Zero, s10 = V.Zero, s11 = V.Zero, s20 = V.Zero, s21 = V.Zero, s30 = V.Zero, s31 = V.Zero;
        for (int k = 0; k < width; k += V.Count)
        {
            V left = V.Load(b + k), right = V.Load(b1 + k);
            V row = V.Load(a + k);
            V.MultiplyAdd(ref s00, row, left);
            V.MultiplyAdd(ref s01, row, right);
            row = V.Load(a1 + k);
            V.MultiplyAdd(ref s10, row, left);
            V.MultiplyAdd(ref s11, row, right);
            row = V.Load(a2 + k);
            V.MultiplyAdd(ref s20, row, left);
            V.MultiplyAdd(ref s21, row, right);
            row = V.Load(a3 + k);
            V.MultiplyAdd(ref s30, row, left);
            V.MultiplyAdd(ref s31, row, right);
        }
        Store(products, s00, s01);
        Store(products + stride, s10, s11);
        Store(products + 2 * stride, s20, s21);
        Store(products + 3 * stride, s30, s31);
    }

    private static void Store<V>(float* products, V left, V right)
        where V : unmanaged, ISimd<V> =>
        (products[0], products[1]) = (V.Sum(left), V.Sum(right));
}

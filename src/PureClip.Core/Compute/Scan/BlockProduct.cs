using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using PureClip.Memory;
using PureClip.Simd;

namespace PureClip.Scan;

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

/// <summary>A few vectors of floats, ready for <see cref="BlockProduct"/>: rows start on cache lines and end in zeros.</summary>
internal sealed unsafe class VectorBlock : IDisposable
{
    /// <summary>Vectors in a full block: 256 KiB of them at width 512, half of a usual second-level cache.</summary>
    public const int Rows = 128;

    private readonly AlignedBuffer _numbers;
    private readonly int _width;

    /// <param name="rows">Room for so many vectors.</param>
    /// <param name="width">Numbers of a vector.</param>
    public VectorBlock(int rows, int width)
    {
        _width = width;
        Stride = (width + LineFloats - 1) / LineFloats * LineFloats;
        _numbers = new((long)(rows + BlockProduct.RowsAtATime - 1) / BlockProduct.RowsAtATime * BlockProduct.RowsAtATime * Stride);
    }

    /// <summary>First number.</summary>
    public float* Pointer => _numbers.Pointer;

    /// <summary>Floats from one vector to the next.</summary>
    public int Stride { get; }

    /// <summary>Vectors that are there.</summary>
    public int Count { get; set; }

    /// <summary>A vector.</summary>
    public Span<float> this[int row] => new(Pointer + (long)row * Stride, _width);

    /// <summary>Reads the vectors of a block of a list.</summary>
    /// <param name="list">The list.</param>
    /// <param name="block">Which block of it.</param>
    public void Read(RowList list, int block)
    {
        int first = block * Rows;
        Count = Math.Min(Rows, list.Count - first);
        for (int i = 0; i < Count; i++)
            list.Read(first + i, this[i]);
    }

    /// <summary>Blocks that a number of vectors fills.</summary>
    public static int Blocks(int count) => (count + Rows - 1) / Rows;

    /// <inheritdoc/>
    public void Dispose() => _numbers.Dispose();

    private const int LineFloats = Prefetch.LineBytes / sizeof(float);
}

/// <summary>Chosen rows of a matrix, as vectors of length 1.</summary>
/// <param name="matrix">The matrix.</param>
/// <param name="rows">Which rows; null for all of them.</param>
internal readonly struct RowList(VectorRows matrix, int[]? rows = null)
{
    /// <summary>How many.</summary>
    public int Count => rows?.Length ?? checked((int)matrix.Count);

    /// <summary>Numbers of a vector.</summary>
    public int Width => matrix.Width;

    /// <summary>Reads a vector and gives it length 1; one of zeros stays that.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1.</param>
    /// <param name="destination">[<see cref="Width"/>]</param>
    public void Read(int index, Span<float> destination)
    {
        VectorRow.Read(matrix.Type, matrix[rows is null ? index : rows[index]], destination);
        Normalize(destination);
    }

    /// <summary>x / ‖x‖; zeros stay zeros.</summary>
    public static void Normalize(Span<float> vector)
    {
        float norm = TensorPrimitives.Norm<float>(vector);
        if (norm > 0f)
            TensorPrimitives.Divide(vector, norm, vector);
    }
}

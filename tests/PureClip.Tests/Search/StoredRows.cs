using PureClip.Memory;
using PureClip.Scan;

namespace PureClip.Tests.Search;

/// <summary>Vectors stored as rows in memory of their own.</summary>
internal sealed unsafe class StoredRows : IDisposable
{
    private readonly AlignedBuffer _bytes;

    public StoredRows(VectorType type, int width, params float[][] vectors)
    {
        int rowBytes = VectorRow.Bytes(type, width);
        _bytes = new AlignedBuffer(((long)vectors.Length * rowBytes + 3) / 4);
        byte* first = (byte*)_bytes.Pointer;
        for (int i = 0; i < vectors.Length; i++)
            VectorRow.Write(type, vectors[i], new(first + i * rowBytes, rowBytes));
        Rows = new(first, vectors.Length, width, type);
    }

    public VectorRows Rows { get; }

    /// <summary>The rows as a matrix that owns them, with vectors of one width and some threads.</summary>
    public VectorMatrix ToMatrix(string tier, int threads) =>
        new(Rows, this, new Runtime(threads, Enum.Parse<VectorWidth>(tier, ignoreCase: true)));

    /// <summary>A row as it was stored.</summary>
    public float[] this[int row]
    {
        get
        {
            float[] vector = new float[Rows.Width];
            VectorRow.Read(Rows.Type, Rows[row], vector);
            return vector;
        }
    }

    /// <summary>Vectors of length 1 in random directions.</summary>
    public static float[][] RandomUnits(int count, int width, int seed) =>
        [.. Enumerable.Range(0, count).Select(i => Unit(Matrices.Random(width, seed * 10_000 + i)))];

    public static float[] Unit(float[] vector)
    {
        double norm = Math.Sqrt(vector.Sum(x => (double)x * x));
        return [.. vector.Select(x => norm == 0 ? 0f : (float)(x / norm))];
    }

    public static double Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
            sum += (double)a[i] * b[i];
        return sum;
    }

    public void Dispose() => _bytes.Dispose();
}

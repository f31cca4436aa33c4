using PureClip.Search;

namespace PureClip.Tests.Search;

/// <summary>Vectors stored as rows in memory of their own.</summary>
internal sealed unsafe class StoredRows : IDisposable
{
    private readonly PureClip.Memory.AlignedBuffer _bytes;

    public StoredRows(VectorType type, int width, params float[][] vectors)
    {
        int rowBytes = VectorRow.Bytes(type, width);
        _bytes = new PureClip.Memory.AlignedBuffer(((long)vectors.Length * rowBytes + 3) / 4);
        byte* first = (byte*)_bytes.Pointer;
        for (int i = 0; i < vectors.Length; i++)
            VectorRow.Write(type, vectors[i], new(first + i * rowBytes, rowBytes));
        Matrix = new(first, vectors.Length, width, type);
    }

    public VectorMatrix Matrix { get; }

    /// <summary>A row as it was stored.</summary>
    public float[] this[int row]
    {
        get
        {
            float[] vector = new float[Matrix.Width];
            VectorRow.Read(Matrix.Type, Matrix[row], vector);
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

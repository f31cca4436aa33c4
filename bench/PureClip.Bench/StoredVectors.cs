using PureClip.Memory;
using PureClip.Scan;

namespace PureClip.Bench;

/// <summary>Rows of unit vectors in memory of their own, as an index has them.</summary>
internal sealed unsafe class StoredVectors : IDisposable
{
    private readonly AlignedBuffer _bytes;

    /// <param name="type">How they are stored.</param>
    /// <param name="count">Rows.</param>
    /// <param name="width">Numbers of a row.</param>
    /// <param name="write">Writes the vector of a row; called on several threads.</param>
    public StoredVectors(VectorType type, int count, int width, Action<int, float[]> write)
    {
        int rowBytes = VectorRow.Bytes(type, width);
        _bytes = new(((long)count * rowBytes + sizeof(float) - 1) / sizeof(float));
        byte* first = (byte*)_bytes.Pointer;
        Parallel.For(0, count, () => new float[width], (row, _, vector) =>
        {
            write(row, vector);
            VectorRow.Write(type, vector, new Span<byte>(first + (long)row * rowBytes, rowBytes));
            return vector;
        }, _ => { });
        Rows = new(first, count, width, type);
    }

    /// <summary>The rows.</summary>
    public VectorRows Rows { get; }

    /// <summary>Their bytes.</summary>
    public long Bytes => Rows.Count * Rows.RowBytes;

    /// <summary>Rows of random direction.</summary>
    public static StoredVectors Random(VectorType type, int count, int width) =>
        new(type, count, width, (row, vector) => RandomUnit(row, vector));

    /// <summary>A vector of random direction, always the same for a seed.</summary>
    public static void RandomUnit(int seed, Span<float> vector)
    {
        Random random = new(seed);
        double squares = 0;
        for (int i = 0; i < vector.Length; i++)
        {
            // The sum of four uniform numbers is close enough to a normal one for the direction to favour no axis.
            vector[i] = random.NextSingle() + random.NextSingle() + random.NextSingle() + random.NextSingle() - 2f;
            squares += vector[i] * vector[i];
        }
        float scale = (float)(1 / Math.Sqrt(squares));
        for (int i = 0; i < vector.Length; i++)
            vector[i] *= scale;
    }

    /// <inheritdoc/>
    public void Dispose() => _bytes.Dispose();
}

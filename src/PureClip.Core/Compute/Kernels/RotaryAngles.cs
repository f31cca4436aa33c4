using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using PureClip.Memory;
using PureClip.Threading;

namespace PureClip.Kernels;

/// <summary>
/// Rotary positions of a grid of patches: cosines and sines by which pairs of neighbouring numbers of a head are turned. The first half of a
/// head's numbers tells one coordinate of a patch, the second the other.
/// </summary>
/// <remarks>
/// Angles as timm's build_fourier_pos_embed has them, in double precision; the turning is one product and one more for each number, rounded
/// by itself, so that every vector gives the same bits.
/// </remarks>
internal sealed unsafe class RotaryAngles
{
    private const double Base = 10_000;

    private readonly int _heads, _headWidth, _places;
    private readonly float[] _cosines, _sines;

    /// <param name="grid">Patches along a side.</param>
    /// <param name="heads">Heads.</param>
    /// <param name="headWidth">Numbers of a head, a multiple of 4.</param>
    /// <param name="columnsFirst">Whether the first half tells the column.</param>
    /// <param name="firstPlace">The place of the first patch of a side.</param>
    /// <param name="trainedGrid">The grid to which places are scaled.</param>
    public RotaryAngles(int grid, int heads, int headWidth, bool columnsFirst, int firstPlace, int trainedGrid)
    {
        (_heads, _headWidth, _places) = (heads, headWidth, grid * grid);
        _cosines = new float[_places * headWidth];
        _sines = new float[_cosines.Length];
        int bands = headWidth / 4;
        for (int i = 0; i < _cosines.Length; i += 2)
        {
            int place = i / headWidth, number = i % headWidth;
            bool isRow = number < headWidth / 2 != columnsFirst;
            int coordinate = firstPlace + (isRow ? place / grid : place % grid);
            double angle = (double)coordinate / grid * trainedGrid * Math.Pow(Base, -(double)(number / 2 % bands) / bands);
            _cosines[i] = _cosines[i + 1] = (float)Math.Cos(angle);
            _sines[i + 1] = (float)Math.Sin(angle);
            _sines[i] = -_sines[i + 1];
        }
    }

    /// <summary>Numbers of a head.</summary>
    public int HeadWidth => _headWidth;

    /// <summary>[places, head width]: each number's own factor.</summary>
    public ReadOnlySpan<float> Cosines => _cosines;

    /// <summary>[places, head width]: the factor of its neighbour.</summary>
    public ReadOnlySpan<float> Sines => _sines;

    /// <summary>x[2j] ← x[2j]·cos − x[2j + 1]·sin; x[2j + 1] ← x[2j + 1]·cos + x[2j]·sin</summary>
    /// <param name="x">[rows, heads · head width], overwritten.</param>
    /// <param name="starts">[sequences + 1]: each has a row for every place, behind others that are not turned.</param>
    /// <param name="pool">Who computes.</param>
    public void Rotate(MatrixView x, ReadOnlySpan<int> starts, WorkerPool pool)
    {
        fixed (int* first = starts)
        {
            Body body = new() { Angles = this, X = x, Starts = first };
            pool.Run(starts.Length - 1, ref body);
        }
    }

    private struct Body : IParallelBody
    {
        public RotaryAngles Angles;
        public MatrixView X;
        public int* Starts;

        public readonly void Invoke(int index, int worker)
        {
            int end = Starts[index + 1], first = end - Angles._places;
            for (int row = first; row < end; row++)
                for (int head = 0; head < Angles._heads; head++)
                    Turn(
                        X.RowSpan(row).Slice(head * Angles._headWidth, Angles._headWidth),
                        Angles._cosines.AsSpan((row - first) * Angles._headWidth, Angles._headWidth),
                        Angles._sines.AsSpan((row - first) * Angles._headWidth, Angles._headWidth));
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Turn(Span<float> x, ReadOnlySpan<float> cosines, ReadOnlySpan<float> sines)
        {
            for (int i = 0; i < x.Length; i += Vector128<float>.Count)
            {
                Vector128<float> own = Vector128.Create<float>(x[i..]), neighbour = Vector128.Shuffle(own, Vector128.Create(1, 0, 3, 2));
                (own * Vector128.Create(cosines[i..]) + neighbour * Vector128.Create(sines[i..])).CopyTo(x[i..]);
            }
        }
    }
}

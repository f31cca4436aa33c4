using PureClip.Kernels;
using PureClip.Memory;
using PureClip.Simd;
using PureClip.Tests.Reference;
using PureClip.Threading;

namespace PureClip.Tests.Kernels;

public unsafe class AttentionTests
{
    private static readonly (int Tokens, int Heads, int HeadWidth)[] Sizes =
        [(1, 1, 1), (2, 3, 5), (5, 2, 8), (6, 1, 16), (7, 2, 31), (13, 3, 33), (17, 2, 64), (33, 1, 80), (50, 2, 64), (77, 1, 64),
            (257, 1, 24)];

    public static IEnumerable<object[]> Cases =>
        Tiers.With(Sizes.SelectMany(s => new[] { false, true }, (s, causal) => new object[] { s.Tokens, s.Heads, s.HeadWidth, causal }));

    public static TheoryData<string> AllTiers => Tiers.All;

    [Theory, MemberData(nameof(Cases))]
    public void Output_equals_the_double_precision_loop(string tier, int tokens, int heads, int headWidth, bool causal) =>
        Tiers.Run(tier, (Action<int, int, int, bool>)Check<F32x1>, tokens, heads, headWidth, causal);

    [Theory, MemberData(nameof(AllTiers))]
    public void Sequences_do_not_see_one_another(string tier) => Tiers.Run(tier, (Action)CheckSequences<F32x1>);

    [Theory, MemberData(nameof(AllTiers))]
    public void One_query_a_sequence_gives_the_bits_of_the_full_run(string tier) => Tiers.Run(tier, (Action)CheckPooled<F32x1>);

    private static void Check<V>(int tokens, int heads, int headWidth, bool causal)
        where V : unmanaged, ISimd<V>
    {
        int width = heads * headWidth;
        float[] q = Matrices.Random(tokens * width, 1, 2f), k = Matrices.Random(tokens * width, 2, 2f),
            v = Matrices.Random(tokens * width, 3);
        double[] expected = ReferenceKernels.Attention(q, k, v, tokens, heads, headWidth, causal);
        foreach (int threads in (int[])[1, 2])
            TensorAssert.Equal(expected, Run<V>(q, k, v, [0, tokens], heads, causal, threads),
                Tolerance.Absolute(2e-6, "as stated in Attention's comment, with |v| ≤ 1"));
    }

    private static void CheckSequences<V>()
        where V : unmanaged, ISimd<V>
    {
        const int width = 12;
        int[] starts = [0, 3, 4, 11];
        float[] q = Matrices.Random(11 * width, 1), k = Matrices.Random(11 * width, 2), v = Matrices.Random(11 * width, 3);
        float[] together = Run<V>(q, k, v, starts, 2, causal: true, threads: 2);
        for (int s = 0; s < 3; s++)
        {
            Range rows = (starts[s] * width)..(starts[s + 1] * width);
            TensorAssert.SameBits(Run<V>(q[rows], k[rows], v[rows], [0, starts[s + 1] - starts[s]], 2, causal: true, threads: 1),
                together[rows], $"sequence {s}");
        }
    }

    private static void CheckPooled<V>()
        where V : unmanaged, ISimd<V>
    {
        const int width = 40, heads = 2;
        int[] starts = [0, 5, 14];
        float[] q = Matrices.Random(14 * width, 1), k = Matrices.Random(14 * width, 2), v = Matrices.Random(14 * width, 3);
        float[] full = Run<V>(q, k, v, starts, heads, causal: true, threads: 1);
        using Arena arena = Matrices.Allocate(out MatrixView[] m, (2, width), (14, width), (14, width), (2, width),
            (1, (int)Attention.ScratchFloats<V>(9, width / heads)));
        q.AsSpan(4 * width, width).CopyTo(m[0].RowSpan(0));
        q.AsSpan(13 * width, width).CopyTo(m[0].RowSpan(1));
        Matrices.Fill(m[1], k);
        Matrices.Fill(m[2], v);
        Attention.Run<V>(m[0], m[1], m[2], starts, heads, causal: false, onePerSequence: true, m[3], default, m[4], WorkerPool.Serial);
        TensorAssert.SameBits(full.AsSpan(4 * width, width), m[3].RowSpan(0));
        TensorAssert.SameBits(full.AsSpan(13 * width, width), m[3].RowSpan(1));
    }

    private static float[] Run<V>(float[] q, float[] k, float[] v, int[] starts, int heads, bool causal, int threads)
        where V : unmanaged, ISimd<V>
    {
        int rows = starts[^1], width = q.Length / rows, longest = Enumerable.Range(1, starts.Length - 1)
            .Max(i => starts[i] - starts[i - 1]);
        using WorkerPool pool = new(threads);
        using Arena arena = Matrices.Allocate(out MatrixView[] m, (rows, width), (rows, width), (rows, width), (rows, width),
            (threads, (int)Attention.ScratchFloats<V>(longest, width / heads)));
        Matrices.Fill(m[0], q);
        Matrices.Fill(m[1], k);
        Matrices.Fill(m[2], v);
        Attention.Run<V>(m[0], m[1], m[2], starts, heads, causal, onePerSequence: false, m[3], default, m[4], pool);
        return Matrices.ToArray(m[3]);
    }
}

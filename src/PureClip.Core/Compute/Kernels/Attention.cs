using System.Runtime.CompilerServices;
using PureClip.Memory;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Kernels;

/// <summary>softmax(Q·Kᵀ / √d)·V for each head of each sequence; scores exist for one tile of queries at a time.</summary>
/// <remarks>Vaswani et al. 2017, 3.2.1. Both products run on the Gemm microkernel. Max error 2e-6 · max|v| for up to 577 tokens.</remarks>
internal static unsafe class Attention
{
    /// <summary>Attends within each sequence.</summary>
    /// <param name="queries">
    /// [query rows, width]: one row for every key row, or one row a sequence (see <paramref name="onePerSequence"/>).
    /// </param>
    /// <param name="keys">[rows, width]</param>
    /// <param name="values">[rows, width]</param>
    /// <param name="starts">[sequences + 1]: first row of each sequence, and the row after the last.</param>
    /// <param name="heads">Heads; the width is a multiple of it.</param>
    /// <param name="causal">Whether a query sees only the keys up to its own position.</param>
    /// <param name="onePerSequence">Whether each sequence has a single query, which sees all its keys.</param>
    /// <param name="output">[query rows, width]: heads beside one another, in order.</param>
    /// <param name="weights">
    /// [query rows · heads, longest sequence]: receives what each query gives each key, in the order of queries and then heads; default for
    /// nowhere.
    /// </param>
    /// <param name="scratch">[workers, <see cref="ScratchFloats{V}"/>]</param>
    /// <param name="pool">Who computes.</param>
    /// <param name="blindEnd">Whether the last token of each sequence, which then has two or more, does not see itself.</param>
    /// <param name="unseen">[rows]: keys that no query sees; empty for none. The first of each sequence is seen.</param>
    public static void Run<V>(
        MatrixView queries, MatrixView keys, MatrixView values, ReadOnlySpan<int> starts, int heads, bool causal, bool onePerSequence,
        MatrixView output, MatrixView weights, MatrixView scratch, WorkerPool pool, bool blindEnd = false,
        ReadOnlySpan<bool> unseen = default)
        where V : unmanaged, ISimd<V>
    {
        fixed (int* first = starts)
        fixed (bool* hidden = unseen)
        {
            Body<V> body = new()
            {
                Queries = queries,
                Keys = keys,
                Values = values,
                Output = output,
                Weights = weights,
                Scratch = scratch,
                Starts = first,
                Heads = heads,
                HeadWidth = keys.Columns / heads,
                Causal = causal,
                OnePerSequence = onePerSequence,
                BlindEnd = blindEnd,
                Unseen = hidden,
            };
            pool.Run((starts.Length - 1) * heads, ref body);
        }
    }

    /// <summary>Floats of scratch that one worker needs for sequences of up to <paramref name="tokens"/>.</summary>
    public static long ScratchFloats<V>(int tokens, int headWidth)
        where V : unmanaged, ISimd<V> =>
        new Layout<V>(tokens, headWidth).Total;

    private static int RoundUpToPanel<V>(int columns)
        where V : unmanaged, ISimd<V> =>
        (columns + GemmBlocking<V>.Nr - 1) / GemmBlocking<V>.Nr * GemmBlocking<V>.Nr;

    /// <summary>Where the pieces of one worker's scratch start.</summary>
    private readonly struct Layout<V>(int tokens, int headWidth)
        where V : unmanaged, ISimd<V>
    {
        public readonly int PaddedTokens = RoundUpToPanel<V>(tokens);
        public readonly int PaddedHead = RoundUpToPanel<V>(headWidth);

        public long PackedKeys => 0;                                            // [panels of keys][head width][NR]

        public long PackedValues => PackedKeys + (long)headWidth * PaddedTokens; // [panels of head width][tokens][NR]

        public long QueryTile => PackedValues + (long)tokens * PaddedHead;      // [head width][MR]

        public long Scores => QueryTile + (long)headWidth * GemmBlocking<V>.Mr; // [MR][padded tokens]

        public long WeightTile => Scores + (long)GemmBlocking<V>.Mr * PaddedTokens; // [tokens][MR]

        public long Mixed => WeightTile + (long)tokens * GemmBlocking<V>.Mr;    // [MR][padded head width]

        public long Total => Mixed + (long)GemmBlocking<V>.Mr * PaddedHead;
    }

    private struct Body<V> : IParallelBody
        where V : unmanaged, ISimd<V>
    {
        // Far below every score: its share of the denominator, e^-87, is less than what rounding loses.
        private const float Nothing = -1e30f;

        public MatrixView Queries, Keys, Values, Output, Weights, Scratch;
        public int* Starts;
        public bool* Unseen;
        public int Heads, HeadWidth;
        public bool Causal, OnePerSequence, BlindEnd;

        /// <summary>One head of one sequence.</summary>
        public readonly void Invoke(int index, int worker)
        {
            int sequence = index / Heads, column = index % Heads * HeadWidth;
            int firstKey = Starts[sequence], tokens = Starts[sequence + 1] - firstKey;
            Layout<V> at = new(tokens, HeadWidth);
            float* scratch = Scratch.Row(worker);
            PackKeys(firstKey, tokens, column, scratch + at.PackedKeys);
            PackValues(firstKey, tokens, column, scratch + at.PackedValues);

            int firstQuery = OnePerSequence ? sequence : firstKey;
            RowPartition tiles = OnePerSequence ? new(1, 1) : new(tokens, (tokens + GemmBlocking<V>.Mr - 1) / GemmBlocking<V>.Mr);
            int queries = OnePerSequence ? 1 : tokens;
            for (int tile = 0; tiles.Start(tile) < queries; tile++)
                AttendTile(
                    firstQuery, tiles.Start(tile), tiles.Length(tile), tokens, column, scratch, at,
                    Unseen == null ? null : Unseen + firstKey);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void AttendTile(
            int firstQuery, int position, int rows, int tokens, int column, float* scratch, Layout<V> at, bool* unseen)
        {
            bool causal = Causal && !OnePerSequence;
            int visible = causal ? position + rows : tokens; // keys that any row of the tile sees
            int nr = GemmBlocking<V>.Nr;
            float* queryTile = scratch + at.QueryTile;
            float* scores = scratch + at.Scores;
            float* weightTile = scratch + at.WeightTile;
            float* mixed = scratch + at.Mixed;

            // scores = (q / √d) · kᵀ
            PackQueries(firstQuery + position, rows, column, queryTile);
            for (int key = 0; key < visible; key += nr)
                Microkernel.Run<V>(
                    rows, HeadWidth, queryTile, scratch + at.PackedKeys + (long)key * HeadWidth, scores + key, at.PaddedTokens,
                    accumulate: false, LinesAhead.None(scratch));

            // weights = softmax(scores), keys that a row does not see weigh nothing
            if (unseen != null)
                Set(scores, at.PaddedTokens, rows, visible, unseen, Nothing);
            for (int r = 0; r < rows; r++)
                Weigh(scores + r * at.PaddedTokens, Seen(causal, position + r, tokens), visible);
            if (unseen != null)
                Set(scores, at.PaddedTokens, rows, visible, unseen, 0f);
            if (Weights.Data != null)
                KeepWeights(firstQuery + position, rows, visible, column / HeadWidth, scores, at.PaddedTokens);
            Transpose.Run(scores, at.PaddedTokens, rows, visible, weightTile, rows);

            // output = weights · v
            for (int c = 0; c < HeadWidth; c += nr)
                Microkernel.Run<V>(
                    rows, visible, weightTile, scratch + at.PackedValues + (long)c * tokens, mixed + c, at.PaddedHead,
                    accumulate: false, LinesAhead.None(scratch));
            for (int r = 0; r < rows; r++)
            {
                float* to = Output.Row(firstQuery + position + r) + column;
                new ReadOnlySpan<float>(mixed + r * at.PaddedHead, HeadWidth).CopyTo(new Span<float>(to, HeadWidth));
            }
        }

        /// <summary>Sets what a tile has of keys that nobody sees.</summary>
        private static void Set(float* scores, int stride, int rows, int visible, bool* unseen, float value)
        {
            for (int key = 0; key < visible; key++)
                for (int r = 0; r < rows && unseen[key]; r++)
                    scores[(long)r * stride + key] = value;
        }

        /// <summary>Keys, from the first one on, that a row sees.</summary>
        private readonly int Seen(bool causal, int position, int tokens)
        {
            bool isLast = OnePerSequence || position == tokens - 1;
            return (causal ? position + 1 : tokens) - (BlindEnd && isLast ? 1 : 0);
        }

        /// <summary>For whoever wants to see them: keys that no row of the tile sees weigh nothing.</summary>
        private readonly void KeepWeights(int query, int rows, int visible, int head, float* scores, int stride)
        {
            for (int r = 0; r < rows; r++)
            {
                Span<float> kept = Weights.RowSpan((query + r) * Heads + head);
                new ReadOnlySpan<float>(scores + (long)r * stride, visible).CopyTo(kept);
                kept[visible..].Clear();
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void PackQueries(int row, int rows, int column, float* tile)
        {
            float scale = 1f / MathF.Sqrt(HeadWidth);
            Transpose.Run(Queries.Row(row) + column, Queries.Stride, rows, HeadWidth, tile, rows);
            for (int i = 0; i < rows * HeadWidth; i++)
                tile[i] *= scale;
        }

        /// <summary>Panels of NR keys, transposed: the keys are the columns of Kᵀ. Missing keys of the last panel are zero.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void PackKeys(int firstKey, int tokens, int column, float* packed)
        {
            int nr = GemmBlocking<V>.Nr;
            for (int panel = 0; panel < tokens; panel += nr, packed += nr * HeadWidth)
            {
                int count = Math.Min(nr, tokens - panel);
                if (count < nr)
                    new Span<float>(packed, nr * HeadWidth).Clear();
                Transpose.Run(Keys.Row(firstKey + panel) + column, Keys.Stride, count, HeadWidth, packed, nr);
            }
        }

        /// <summary>Panels of NR columns of V, row by row. Missing columns of the last panel are zero.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void PackValues(int firstKey, int tokens, int column, float* packed)
        {
            int nr = GemmBlocking<V>.Nr;
            for (int panel = 0; panel < HeadWidth; panel += nr)
            {
                int count = Math.Min(nr, HeadWidth - panel);
                for (int key = 0; key < tokens; key++, packed += nr)
                {
                    new ReadOnlySpan<float>(Values.Row(firstKey + key) + column + panel, count).CopyTo(new Span<float>(packed, count));
                    new Span<float>(packed + count, nr - count).Clear();
                }
            }
        }

        /// <summary>Softmax of the first scores of a row; the others become zero.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Weigh(float* scores, int seen, int visible)
        {
            float inverse = 1f / Softmax.Numerators<V>(scores, seen);
            int key = 0;
            for (; key <= seen - V.Count; key += V.Count)
                V.Store(V.Load(scores + key) * V.Broadcast(inverse), scores + key);
            for (; key < seen; key++)
                scores[key] *= inverse;
            new Span<float>(scores + seen, visible - seen).Clear();
        }
    }
}

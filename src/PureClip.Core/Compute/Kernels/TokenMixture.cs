using System.Numerics.Tensors;
using PureClip.Memory;
using PureClip.Threading;

namespace PureClip.Kernels;

/// <summary>Attention of a few rows whose keys and values are the tokens themselves, all of their width.</summary>
internal static class TokenMixture
{
    /// <summary>Each row = softmax(scale · row · tokensᵀ) · tokens, of its sequence.</summary>
    /// <param name="asking">[sequences · heads, width], overwritten.</param>
    /// <param name="tokens">[sequences · tokens, width]</param>
    /// <param name="heads">Rows of a sequence that ask.</param>
    /// <param name="scale">What scores are multiplied by.</param>
    /// <param name="pool">Who computes.</param>
    public static void Run(MatrixView asking, MatrixView tokens, int heads, float scale, WorkerPool pool)
    {
        Body body = new() { Asking = asking, Tokens = tokens, Heads = heads, Scale = scale };
        pool.Run(asking.Rows, ref body);
    }

    private struct Body : IParallelBody
    {
        public MatrixView Asking, Tokens;
        public int Heads;
        public float Scale;

        public readonly void Invoke(int index, int worker)
        {
            int count = Tokens.Rows / (Asking.Rows / Heads), first = index / Heads * count;
            Span<float> row = Asking.RowSpan(index), weights = stackalloc float[count];
            for (int i = 0; i < count; i++)
                weights[i] = Scale * TensorPrimitives.Dot<float>(row, Tokens.RowSpan(first + i));
            float largest = TensorPrimitives.Max<float>(weights), sum = 0;
            foreach (ref float weight in weights)
                sum += weight = MathF.Exp(weight - largest);
            row.Clear();
            for (int i = 0; i < count; i++)
                TensorPrimitives.MultiplyAdd(Tokens.RowSpan(first + i), weights[i] / sum, row, row);
        }
    }
}

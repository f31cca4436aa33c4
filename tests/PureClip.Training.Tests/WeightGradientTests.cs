using PureClip.Threading;
using PureClip.Training.Tests.Support;

namespace PureClip.Training.Tests;

/// <summary>dW += dYᵀ·X: right against plain loops in double, and the same bits however the work is cut.</summary>
public class WeightGradientTests
{
    [Theory]
    [MemberData(nameof(Shapes))]
    public void AddsTheProductOverRows(string tier, int rows, int outputs, int inputs)
    {
        float[] dy = Numbers.Random(rows * outputs, 1), x = Numbers.Random(rows * inputs, 2), start = Numbers.Random(outputs * inputs, 3);
        double[] expected = Array.ConvertAll(start, static w => (double)w);
        for (int row = 0; row < rows; row++)
            for (int o = 0; o < outputs; o++)
                for (int i = 0; i < inputs; i++)
                    expected[o * inputs + i] += (double)dy[row * outputs + o] * x[row * inputs + i];

        NearAssert.Equal(expected, Run(tier, dy, x, start, outputs, inputs, rows, threads: 1), 2e-6, $"{rows} rows, {outputs} x {inputs}");
    }

    [Fact]
    public void BitsDependOnNeitherThreadsNorMicroBatchesNorWidth()
    {
        const int Rows = 600, Outputs = 70, Inputs = 45;
        float[] dy = Numbers.Random(Rows * Outputs, 1), x = Numbers.Random(Rows * Inputs, 2), start = Numbers.Random(Outputs * Inputs, 3);
        float[] expected = Run("avx2", dy, x, start, Outputs, Inputs, Rows, threads: 1);
        foreach (int threads in (int[])[2, 3, 5, 8])
            NearAssert.SameBits(expected, Run("avx2", dy, x, start, Outputs, Inputs, Rows, threads), $"{threads} threads");
        foreach (int microBatch in (int[])[1, 7, 16, 300])
            NearAssert.SameBits(
                expected, Run("avx2", dy, x, start, Outputs, Inputs, microBatch, threads: 2), $"micro-batches of {microBatch}");
        if (System.Runtime.Intrinsics.X86.Fma.IsSupported)
            NearAssert.SameBits(expected, Run("avx512", dy, x, start, Outputs, Inputs, Rows, threads: 1), "512 bits");
    }

    public static IEnumerable<object[]> Shapes =>
        from tier in Tiers.Names
        from shape in (int[][])[[1, 1, 1], [3, 5, 7], [257, 13, 33], [64, 96, 64], [520, 30, 50]]
        select (object[])[tier, shape[0], shape[1], shape[2]];

    private static float[] Run(string tier, float[] dy, float[] x, float[] start, int outputs, int inputs, int rowsOfACall, int threads)
    {
        using WorkerPool pool = new(threads);
        using TrainingCompute compute = Numbers.Machine(tier, pool);
        using TrainingMatrix dw = Numbers.Matrix(outputs, inputs, start);
        int rows = x.Length / inputs;
        for (int first = 0; first < rows; first += rowsOfACall)
        {
            int count = Math.Min(rowsOfACall, rows - first);
            using TrainingMatrix dyPart = Numbers.Matrix(count, outputs, dy.AsSpan(first * outputs, count * outputs));
            using TrainingMatrix xPart = Numbers.Matrix(count, inputs, x.AsSpan(first * inputs, count * inputs));
            compute.AddTransposedProduct(dyPart.View, xPart.View, dw.View);
        }
        return Numbers.ToArray(dw.View);
    }
}

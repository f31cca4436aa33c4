using System.Numerics.Tensors;
using PureClip.Kernels;
using PureClip.Memory;

namespace PureClip.Training;

/// <summary>The settings of <see cref="Muon"/>.</summary>
/// <param name="Momentum">What the sum of gradients keeps a step.</param>
/// <param name="Decay">Share of a number that decays in a step, times the rate.</param>
internal sealed record MuonOptions(double Momentum = 0.95, double Decay = 0.1);

/// <summary>
/// Momentum whose step is turned into the nearest matrix with equal singular values, so that all directions of a matrix learn at the same
/// pace: M ← μ·M + G; U = G + μ·M; W ← W·(1 − lr·wd) − lr·√max(1, rows/columns)·orthogonal(U).
/// </summary>
/// <remarks>
/// Jordan et al. 2024. Five steps of X ← a·X + (b·Y + c·Y²)·X with Y = X·Xᵀ bring singular values to about 0.7 to 1.2, which is enough.
/// Matrices that are stacked in one tensor (query, key, value) are turned apart.
/// </remarks>
internal sealed unsafe class Muon(LearnedList list, TrainingCompute compute, MuonOptions options) : IDisposable
{
    private const int Iterations = 5;
    private const double A = 3.4445, B = -4.7750, C = 2.0315, NormEps = 1e-7;

    private readonly Dictionary<(int Rows, int Columns), NewtonSchulz> _shapes = [];

    /// <summary>Steps every tensor whose rule says so.</summary>
    /// <param name="numbers">W</param>
    /// <param name="gradients">G</param>
    /// <param name="momentum">M</param>
    /// <param name="rate">lr</param>
    public void Step(NumberSet numbers, NumberSet gradients, NumberSet momentum, double rate)
    {
        foreach (Learned learned in list.All)
        {
            int parts = learned.Rule.Parts;
            if (parts == 0)
                continue;
            int rows = learned.Rows / parts, columns = learned.Columns, count = rows * columns;
            for (int part = 0; part < parts; part++)
                Step(
                    numbers[learned].Slice(part * count, count), gradients[learned].Slice(part * count, count),
                    momentum[learned].Slice(part * count, count),
                    rows, columns, rate, learned.Rule.Decays);
        }
    }

    /// <summary>The nearest matrix with singular values near 1.</summary>
    /// <param name="matrix">[rows, columns], overwritten.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    public void Orthogonalize(Span<float> matrix, int rows, int columns)
    {
        // The smaller side is the side of Y: turned around, a tall matrix costs less and comes to the same.
        (int few, int many) = rows <= columns ? (rows, columns) : (columns, rows);
        if (!_shapes.TryGetValue((few, many), out NewtonSchulz? shape))
            _shapes.Add((few, many), shape = new(few, many, compute));
        shape.Run(matrix, isTurned: rows > columns);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (NewtonSchulz shape in _shapes.Values)
            shape.Dispose();
    }

    private void Step(Span<float> w, ReadOnlySpan<float> g, Span<float> m, int rows, int columns, double rate, bool decays)
    {
        float momentum = (float)options.Momentum;
        float[] u = new float[w.Length];
        TensorPrimitives.MultiplyAdd(m, momentum, g, m);
        TensorPrimitives.MultiplyAdd(m, momentum, g, u);
        Orthogonalize(u, rows, columns);
        float keep = decays ? (float)(1 - rate * options.Decay) : 1f,
            size = (float)(rate * Math.Sqrt(Math.Max(1.0, (double)rows / columns)));
        TensorPrimitives.Multiply(w, keep, w);
        TensorPrimitives.MultiplyAdd(u, -size, w, w);
    }

    /// <summary>The iteration for matrices of one shape.</summary>
    private sealed class NewtonSchulz : IDisposable
    {
        private readonly TrainingCompute _compute;
        private readonly int _rows, _columns;
        private readonly float[] _x, _y;
        private readonly TrainingMatrix _left = new(), _square = new(), _product = new();
        private readonly PackedMatrix _transposed, _plain, _squared;

        public NewtonSchulz(int rows, int columns, TrainingCompute compute)
        {
            (_rows, _columns, _compute) = (rows, columns, compute);
            _x = new float[rows * columns];
            _y = new float[rows * rows];
            _transposed = new(columns, rows, 1, compute.Layout);
            _plain = new(rows, columns, 1, compute.Layout);
            _squared = new(rows, rows, 1, compute.Layout);
        }

        public void Run(Span<float> matrix, bool isTurned)
        {
            double norm = Math.Sqrt(UnitRows.Dot(matrix, matrix));
            float inverse = (float)(1 / (norm + NormEps));
            Turn(matrix, _x, isTurned ? _columns : _rows, isTurned);
            TensorPrimitives.Multiply(_x, inverse, _x);

            MatrixView x = _left.Shape(_rows, _columns), y = _square.Shape(_rows, _rows),
                product = _product.Shape(_rows, Math.Max(_rows, _columns));
            MatrixView squared = product.ColumnRange(0, _rows), moved = product.ColumnRange(0, _columns);
            for (int iteration = 0; iteration < Iterations; iteration++)
            {
                for (int row = 0; row < _rows; row++)
                    _x.AsSpan(row * _columns, _columns).CopyTo(x.RowSpan(row));
                _transposed.SetWeights(0, _x, WeightOrder.OutputsByInputs);
                _plain.SetWeights(0, _x, WeightOrder.InputsByOutputs);
                _compute.Product(x, _transposed, y);                                            // Y = X·Xᵀ
                for (int row = 0; row < _rows; row++)
                    y.RowSpan(row).CopyTo(_y.AsSpan(row * _rows));
                _squared.SetWeights(0, _y, WeightOrder.InputsByOutputs);
                _compute.Product(y, _squared, squared);                                         // Y²
                for (int row = 0; row < _rows; row++)
                {
                    TensorPrimitives.Multiply(squared.RowSpan(row), (float)C, squared.RowSpan(row));
                    TensorPrimitives.MultiplyAdd(y.RowSpan(row), (float)B, squared.RowSpan(row), y.RowSpan(row));
                }
                _compute.Product(y, _plain, moved);                                             // (b·Y + c·Y²)·X
                for (int row = 0; row < _rows; row++)
                    TensorPrimitives.MultiplyAdd(
                        _x.AsSpan(row * _columns, _columns), (float)A, moved.RowSpan(row), _x.AsSpan(row * _columns, _columns));
            }
            Turn(_x, matrix, _rows, isTurned);
        }

        public void Dispose()
        {
            _left.Dispose();
            _square.Dispose();
            _product.Dispose();
            _transposed.Dispose();
            _plain.Dispose();
            _squared.Dispose();
        }

        /// <summary>Copies a matrix, turned where that is wanted.</summary>
        private static void Turn(ReadOnlySpan<float> from, Span<float> to, int rows, bool isTurned)
        {
            if (!isTurned)
            {
                from.CopyTo(to);
                return;
            }
            int columns = from.Length / rows;
            fixed (float* source = from, destination = to)
                Transpose.Run(source, columns, rows, columns, destination, rows);
        }
    }
}

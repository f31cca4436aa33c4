namespace PureClip.Training;

/// <summary>
/// Low-rank adapters: a frozen matrix W₀ learns only through W = W₀ + (α/r)·B·A with A [r, inputs] and B [outputs, r]. Few numbers are
/// learnt, so few pictures are enough and little is forgotten.
/// </summary>
/// <remarks>
/// Hu et al. 2021 (arXiv 2106.09685). The adapter is merged before each step, so that the towers run as they always do, and its gradients
/// are made of the matrix's: with D = dL/dW, dB = (α/r)·D·Aᵀ and dA = (α/r)·Bᵀ·D. A starts random and B at zero: the first step starts from
/// W₀.
/// </remarks>
internal sealed class LoraAdapters : IDisposable
{
    private readonly TrainedNumbers _model;
    private readonly List<(Learned Matrix, Learned A, Learned B)> _adapters = [];
    private readonly LearnedList _list = new();
    private readonly float[][] _frozen;

    /// <param name="model">What is adapted.</param>
    /// <param name="matrices">Names of its matrices that get an adapter.</param>
    /// <param name="rank">r</param>
    /// <param name="alpha">α</param>
    /// <param name="seed">Of A's initial numbers.</param>
    public LoraAdapters(TrainedNumbers model, IEnumerable<string> matrices, int rank, double alpha, ulong seed)
    {
        (_model, Scale) = (model, (float)(alpha / rank));
        foreach (string name in matrices)
        {
            Learned matrix = model.List[name];
            _adapters.Add((
                matrix, _list.Add($"{name}.lora_A", [rank, matrix.Columns], default),
                _list.Add($"{name}.lora_B", [matrix.Rows, rank], default)));
        }
        (Numbers, Gradients) = (new(_list), new(_list));
        _frozen = [.. _adapters.Select(adapter => model.Numbers[adapter.Matrix].ToArray())];
        for (int i = 0; i < _adapters.Count; i++)
        {
            Draws draws = new(seed, 0, (ulong)i, 3);
            double bound = 1 / Math.Sqrt(_adapters[i].Matrix.Columns);
            foreach (ref float number in Numbers[_adapters[i].A])
                number = (float)((2 * draws.Uniform() - 1) * bound);
        }
    }

    /// <summary>α/r</summary>
    public float Scale { get; }

    /// <summary>What is learnt.</summary>
    public LearnedList List => _list;

    /// <summary>A and B of each matrix.</summary>
    public NumberSet Numbers { get; }

    /// <summary>Their gradients.</summary>
    public NumberSet Gradients { get; }

    /// <summary>W = W₀ + (α/r)·B·A in the model, packed.</summary>
    public void Merge()
    {
        _model.Compute.Pool.For(_adapters.Count, i =>
        {
            (Learned matrix, Learned a, Learned b) = _adapters[i];
            Span<float> w = _model.Numbers[matrix];
            ReadOnlySpan<float> numbersA = Numbers[a], numbersB = Numbers[b];
            _frozen[i].CopyTo(w);
            int columns = matrix.Columns, rank = a.Rows;
            for (int row = 0; row < matrix.Rows; row++)
                for (int r = 0; r < rank; r++)
                    System.Numerics.Tensors.TensorPrimitives.MultiplyAdd(
                        numbersA.Slice(r * columns, columns), Scale * numbersB[row * rank + r], w.Slice(row * columns, columns),
                        w.Slice(row * columns, columns));
        });
        _model.Pack();
    }

    /// <summary>Makes the adapters' gradients of those of their matrices.</summary>
    public void TakeGradients() => _model.Compute.Pool.For(_adapters.Count, i =>
    {
        (Learned matrix, Learned a, Learned b) = _adapters[i];
        ReadOnlySpan<float> d = _model.Gradients[matrix], numbersA = Numbers[a], numbersB = Numbers[b];
        Span<float> dA = Gradients[a], dB = Gradients[b];
        dA.Clear();
        int columns = matrix.Columns, rank = a.Rows;
        for (int row = 0; row < matrix.Rows; row++)
        {
            ReadOnlySpan<float> gradient = d.Slice(row * columns, columns);
            for (int r = 0; r < rank; r++)
            {
                dB[row * rank + r] = Scale * (float)UnitRows.Dot(gradient, numbersA.Slice(r * columns, columns));
                System.Numerics.Tensors.TensorPrimitives.MultiplyAdd(
                    gradient, Scale * numbersB[row * rank + r], dA.Slice(r * columns, columns), dA.Slice(r * columns, columns));
            }
        }
    });

    /// <inheritdoc/>
    public void Dispose()
    {
        Numbers.Dispose();
        Gradients.Dispose();
    }
}

using System.Numerics.Tensors;
using PureClip.Kernels;
using PureClip.Memory;

namespace PureClip.Generation;

/// <summary>
/// A transformer that says from noise, time and what is to be drawn which picture is meant. Patches and the text's states are tokens of one
/// sequence; time, vector and kind modulate every block.
/// </summary>
/// <remarks>
/// Peebles and Xie 2023 (adaLN-zero), Li and He 2025 (the picture itself is predicted). e = silu(time + vector + kinds); x = [patches +
/// positions; states]; each block: x += g1 ⊙ attention(LN(x) ⊙ (1 + a1) + b1); x += g2 ⊙ mlp(LN(x) ⊙ (1 + a2) + b2); (a1, b1, g1, a2, b2, g2)
/// = modulation(e). Where it is normalized, queries and keys (Henry et al. 2020), time and vector have a root mean square of 1. Not thread-safe; a picture's bits depend neither on its company nor on threads.
/// </remarks>
internal sealed class GeneratorNetwork : IDisposable
{
    private const float Eps = 1e-6f;

    private readonly GeneratorConfig _c;
    private readonly Runtime _runtime;
    private readonly Dictionary<string, WeightMatrix> _matrices = new(StringComparer.Ordinal);
    private readonly float[] _position, _nullVector, _nullState, _kinds, _ones, _zeros;
    private Compute? _compute;
    private (int Pictures, int Rows) _planned;

    /// <param name="c">Sizes.</param>
    /// <param name="numbers">A tensor's numbers by its name.</param>
    /// <param name="runtime">Threads and vectors.</param>
    public GeneratorNetwork(GeneratorConfig c, Func<string, float[]> numbers, Runtime runtime)
    {
        (_c, _runtime) = (c, runtime);
        PanelLayout layout = PanelLayout.Of(runtime.Tier, WeightType.F32);
        foreach (GeneratorTensor tensor in c.Tensors.Where(static tensor => tensor.Shape.Length == 2 && tensor.Decays))
        {
            string name = tensor.Name[..tensor.Name.LastIndexOf('.')];
            (int outputs, int inputs) = ((int)tensor.Shape[0], (int)tensor.Shape[1]);
            PackedMatrix packed = new(inputs, outputs, 1, layout);
            packed.SetWeights(0, numbers(tensor.Name), WeightOrder.OutputsByInputs);
            packed.SetBias(0, numbers($"{name}.bias"));
            _matrices.Add(name, new(inputs, outputs, 1, hasBias: true) { Packed = packed });
        }
        (_position, _nullVector, _nullState) = (numbers("position"), numbers("null_vector"), numbers("null_state"));
        _kinds = c.Kinds > 0 ? numbers("kinds") : [];
        (_ones, _zeros) = (new float[c.Width], new float[c.Width]);
        Array.Fill(_ones, 1f);
    }

    /// <summary>Sizes.</summary>
    public GeneratorConfig Config => _c;

    /// <summary>The pictures that are meant.</summary>
    /// <param name="z">[pictures · numbers]: mixtures of picture and noise.</param>
    /// <param name="times">[pictures]: 0 is noise, 1 the picture.</param>
    /// <param name="things">[pictures]: what is drawn.</param>
    /// <param name="p">[pictures · numbers]: receives them.</param>
    public void Forward(ReadOnlySpan<float> z, ReadOnlySpan<float> times, DrawnThing[] things, Span<float> p)
    {
        int[] starts = new int[things.Length + 1];
        for (int i = 0; i < things.Length; i++)
            starts[i + 1] = starts[i] + _c.Patches + _c.StatesOf(things[i]);
        if (_compute is null || _planned.Pictures < things.Length || _planned.Rows < starts[^1])
        {
            CountingCompute counter = Compute.Counting(_runtime.Tier);
            Run(counter, z, times, things, starts, p);
            _compute?.Dispose();
            _compute = Compute.Of(_runtime.Tier, _runtime.Pool, counter.Need);
            _planned = (things.Length, starts[^1]);
        }
        Run(_compute, z, times, things, starts, p);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _compute?.Dispose();
        foreach (WeightMatrix matrix in _matrices.Values)
            matrix.Dispose();
    }

    private void Run(Compute m, ReadOnlySpan<float> z, ReadOnlySpan<float> times, DrawnThing[] things, int[] starts, Span<float> p)
    {
        long mark = m.Arena.Mark;
        int width = _c.Width, patches = _c.Patches, pictures = things.Length;
        MatrixView e = Condition(m, times, things);
        MatrixView x = m.Arena.Take(starts[^1], width);
        Embed(m, z, things, starts, x);
        for (int i = 0; i < _c.Layers; i++)
            Block(m, $"blocks.{i}", x, e, starts);

        // p = final(LN(x of patches) ⊙ (1 + a) + b)
        int[] ofPictures = [.. Enumerable.Range(0, pictures + 1).Select(i => i * patches)];
        MatrixView picked = m.Arena.Take(pictures * patches, width), modulation = m.Arena.Take(pictures, 2 * width),
            output = m.Arena.Take(pictures * patches, _c.PatchColumns);
        for (int i = 0; i < pictures; i++)
            m.Copy(x.Range(starts[i], patches), picked.Range(i * patches, patches));
        m.Product(e, _matrices["final.modulation"], modulation);
        m.LayerNorm(picked, _ones, _zeros, Eps, picked);
        Modulate(m, picked, modulation, 0, ofPictures);
        m.Product(picked, _matrices["final"], output);
        if (m.IsReal)
            _c.Fold(output, p);
        m.Arena.Release(mark);
    }

    /// <summary>e = silu(time + vector + kinds): [pictures, width]</summary>
    private MatrixView Condition(Compute m, ReadOnlySpan<float> times, DrawnThing[] things)
    {
        int width = _c.Width, pictures = things.Length;
        MatrixView e = m.Arena.Take(pictures, width);
        long mark = m.Arena.Mark;
        MatrixView features = m.Arena.Take(pictures, _c.Frequencies), vectors = m.Arena.Take(pictures, _c.VectorWidth),
            hidden = m.Arena.Take(pictures, width), ofVector = m.Arena.Take(pictures, width);
        for (int i = 0; i < pictures && m.IsReal; i++)
        {
            GeneratorConfig.TimeFeatures(times[i], features.RowSpan(i));
            (things[i].IsDropped ? _nullVector : things[i].Vector.Span).CopyTo(vectors.RowSpan(i));
        }
        m.Product(vectors, _matrices["vector.fc1"], hidden);
        Silu(m, hidden);
        m.Product(hidden, _matrices["vector.fc2"], ofVector);
        m.Product(features, _matrices["time.fc1"], hidden);
        Silu(m, hidden);
        m.Product(hidden, _matrices["time.fc2"], e);
        if (_c.IsNormalized)
        {
            Normalize(m, ofVector, width);
            Normalize(m, e, width);
        }
        m.Add(ofVector, e);
        for (int i = 0; i < pictures && m.IsReal; i++)
            foreach (int kind in things[i].SeenKinds)
                TensorPrimitives.Add(e.RowSpan(i), _kinds.AsSpan(kind * width, width), e.RowSpan(i));
        Silu(m, e);
        m.Arena.Release(mark);
        return e;
    }

    /// <summary>x = [patches + positions; states]</summary>
    private void Embed(Compute m, ReadOnlySpan<float> z, DrawnThing[] things, int[] starts, MatrixView x)
    {
        int width = _c.Width, patches = _c.Patches, pictures = things.Length, states = starts[^1] - pictures * patches;
        long mark = m.Arena.Mark;
        MatrixView cut = m.Arena.Take(pictures * patches, _c.PatchColumns), embedded = m.Arena.Take(pictures * patches, width);
        MatrixView rows = m.Arena.Take(states, _c.StateWidth), ofStates = m.Arena.Take(states, width);
        if (m.IsReal)
        {
            _c.Unfold(z, cut);
            for (int i = 0, row = 0; i < pictures; i++)
                for (int k = 0; k < _c.StatesOf(things[i]); k++, row++)
                {
                    ReadOnlySpan<float> state =
                        things[i].HasNullState ? _nullState : things[i].States.Span.Slice(k * _c.StateWidth, _c.StateWidth);
                    state.CopyTo(rows.RowSpan(row));
                }
        }
        m.Product(cut, _matrices["patch"], embedded);
        m.Product(rows, _matrices["states"], ofStates);
        for (int i = 0, state = 0; i < pictures && m.IsReal; i++)
            for (int row = starts[i], k = 0; row < starts[i + 1]; row++, k++)
                if (k < patches)
                    TensorPrimitives.Add(embedded.RowSpan(i * patches + k), _position.AsSpan(k * width, width), x.RowSpan(row));
                else
                    ofStates.RowSpan(state++).CopyTo(x.RowSpan(row));
        m.Arena.Release(mark);
    }

    private void Block(Compute m, string name, MatrixView x, MatrixView e, int[] starts)
    {
        int width = _c.Width, rows = x.Rows;
        long mark = m.Arena.Mark;
        MatrixView modulation = m.Arena.Take(e.Rows, 6 * width), y = m.Arena.Take(rows, width), branch = m.Arena.Take(rows, width);
        m.Product(e, _matrices[$"{name}.modulation"], modulation);
        long inner = m.Arena.Mark;

        m.LayerNorm(x, _ones, _zeros, Eps, y);
        Modulate(m, y, modulation, 0, starts);
        MatrixView qkv = m.Arena.Take(rows, 3 * width);
        m.Product(y, _matrices[$"{name}.attn.qkv"], qkv);
        if (_c.IsNormalized)
            Normalize(m, qkv.ColumnRange(0, 2 * width), width / _c.Heads);
        m.Attention(
            qkv.ColumnRange(0, width), qkv.ColumnRange(width, width), qkv.ColumnRange(2 * width, width), starts, _c.Heads, causal: false,
            onePerSequence: false, y);
        m.Product(y, _matrices[$"{name}.attn.out"], branch);
        AddGated(m, branch, modulation, 2 * width, starts, x);
        m.Arena.Release(inner);

        m.LayerNorm(x, _ones, _zeros, Eps, y);
        Modulate(m, y, modulation, 3 * width, starts);
        MatrixView hidden = m.Arena.Take(rows, 4 * width);
        m.Product(y, _matrices[$"{name}.mlp.fc1"], hidden, Act.QuickGelu);
        m.Product(hidden, _matrices[$"{name}.mlp.fc2"], branch);
        AddGated(m, branch, modulation, 5 * width, starts, x);
        m.Arena.Release(mark);
    }

    /// <summary>y = y ⊙ (1 + scale) + shift, one scale and one shift a sequence, which stand beside one another.</summary>
    private static void Modulate(Compute m, MatrixView y, MatrixView modulation, int column, int[] starts)
    {
        if (!m.IsReal)
            return;
        int width = y.Columns;
        for (int i = 0; i < starts.Length - 1; i++)
        {
            Span<float> scale = modulation.RowSpan(i).Slice(column, width);
            ReadOnlySpan<float> shift = modulation.RowSpan(i).Slice(column + width, width);
            TensorPrimitives.Add(scale, 1f, scale);
            for (int row = starts[i]; row < starts[i + 1]; row++)
                TensorPrimitives.MultiplyAdd(y.RowSpan(row), scale, shift, y.RowSpan(row));
        }
    }

    /// <summary>x = x + gate ⊙ branch, one gate a sequence.</summary>
    private static void AddGated(Compute m, MatrixView branch, MatrixView modulation, int column, int[] starts, MatrixView x)
    {
        if (!m.IsReal)
            return;
        for (int i = 0; i < starts.Length - 1; i++)
        {
            ReadOnlySpan<float> gate = modulation.RowSpan(i).Slice(column, x.Columns);
            for (int row = starts[i]; row < starts[i + 1]; row++)
                TensorPrimitives.MultiplyAdd(branch.RowSpan(row), gate, x.RowSpan(row), x.RowSpan(row));
        }
    }

    private static void Normalize(Compute m, MatrixView x, int part)
    {
        for (int i = 0; i < x.Rows && m.IsReal; i++)
            RmsNorm.Run(x.RowSpan(i), part);
    }

    private static void Silu(Compute m, MatrixView x)
    {
        for (int i = 0; i < x.Rows && m.IsReal; i++)
            foreach (ref float number in x.RowSpan(i))
                number *= (float)(1 / (1 + Math.Exp(-number)));
    }
}

using PureClip.Generation;
using PureClip.Memory;

namespace PureClip.Training;

/// <summary>
/// A transformer that says from noise, time and a text's states which picture is meant, and its backward. Patches and states are tokens of
/// one sequence; time and vector modulate every block.
/// </summary>
/// <remarks>
/// Peebles and Xie 2023 (adaLN-zero), Li and He 2025 (the picture itself is predicted). e = silu(time + vector + kinds); x = [patches + positions;
/// states]; each block: x += g1 ⊙ attention(LN(x) ⊙ (1 + a1) + b1); x += g2 ⊙ mlp(LN(x) ⊙ (1 + a2) + b2); (a1, b1, g1, a2, b2, g2) =
/// modulation(e).
/// </remarks>
internal sealed class GeneratorTraining : IDisposable
{
    private readonly GeneratorConfig _c;
    private readonly TrainedNumbers _numbers;
    private readonly TrainingCompute _compute;
    private readonly TrainedMatrix _patch, _states, _time1, _time2, _vector1, _vector2, _finalModulation, _final;
    private readonly (MatrixView Numbers, MatrixView Gradients) _position, _nullVector, _nullState, _kinds;
    private readonly ModulatedNorm _norm;
    private readonly GeneratorBlock[] _blocks;
    private readonly List<TrainingMatrix> _owned = [];
    private readonly TrainingMatrix _cut, _stateRows, _embeddedStates, _x, _features, _vectors, _timeHidden, _timeActive, _vectorHidden,
        _vectorActive;
    private readonly TrainingMatrix _sum, _vectorOut, _e, _de, _picked, _normed, _modulated, _finalMod, _out, _dOut, _dModulated, _dNormed,
        _dPicked;
    private readonly TrainingMatrix _dFinalMod, _dx, _dPatches, _dStates, _dInputs, _dSum, _dHidden;
    private readonly TrainingMatrix _timeOut, _timeInverses, _vectorInverses, _dBranch;
    private Sequences _s = Sequences.Of();
    private DrawnThing[] _things = [];

    /// <summary>The tensors of a network of these sizes.</summary>
    public static LearnedList Declare(GeneratorConfig c)
    {
        LearnedList list = new();
        foreach (GeneratorTensor tensor in c.Tensors)
            list.Add(tensor.Name, tensor.Shape, new(tensor.Decays, tensor.Parts));
        return list;
    }

    public GeneratorTraining(TrainedNumbers numbers, GeneratorConfig c)
    {
        (_c, _numbers, _compute) = (c, numbers, numbers.Compute);
        (_patch, _states) = (numbers.Matrix("patch"), numbers.Matrix("states"));
        (_time1, _time2, _vector1, _vector2) =
            (numbers.Matrix("time.fc1"), numbers.Matrix("time.fc2"), numbers.Matrix("vector.fc1"), numbers.Matrix("vector.fc2"));
        (_finalModulation, _final) = (numbers.Matrix("final.modulation"), numbers.Matrix("final"));
        (_position, _nullVector, _nullState) = (numbers.Table("position"), numbers.Table("null_vector"), numbers.Table("null_state"));
        _kinds = c.Kinds > 0 ? numbers.Table("kinds") : default;
        _norm = new(_compute, c.Width);
        _blocks = [.. Enumerable.Range(0, c.Layers).Select(i => new GeneratorBlock(numbers, $"blocks.{i}", c, _norm))];
        (_cut, _stateRows, _embeddedStates, _x, _features, _vectors) = (New(), New(), New(), New(), New(), New());
        (_timeHidden, _timeActive, _vectorHidden, _vectorActive, _sum, _vectorOut, _e, _de) =
            (New(), New(), New(), New(), New(), New(), New(), New());
        (_picked, _normed, _modulated, _finalMod, _out) = (New(), New(), New(), New(), New());
        (_dOut, _dModulated, _dNormed, _dPicked, _dFinalMod, _dx) = (New(), New(), New(), New(), New(), New());
        (_dPatches, _dStates, _dInputs, _dSum, _dHidden) = (New(), New(), New(), New(), New());
        (_timeOut, _timeInverses, _vectorInverses, _dBranch) = (New(), New(), New(), New());
    }

    /// <summary>The picture that is meant.</summary>
    /// <param name="z">[pictures · numbers]: mixtures of picture and noise.</param>
    /// <param name="times">[pictures]: 0 is noise, 1 the picture.</param>
    /// <param name="things">What is drawn.</param>
    /// <param name="p">[pictures · numbers]: receives it.</param>
    public void Forward(ReadOnlySpan<float> z, ReadOnlySpan<float> times, DrawnThing[] things, Span<float> p)
    {
        int pictures = times.Length, patches = _c.Patches, width = _c.Width;
        _things = things;
        _s = Sequences.Of(Array.ConvertAll(things, thing => patches + _c.StatesOf(thing)));
        int[] ofPictures = Starts(pictures, patches);

        // e = silu(time + vector)
        MatrixView features = _features.Shape(pictures, _c.Frequencies), vectors = _vectors.Shape(pictures, _c.VectorWidth);
        for (int i = 0; i < pictures; i++)
        {
            GeneratorConfig.TimeFeatures(times[i], features.RowSpan(i));
            (things[i].IsDropped ? _nullVector.Numbers.RowSpan(0) : things[i].Vector.Span).CopyTo(vectors.RowSpan(i));
        }
        MatrixView sum = _sum.Shape(pictures, width), vectorOut = _vectorOut.Shape(pictures, width), e = _e.Shape(pictures, width);
        _compute.Linear(features, _time1, Nonlinearity.Silu, _timeHidden.Shape(pictures, width), _timeActive.Shape(pictures, width));
        _compute.Linear(vectors, _vector1, Nonlinearity.Silu, _vectorHidden.Shape(pictures, width), _vectorActive.Shape(pictures, width));
        _compute.Linear(_vectorActive.View, _vector2, vectorOut);
        if (_c.IsNormalized)
        {
            MatrixView timeOut = _timeOut.Shape(pictures, width);
            _compute.Linear(_timeActive.View, _time2, timeOut);
            SequenceRows.Normalize(timeOut, width, _timeInverses.Shape(pictures, 1), _compute.Pool);
            SequenceRows.Normalize(vectorOut, width, _vectorInverses.Shape(pictures, 1), _compute.Pool);
            for (int i = 0; i < pictures; i++)
                System.Numerics.Tensors.TensorPrimitives.Add(timeOut.RowSpan(i), vectorOut.RowSpan(i), sum.RowSpan(i));
        }
        else
        {
            _compute.LinearPlus(_timeActive.View, _time2, vectorOut, sum);
        }
        for (int i = 0; i < pictures; i++)
            foreach (int kind in things[i].SeenKinds)
                System.Numerics.Tensors.TensorPrimitives.Add(sum.RowSpan(i), _kinds.Numbers.RowSpan(kind), sum.RowSpan(i));
        for (int i = 0; i < pictures; i++)
            for (int c = 0; c < width; c++)
                e.RowSpan(i)[c] = sum.RowSpan(i)[c] * Sigmoid(sum.RowSpan(i)[c]);

        // x = [patches + positions ; states]
        MatrixView cut = _cut.Shape(pictures * patches, _c.PatchColumns), embedded = _picked.Shape(pictures * patches, width);
        int states = _s.Rows - pictures * patches;
        MatrixView stateRows = _stateRows.Shape(states, _c.StateWidth), embeddedStates = _embeddedStates.Shape(states, width),
            x = _x.Shape(_s.Rows, width);
        _c.Unfold(z, cut);
        for (int i = 0, row = 0; i < pictures; i++)
            for (int k = 0; k < _c.StatesOf(things[i]); k++, row++)
                (things[i].HasNullState ? _nullState.Numbers.RowSpan(0) : things[i].States.Span.Slice(k * _c.StateWidth, _c.StateWidth))
                .CopyTo(stateRows.RowSpan(row));
        _compute.Linear(cut, _patch, embedded);
        _compute.Linear(stateRows, _states, embeddedStates);
        for (int i = 0, state = 0; i < pictures; i++)
            for (int row = _s.Starts[i], k = 0; row < _s.Starts[i + 1]; row++, k++)
                if (k < patches)
                    System.Numerics.Tensors.TensorPrimitives.Add(
                        embedded.RowSpan(i * patches + k), _position.Numbers.RowSpan(k), x.RowSpan(row));
                else
                    embeddedStates.RowSpan(state++).CopyTo(x.RowSpan(row));

        foreach (GeneratorBlock block in _blocks)
            x = block.Forward(x, e, _s);

        // p = final(LN(x of patches) ⊙ (1 + a) + b)
        MatrixView picked = _picked.Shape(pictures * patches, width), modulation = _finalMod.Shape(pictures, 2 * width),
            output = _out.Shape(pictures * patches, _c.PatchColumns);
        for (int i = 0; i < pictures; i++)
            for (int k = 0; k < patches; k++)
                x.RowSpan(_s.Starts[i] + k).CopyTo(picked.RowSpan(i * patches + k));
        _compute.Linear(e, _finalModulation, modulation);
        _norm.Forward(picked, modulation, 0, ofPictures, _normed, _modulated);
        _compute.Linear(_modulated.View, _final, output);
        _c.Fold(output, p);
    }

    /// <summary>Adds the gradients of every tensor.</summary>
    /// <param name="dp">[pictures · numbers]: gradient by what <see cref="Forward"/> said.</param>
    public void Backward(ReadOnlySpan<float> dp)
    {
        int pictures = _things.Length, patches = _c.Patches, width = _c.Width;
        int[] ofPictures = Starts(pictures, patches);
        MatrixView e = _e.View, de = _de.Zeros(pictures, width), dOut = _dOut.Shape(pictures * patches, _c.PatchColumns);
        _c.Unfold(dp, dOut);
        MatrixView dModulated = _dModulated.Shape(pictures * patches, width), dPicked = _dPicked.Zeros(pictures * patches, width);
        MatrixView dModulation = _dFinalMod.Shape(pictures, 2 * width);
        _compute.InputGradient(dOut, _final, dModulated);
        _compute.WeightGradient(dOut, _modulated.View, _final);
        _norm.Backward(_picked.View, _normed.View, _finalMod.View, 0, ofPictures, dModulated, _dNormed, dModulation, dPicked);
        AddModulation(dModulation, _finalModulation, e, de);

        MatrixView d = _dx.Zeros(_s.Rows, width); // nobody reads the states after the last block
        for (int i = 0; i < pictures; i++)
            for (int k = 0; k < patches; k++)
                dPicked.RowSpan(i * patches + k).CopyTo(d.RowSpan(_s.Starts[i] + k));
        for (int i = _blocks.Length - 1; i >= 0; i--)
            _blocks[i].Backward(d, e, _s, dMod => AddModulation(dMod, _blocks[i].Modulation, e, de));

        BackwardTokens(d, pictures, patches, width);
        BackwardCondition(de, pictures, width);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _owned.ForEach(static matrix => matrix.Dispose());
        Array.ForEach(_blocks, static block => block.Dispose());
        _norm.Dispose();
    }

    private static int[] Starts(int sequences, int rows) => [.. Enumerable.Range(0, sequences + 1).Select(i => i * rows)];

    private static float Sigmoid(float x) => (float)(1 / (1 + Math.Exp(-x)));

    private TrainingMatrix New()
    {
        _owned.Add(new());
        return _owned[^1];
    }

    private void AddModulation(MatrixView dModulation, TrainedMatrix modulation, MatrixView e, MatrixView de)
    {
        MatrixView through = _dHidden.Shape(e.Rows, e.Columns);
        _compute.InputGradient(dModulation, modulation, through);
        _compute.WeightGradient(dModulation, e, modulation);
        for (int i = 0; i < e.Rows; i++)
            System.Numerics.Tensors.TensorPrimitives.Add(de.RowSpan(i), through.RowSpan(i), de.RowSpan(i));
    }

    private void BackwardTokens(MatrixView d, int pictures, int patches, int width)
    {
        int states = _s.Rows - pictures * patches;
        MatrixView dPatches = _dPatches.Shape(pictures * patches, width), dStates = _dStates.Shape(states, width),
            dInputs = _dInputs.Shape(states, _c.StateWidth);
        int[] places = new int[pictures * patches], nulls = new int[states];
        for (int i = 0, patch = 0, state = 0; i < pictures; i++)
            for (int row = _s.Starts[i], k = 0; row < _s.Starts[i + 1]; row++, k++)
                if (k < patches)
                {
                    places[patch] = k;
                    d.RowSpan(row).CopyTo(dPatches.RowSpan(patch++));
                }
                else
                {
                    nulls[state] = _things[i].HasNullState ? 0 : -1;
                    d.RowSpan(row).CopyTo(dStates.RowSpan(state++));
                }
        _compute.WeightGradient(dPatches, _cut.View, _patch);
        RowScatter.Add(dPatches, places, _position.Gradients, _compute.Pool);
        _compute.InputGradient(dStates, _states, dInputs);
        _compute.WeightGradient(dStates, _stateRows.View, _states);
        RowScatter.Add(dInputs, nulls, _nullState.Gradients, _compute.Pool);
    }

    private void BackwardCondition(MatrixView de, int pictures, int width)
    {
        MatrixView sum = _sum.View, dSum = _dSum.Shape(pictures, width);
        for (int i = 0; i < pictures; i++)
            for (int c = 0; c < width; c++)
            {
                float x = sum.RowSpan(i)[c], s = Sigmoid(x);
                dSum.RowSpan(i)[c] = de.RowSpan(i)[c] * s * (1 + x * (1 - s));
            }
        for (int i = 0; i < pictures; i++)
            foreach (int kind in _things[i].SeenKinds)
            {
                Span<float> gradient = _kinds.Gradients.RowSpan(kind);
                System.Numerics.Tensors.TensorPrimitives.Add(gradient, dSum.RowSpan(i), gradient);
            }
        MatrixView dHidden = _dHidden.Shape(pictures, width);
        MatrixView dTime = OfBranch(_timeOut, _timeInverses);
        _compute.InputGradient(dTime, _time2, Nonlinearity.Silu, _timeHidden.View, dHidden, _timeActive.View);
        _compute.WeightGradient(dTime, _timeActive.View, _time2);
        _compute.WeightGradient(dHidden, _features.View, _time1);
        MatrixView dVector = OfBranch(_vectorOut, _vectorInverses);
        _compute.InputGradient(dVector, _vector2, Nonlinearity.Silu, _vectorHidden.View, dHidden, _vectorActive.View);
        _compute.WeightGradient(dVector, _vectorActive.View, _vector2);
        _compute.WeightGradient(dHidden, _vectors.View, _vector1);
        MatrixView dVectors = _dInputs.Shape(pictures, _c.VectorWidth);
        _compute.InputGradient(dHidden, _vector1, dVectors);
        RowScatter.Add(dVectors, Array.ConvertAll(_things, static thing => thing.IsDropped ? 0 : -1), _nullVector.Gradients, _compute.Pool);

        MatrixView OfBranch(TrainingMatrix normed, TrainingMatrix inverses)
        {
            if (!_c.IsNormalized)
                return dSum;
            MatrixView d = _dBranch.Shape(pictures, width);
            for (int i = 0; i < pictures; i++)
                dSum.RowSpan(i).CopyTo(d.RowSpan(i));
            SequenceRows.NormalizeBackward(normed.View, width, inverses.View, d, _compute.Pool);
            return d;
        }
    }
}

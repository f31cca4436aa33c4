using PureClip.Memory;

namespace PureClip.Kernels;

/// <summary>In which order the numbers of a weight matrix lie in its source.</summary>
internal enum WeightOrder
{
    /// <summary>[outputs, inputs]: a linear layer's <c>weight</c>.</summary>
    OutputsByInputs,

    /// <summary>[inputs, outputs]: a bare parameter that is multiplied from the right, such as CLIP's <c>visual.proj</c>.</summary>
    InputsByOutputs,
}

/// <summary>
/// The right-hand matrix B [K, N] of a product, packed once into the order in which the microkernel reads it:
/// <code>
/// block of KC rows 0                               block 1
/// | panel 0          | panel 1          | ...     | panel 0 ...
/// | k0: n0 … n(NR-1) | k0: nNR …        |
/// | k1: n0 … n(NR-1) | k1: nNR …        |
/// | …                | …                |
/// </code>
/// Columns may come in parts (query, key, value); each part starts on a panel boundary, and the columns that
/// round it up are zero. Memory is read strictly forward while the product runs.
/// </summary>
internal sealed unsafe class PackedMatrix : IDisposable
{
    private readonly AlignedBuffer _data;
    private readonly AlignedBuffer _bias;
    private readonly int _kc;

    /// <param name="inputs">K: rows of B.</param>
    /// <param name="outputs">Columns of one part of B.</param>
    /// <param name="parts">Parts beside one another, each with <paramref name="outputs"/> columns.</param>
    /// <param name="nr">Columns of a panel.</param>
    /// <param name="kc">Rows of a block.</param>
    public PackedMatrix(int inputs, int outputs, int parts, int nr, int kc)
    {
        Inputs = inputs;
        Outputs = outputs;
        Parts = parts;
        Nr = nr;
        _kc = kc;
        PanelsPerPart = (outputs + nr - 1) / nr;
        _data = new((long)inputs * PaddedColumns);
        _bias = new(PaddedColumns);
    }

    /// <summary>K: rows of B.</summary>
    public int Inputs { get; }

    /// <summary>Meaningful columns of each part.</summary>
    public int Outputs { get; }

    /// <summary>Parts beside one another.</summary>
    public int Parts { get; }

    /// <summary>Columns of a panel.</summary>
    public int Nr { get; }

    /// <summary>Panels of one part.</summary>
    public int PanelsPerPart { get; }

    /// <summary>Panels of all parts.</summary>
    public int Panels => Parts * PanelsPerPart;

    /// <summary>Columns of the product, padding included. Part p starts at column p · PaddedColumns / Parts.</summary>
    public int PaddedColumns => Panels * Nr;

    /// <summary>One number a padded column, zero where nothing was set.</summary>
    public float* Bias => _bias.Pointer;

    /// <summary>Bytes that the packed numbers occupy.</summary>
    public long Bytes => (_data.Length + _bias.Length) * sizeof(float);

    /// <summary>KC x NR numbers: one panel of the block that starts at row <paramref name="k"/>.</summary>
    public float* Panel(int k, int panel)
    {
        int rows = Math.Min(_kc, Inputs - k);
        return _data.Pointer + (long)k * PaddedColumns + (long)panel * rows * Nr;
    }

    /// <summary>Sets the columns of one part.</summary>
    /// <param name="part">Which part.</param>
    /// <param name="weights">K · outputs numbers.</param>
    /// <param name="order">How they lie.</param>
    public void SetWeights(int part, ReadOnlySpan<float> weights, WeightOrder order)
    {
        if (weights.Length != (long)Inputs * Outputs)
            throw new ArgumentException($"A matrix of {Inputs} x {Outputs} has {(long)Inputs * Outputs} numbers, not {weights.Length}.", nameof(weights));
        (int inputStep, int outputStep) = order == WeightOrder.OutputsByInputs ? (1, Inputs) : (Outputs, 1);
        fixed (float* source = weights)
        {
            for (int k = 0; k < Inputs; k += _kc)
                for (int panel = 0; panel < PanelsPerPart; panel++)
                    PackPanel(source, inputStep, outputStep, k, panel, Panel(k, part * PanelsPerPart + panel));
        }
    }

    /// <summary>Sets the bias of one part.</summary>
    public void SetBias(int part, ReadOnlySpan<float> bias)
    {
        if (bias.Length != Outputs)
            throw new ArgumentException($"{Outputs} outputs need as many biases, not {bias.Length}.", nameof(bias));
        bias.CopyTo(new Span<float>(Bias + part * PanelsPerPart * Nr, Outputs));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _data.Dispose();
        _bias.Dispose();
    }

    private void PackPanel(float* source, int inputStep, int outputStep, int k, int panel, float* destination)
    {
        int columns = Math.Min(Nr, Outputs - panel * Nr);
        int rows = Math.Min(_kc, Inputs - k);
        float* from = source + (long)k * inputStep + (long)panel * Nr * outputStep;
        for (int column = 0; column < columns; column++, from += outputStep)
        {
            float* to = destination + column;
            for (int row = 0; row < rows; row++, to += Nr)
                *to = from[(long)row * inputStep];
        }
    }
}

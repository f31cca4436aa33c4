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
/// The right-hand side of a product as a layer declares it: its sizes from the start, its packed numbers once they have been read.
/// </summary>
/// <param name="inputs">K: rows.</param>
/// <param name="outputs">Columns of one part.</param>
/// <param name="parts">Parts beside one another, such as query, key and value.</param>
/// <param name="hasBias">Whether something is added to each column.</param>
internal sealed class WeightMatrix(int inputs, int outputs, int parts, bool hasBias) : IDisposable
{
    private PackedMatrix? _packed;

    /// <summary>K: rows.</summary>
    public int Inputs => inputs;

    /// <summary>Columns of one part.</summary>
    public int Outputs => outputs;

    /// <summary>Parts beside one another.</summary>
    public int Parts => parts;

    /// <summary>Whether something is added to each column.</summary>
    public bool HasBias => hasBias;

    /// <summary>Bytes of memory of its own, once there are numbers.</summary>
    public long Bytes => _packed?.Bytes ?? 0;

    /// <summary>The numbers, as this machine multiplies them.</summary>
    /// <exception cref="InvalidOperationException">They have not been read.</exception>
    public PackedMatrix Packed
    {
        get => _packed ?? throw new InvalidOperationException("The numbers of this matrix have not been read.");
        set => _packed = value;
    }

    /// <inheritdoc/>
    public void Dispose() => _packed?.Dispose();
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
/// 16-bit numbers of the left and the right half of a panel alternate, so that shifts and masks make two vectors of one load. Integers lie
/// in groups: k0 … k(G-1) of n0, the same of n1, and so on. Columns may come in parts (query, key, value); each part starts on a panel
/// boundary, and the columns that round it up are zero. Memory is read strictly forward while the product runs.
/// </summary>
internal sealed unsafe class PackedMatrix : IDisposable
{
    private readonly AlignedBuffer? _own;
    private readonly byte* _data;
    private readonly AlignedBuffer _columns;

    /// <summary>A matrix of zeros in memory of its own.</summary>
    /// <param name="inputs">K: rows of B.</param>
    /// <param name="outputs">Columns of one part of B.</param>
    /// <param name="parts">Parts beside one another, each with <paramref name="outputs"/> columns.</param>
    /// <param name="layout">Panels.</param>
    public PackedMatrix(int inputs, int outputs, int parts, PanelLayout layout)
        : this(inputs, outputs, parts, layout, null)
    {
    }

    /// <summary>A matrix that was packed before.</summary>
    /// <param name="inputs">K: rows of B.</param>
    /// <param name="outputs">Columns of one part of B.</param>
    /// <param name="parts">Parts beside one another, each with <paramref name="outputs"/> columns.</param>
    /// <param name="layout">Panels.</param>
    /// <param name="packed">[<see cref="DataBytes"/>]: its numbers, outliving this matrix; null for zeros in memory of its own.</param>
    public PackedMatrix(int inputs, int outputs, int parts, PanelLayout layout, byte* packed)
    {
        Inputs = inputs;
        Outputs = outputs;
        Parts = parts;
        Layout = layout;
        PanelsPerPart = (outputs + layout.ColumnUnit - 1) / layout.ColumnUnit * (layout.ColumnUnit / layout.Nr);
        Blocks = (inputs + layout.Kc - 1) / layout.Kc;
        if (packed is null)
        {
            _own = new((DataBytes + sizeof(float) - 1) / sizeof(float));
            packed = (byte*)_own.Pointer;
        }
        _data = packed;
        _columns = new((long)PaddedColumns * (layout.Type == WeightType.Int8 ? 2 + Blocks : 1));
    }

    /// <summary>K: rows of B.</summary>
    public int Inputs { get; }

    /// <summary>Meaningful columns of each part.</summary>
    public int Outputs { get; }

    /// <summary>Parts beside one another.</summary>
    public int Parts { get; }

    /// <summary>How the numbers lie.</summary>
    public PanelLayout Layout { get; }

    /// <summary>Panels of one part.</summary>
    public int PanelsPerPart { get; }

    /// <summary>Columns of the product, padding included. Part p starts at column p · PaddedColumns / Parts.</summary>
    public int PaddedColumns => Parts * PanelsPerPart * Layout.Nr;

    /// <summary>One number a padded column, zero where nothing was set.</summary>
    public float* Bias => _columns.Pointer;

    /// <summary>One number a padded column: what an integer of it is worth. Integers only.</summary>
    public float* Scales => _columns.Pointer + PaddedColumns;

    /// <summary>
    /// All numbers that belong to columns: <see cref="Bias"/>, then for integers <see cref="Scales"/> and the <see cref="OffsetSums"/> of
    /// each block.
    /// </summary>
    public Span<float> Columns => new(_columns.Pointer, (int)_columns.Length);

    /// <summary>Bytes of memory of its own.</summary>
    public long Bytes => ((_own?.Length ?? 0) + _columns.Length) * sizeof(float);

    private int Blocks { get; }

    /// <summary>Bytes of all panels.</summary>
    public long DataBytes => (long)Layout.StoredRows(Inputs) * PaddedColumns * Layout.Bytes;

    /// <summary>One panel of the block that starts at row <paramref name="k"/>.</summary>
    public byte* Panel(int k, int panel) =>
        _data + (long)k * PaddedColumns * Layout.Bytes + (long)panel * PanelBytes(k);

    /// <summary>Bytes of a panel of the block that starts at row <paramref name="k"/>.</summary>
    public int PanelBytes(int k) => Layout.StoredRows(RowsOfBlock(k)) * Layout.Nr * Layout.Bytes;

    /// <summary>
    /// One number a padded column: the offset of the left operand times the integers of the block that starts at row <paramref name="k"/>,
    /// as 32-bit integers. Integers only.
    /// </summary>
    public float* OffsetSums(int k) => _columns.Pointer + (2L + k / Layout.Kc) * PaddedColumns;

    /// <summary>Sets the columns of one part; numbers are rounded to the layout's type.</summary>
    /// <param name="part">Which part.</param>
    /// <param name="weights">K · outputs numbers.</param>
    /// <param name="order">How they lie.</param>
    /// <exception cref="InvalidDataException">A number is not finite, or too large for the layout's type.</exception>
    public void SetWeights(int part, ReadOnlySpan<float> weights, WeightOrder order)
    {
        if (weights.Length != (long)Inputs * Outputs)
            throw new ArgumentException(
                $"A matrix of {Inputs} x {Outputs} has {(long)Inputs * Outputs} numbers, not {weights.Length}.", nameof(weights));
        using AlignedBuffer scratch = new(Layout.Kc * Layout.Nr);
        fixed (float* first = weights)
        {
            Source source = order == WeightOrder.OutputsByInputs ? new(first, 1, Inputs) : new(first, Outputs, 1);
            if (Layout.Type == WeightType.Int8)
                SetScales(part, source);
            for (int k = 0; k < Inputs; k += Layout.Kc)
                for (int panel = 0; panel < PanelsPerPart; panel++)
                    PackPanel(source, k, part * PanelsPerPart + panel, panel * Layout.Nr, scratch);
        }
    }

    /// <summary>Sets the bias of one part.</summary>
    public void SetBias(int part, ReadOnlySpan<float> bias)
    {
        if (bias.Length != Outputs)
            throw new ArgumentException($"{Outputs} outputs need as many biases, not {bias.Length}.", nameof(bias));
        bias.CopyTo(new Span<float>(Bias + part * PanelsPerPart * Layout.Nr, Outputs));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _own?.Dispose();
        _columns.Dispose();
    }

    private int RowsOfBlock(int k) => Math.Min(Layout.Kc, Inputs - k);

    private void PackPanel(Source source, int k, int panel, int column, AlignedBuffer scratch)
    {
        int rows = RowsOfBlock(k), nr = Layout.Nr, columns = Math.Clamp(Outputs - column, 0, nr);
        bool inPlace = Layout.Type == WeightType.F32;
        float* numbers = inPlace ? (float*)Panel(k, panel) : scratch.Pointer;
        source.CopyTo(k, column, rows, columns, numbers, nr);
        for (int c = columns; c < nr && !inPlace; c++)
            for (int row = 0; row < rows; row++)
                numbers[row * nr + c] = 0f; // scratch holds another panel's
        if (!inPlace)
            NarrowPanel.To(Layout, new(numbers, rows * nr), Panel(k, panel), Scales + panel * nr, OffsetSums(k) + panel * nr);
    }

    /// <summary>The largest magnitude of each column becomes 127.</summary>
    private void SetScales(int part, Source source)
    {
        for (int column = 0; column < Outputs; column++)
        {
            float largest = 0f;
            float* from = source.At(0, column);
            for (int k = 0; k < Inputs; k++, from += source.InputStep)
                largest = Math.Max(largest, MathF.Abs(*from));
            if (!float.IsFinite(largest))
                throw new InvalidDataException($"a weight is {largest}. The file is damaged: download it again.");
            Scales[part * PanelsPerPart * Layout.Nr + column] = largest / IntegerRow.LargestWeight;
        }
    }

    /// <summary>Numbers in either order.</summary>
    private readonly struct Source(float* first, long inputStep, long outputStep)
    {
        public long InputStep => inputStep;

        public float* At(int input, int output) => first + input * inputStep + output * outputStep;

        /// <summary>destination[r · stride + c] = number of input r and output c, counted from the given ones.</summary>
        public void CopyTo(int input, int output, int inputs, int outputs, float* destination, int stride)
        {
            if (inputStep == 1)
                Transpose.Run(At(input, output), (nint)outputStep, outputs, inputs, destination, stride);
            else
                for (int r = 0; r < inputs; r++)
                    new ReadOnlySpan<float>(At(input + r, output), outputs).CopyTo(new Span<float>(destination + r * stride, outputs));
        }
    }
}

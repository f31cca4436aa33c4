namespace PureClip.Imaging.Jpeg;

/// <summary>
/// Estimates the lowest AC coefficients of a block from the DC coefficients around it, where a progressive file has not sent
/// them in full: the idea of ITU-T T.81, K.8, on the 5 x 5 blocks that libjpeg-turbo 2.1 looks at. Without it files that leave
/// out their last scans would not equal Pillow's.
/// </summary>
internal sealed class BlockSmoother
{
    /// <summary>Coefficients that are looked at: DC and the first nine AC ones in zig-zag order.</summary>
    public const int Coefficients = 10;

    private const int Window = 5;
    private const int Fraction = 8; // bits of the weights below

    /// <summary>Coefficients estimated where some AC coefficients are known.</summary>
    private const int FewCoefficients = 6;

    // [10, 5, 5] weights in zig-zag order, where no AC coefficient is known. The first replaces DC itself.
    private static readonly short[][] BlindWeights =
    [
        [-2, -6, -8, -6, -2, -6, 6, 42, 6, -6, -8, 42, 152, 42, -8, -6, 6, 42, 6, -6, -2, -6, -8, -6, -2],
        [-1, -1, 0, 1, 1, -3, 13, 0, -13, 3, -3, 38, 0, -38, 3, -3, 13, 0, -13, 3, -1, -1, 0, 1, 1],
        [-1, -3, -3, -3, -1, -1, 13, 38, 13, -1, 0, 0, 0, 0, 0, 1, -13, -38, -13, 1, 1, 3, 3, 3, 1],
        [0, 0, 1, 0, 0, 0, 2, 7, 2, 0, 0, -5, -14, -5, 0, 0, 2, 7, 2, 0, 0, 0, 1, 0, 0],
        [-1, 0, 0, 0, 1, 0, 9, 0, -9, 0, 0, 0, 0, 0, 0, 0, -9, 0, 9, 0, 1, 0, 0, 0, -1],
        [0, 0, 0, 0, 0, 0, 2, -5, 2, 0, 1, 7, -14, 7, 1, 0, 2, -5, 2, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 1, 0, -1, 0, 0, 2, 0, -2, 0, 0, 1, 0, -1, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 1, -3, 1, 0, 0, 0, 0, 0, 0, 0, -1, 3, -1, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 1, 0, -1, 0, 0, -3, 0, 3, 0, 0, 1, 0, -1, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 1, 2, 1, 0, 0, 0, 0, 0, 0, 0, -1, -2, -1, 0, 0, 0, 0, 0, 0],
    ];

    // [6, 5, 5] weights where some AC coefficient is known; DC stays.
    private static readonly short[][] Weights =
    [
        [],
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -7, 50, 0, -50, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [0, 0, -7, 0, 0, 0, 0, 50, 0, 0, 0, 0, 0, 0, 0, 0, 0, -50, 0, 0, 0, 0, 7, 0, 0],
        [0, 0, -1, 0, 0, 0, 0, 13, 0, 0, 0, 0, -24, 0, 0, 0, 0, 13, 0, 0, 0, 0, -1, 0, 0],
        [0, -1, 0, 1, 0, -1, 10, 0, -10, 1, 0, 0, 0, 0, 0, 1, -10, 0, 10, -1, 0, 1, 0, -1, 0],
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, 13, -24, 13, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ];

    private readonly JpegFrame _frame;
    private readonly JpegComponent _component;
    private readonly int[] _window = new int[Window * Window];
    private readonly short[] _block = new short[InverseDct.BlockSize];

    /// <summary>Prepares for a component; <see cref="IsUseful"/> has to hold for its frame.</summary>
    public BlockSmoother(JpegFrame frame, JpegComponent component)
    {
        _frame = frame;
        _component = component;
    }

    /// <summary>Whether something is missing that can be estimated: every DC coefficient is known, some AC coefficient is not.</summary>
    public static bool IsUseful(JpegFrame frame) =>
        frame.IsProgressive
        && frame.Components.All(c => c.LowestBits[0] != JpegComponent.Unknown && !HasZeroStep(c))
        && frame.Components.Any(c => c.LowestBits.AsSpan(1).ContainsAnyExcept(0));

    /// <summary>A copy of a block with estimates in place of what is missing, valid until the next call.</summary>
    /// <param name="row">The block's row within the component.</param>
    /// <param name="column">Its column.</param>
    public ReadOnlySpan<short> Smooth(int row, int column)
    {
        _component.Coefficients[row, column].CopyTo(_block);
        FillWindow(row, column);
        // Below the place where the last scan's data ended counts what had come before it.
        int[] bits = row / _component.Vertical > _frame.LastGoodRow ? _component.PreviousBits : _component.LowestBits;
        bool isBlind = !bits.AsSpan(1).ContainsAnyExcept(JpegComponent.Unknown);
        short[][] weights = isBlind ? BlindWeights : Weights;
        for (int k = 1; k < (isBlind ? Coefficients : FewCoefficients); k++)
        {
            ref short coefficient = ref _block[ZigZag.ToRowMajor[k]];
            if (bits[k] != 0 && coefficient == 0)
                coefficient = Estimate(weights[k], ZigZag.ToRowMajor[k], bits[k]);
        }
        if (isBlind)
            _block[0] = Estimate(weights[0], 0, JpegComponent.Unknown);
        return _block;
    }

    // The weighted sum of the DC coefficients in units of the coefficient's quantisation step, rounded. What the known upper
    // bits say, that the coefficient is smaller than 2^lowest, limits it.
    private short Estimate(short[] weights, int index, int lowestBit)
    {
        long sum = 0;
        for (int i = 0; i < _window.Length; i++)
            sum += weights[i] * _window[i];
        sum *= Step(_component, 0);
        long step = (long)Step(_component, index) << Fraction;
        long magnitude = (step / 2 + Math.Abs(sum)) / step;
        if (lowestBit > 0)
            magnitude = Math.Min(magnitude, (1 << lowestBit) - 1);
        return (short)(sum < 0 ? -magnitude : magnitude);
    }

    private void FillWindow(int row, int column)
    {
        (int above2, int above, int below, int below2) = Neighbours(row);
        FillRow(0, above2, column);
        FillRow(1, above, column);
        FillRow(2, row, column);
        FillRow(3, below, column);
        FillRow(4, below2, column);
    }

    // As libjpeg-turbo 2.1.5 does, the second neighbours are looked at only two rows of MCUs away from the edge or within one
    // row of MCUs; else the first take their places. Towards the lower edge these may be blocks that fill up an MCU.
    private (int Above2, int Above, int Below, int Below2) Neighbours(int row)
    {
        int mcu = row / _component.Vertical;
        int place = row % _component.Vertical;
        int mcusBelow = _frame.McusDown - 1 - mcu;
        int blocksBelow = (mcusBelow > 0 ? _component.Vertical : _component.BlocksDown - mcu * _component.Vertical) - 1 - place;
        int above = mcu > 0 || place > 0 ? row - 1 : row;
        int below = mcusBelow > 0 || blocksBelow > 0 ? row + 1 : row;
        return (mcu > 1 || place > 1 ? row - 2 : above, above, below, mcusBelow > 1 || blocksBelow > 1 ? row + 2 : below);
    }

    // Beyond the right edge the last block is repeated; of two blocks, though, the first, a slip of libjpeg-turbo 2.1.5.
    private void FillRow(int windowRow, int row, int column)
    {
        int last = _component.BlocksAcross - 1;
        int beyond = last == 1 ? 0 : last;
        for (int i = 0; i < Window; i++)
        {
            int x = Math.Max(column + i - Window / 2, 0);
            _window[windowRow * Window + i] = _component.Coefficients[row, x <= last ? x : beyond][0];
        }
    }

    private static bool HasZeroStep(JpegComponent component)
    {
        for (int k = 0; k < Coefficients; k++)
            if (Step(component, ZigZag.ToRowMajor[k]) == 0)
                return true;
        return false;
    }

    private static int Step(JpegComponent component, int index) => (ushort)component.QuantizationTable![index];
}

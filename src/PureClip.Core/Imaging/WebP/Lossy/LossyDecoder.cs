using System.Runtime.CompilerServices;

namespace PureClip.Imaging.WebP.Lossy;

/// <summary>
/// Decodes a VP8 key frame (RFC 6386) by rows of macroblocks. Each is smoothed when the next one has been predicted from it, and becomes
/// pixels when smoothing has passed it.
/// </summary>
internal sealed class LossyDecoder
{
    private const int BlockSide = 4;
    private const int BlocksAcross = 4;

    private readonly FrameHeader _header;
    private readonly ModeReader _modes;
    private readonly ResidualReader _residuals;
    private readonly Planes _frame;
    private readonly LoopFilter.Edges[][] _edges; // of the current row and of the one above, in turns

    private LossyDecoder(FrameHeader header)
    {
        _header = header;
        _modes = new ModeReader(header);
        _residuals = new ResidualReader(header);
        _frame = new Planes(header.MacroblocksAcross);
        _edges = [new LoopFilter.Edges[header.MacroblocksAcross], new LoopFilter.Edges[header.MacroblocksAcross]];
    }

    /// <summary>Decodes a frame.</summary>
    /// <param name="header">Its header.</param>
    /// <param name="area">Where its pixels go; of the header's size.</param>
    /// <param name="alpha">See <see cref="PixelWriter"/>.</param>
    /// <exception cref="InvalidDataException">The data ends too early.</exception>
    public static void Decode(FrameHeader header, PixelArea area, byte[]? alpha)
    {
        LossyDecoder decoder = new(header);
        PixelWriter writer = new(header.Height, area, alpha);
        for (int row = 0; row <= header.MacroblocksDown; row++)
        {
            if (row < header.MacroblocksDown)
                decoder.DecodeRow(row);
            if (row > 0)
            {
                decoder.SmoothRow(row - 1);
                writer.Write(decoder._frame, row - 1);
            }
            decoder._frame.MoveUp();
        }
    }

    private void DecodeRow(int row)
    {
        BoolDecoder partition = _header.Partitions[row & (_header.Partitions.Length - 1)];
        _modes.BeginRow();
        _residuals.BeginRow();
        for (int column = 0; column < _header.MacroblocksAcross; column++)
        {
            _modes.Read(column);
            bool hasCoefficients = !_modes.IsSkipped;
            if (hasCoefficients)
                hasCoefficients = _residuals.Read(ref partition, column, _modes.IsSplit, _header.Quantizers[_modes.Segment]);
            else
                _residuals.Skip(column, _modes.IsSplit);
            if (partition.IsExhausted)
                Throw.Invalid($"its data ends in row {row} of {_header.MacroblocksDown} rows of macroblocks; it is truncated.");
            Reconstruct(row, column, hasCoefficients);
            _edges[row & 1][column] = new LoopFilter.Edges(
                _header.Filter.Of(_modes.Segment, _modes.IsSplit), column > 0, row > 0, _modes.IsSplit || hasCoefficients);
        }
        if (_modes.IsExhausted)
            Throw.Invalid($"its modes end in row {row} of {_header.MacroblocksDown} rows of macroblocks; it is truncated.");
        _header.Partitions[row & (_header.Partitions.Length - 1)] = partition;
    }

    private void Reconstruct(int row, int column, bool hasCoefficients)
    {
        bool hasAbove = row > 0, hasLeft = column > 0;
        ref byte luma = ref _frame.Y.Current(column);
        int stride = _frame.Y.Stride;
        if (_modes.IsSplit)
        {
            ReconstructBlocks(ref luma, stride, hasCoefficients);
        }
        else
        {
            Prediction.Predict(_modes.Luma[0], ref luma, stride, 16, hasAbove, hasLeft);
            if (hasCoefficients)
                AddBlocks(ref luma, stride, 0, BlocksAcross);
        }
        ref byte u = ref _frame.U.Current(column);
        ref byte v = ref _frame.V.Current(column);
        stride = _frame.U.Stride;
        Prediction.Predict(_modes.Chroma, ref u, stride, 8, hasAbove, hasLeft);
        Prediction.Predict(_modes.Chroma, ref v, stride, 8, hasAbove, hasLeft);
        if (!hasCoefficients)
            return;
        AddBlocks(ref u, stride, ResidualReader.FirstChroma, BlocksAcross / 2);
        AddBlocks(ref v, stride, ResidualReader.FirstChroma + 4, BlocksAcross / 2);
    }

    // Each block is predicted from those before it, so they are done one by one. Those on the right side all look at the macroblock above
    // and behind, since what lies to the right of them is not there yet.
    private void ReconstructBlocks(ref byte luma, int stride, bool hasCoefficients)
    {
        ref byte beyond = ref Unsafe.Add(ref luma, 16 - stride);
        for (int i = 0; i < ModeReader.Blocks; i++)
        {
            int x = i % BlocksAcross;
            ref byte samples = ref Unsafe.Add(ref luma, i / BlocksAcross * BlockSide * stride + x * BlockSide);
            ref byte behind = ref Unsafe.Add(ref samples, BlockSide - stride);
            BlockPrediction.Predict(_modes.Luma[i], ref samples, stride, ref (x == BlocksAcross - 1 ? ref beyond : ref behind));
            if (hasCoefficients)
                AddBlock(ref samples, stride, i);
        }
    }

    private void AddBlocks(ref byte samples, int stride, int block, int across)
    {
        for (int y = 0; y < across; y++)
            for (int x = 0; x < across; x++)
                AddBlock(ref Unsafe.Add(ref samples, y * BlockSide * stride + x * BlockSide), stride, block++);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AddBlock(ref byte samples, int stride, int block)
    {
        ref short coefficients = ref _residuals.Coefficients[block * ResidualReader.BlockSize];
        switch (_residuals.Contents[block])
        {
            case BlockContent.Coefficients:
                InverseTransform.Add(ref coefficients, ref samples, stride);
                break;
            case BlockContent.Dc:
                InverseTransform.AddDc(coefficients, ref samples, stride);
                break;
        }
    }

    private void SmoothRow(int row)
    {
        if (!_header.Filter.IsOn)
            return;
        for (int column = 0; column < _header.MacroblocksAcross; column++)
        {
            LoopFilter.Edges edges = _edges[row & 1][column];
            if (edges.Strength == default)
                continue;
            if (_header.Filter.IsSimple)
            {
                LoopFilter.Simple(ref _frame.Y.Previous(column), _frame.Y.Stride, edges);
                continue;
            }
            LoopFilter.Luma(ref _frame.Y.Previous(column), _frame.Y.Stride, edges);
            LoopFilter.Chroma(ref _frame.U.Previous(column), ref _frame.V.Previous(column), _frame.U.Stride, edges);
        }
    }
}

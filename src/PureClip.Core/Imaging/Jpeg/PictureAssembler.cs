namespace PureClip.Imaging.Jpeg;

/// <summary>Turns coefficients into pixels, row by row of MCUs: inverse DCT, upsampling, colour conversion.</summary>
internal sealed class PictureAssembler
{
    private readonly JpegFrame _frame;
    private readonly JpegColor _color;
    private readonly SampleRows[] _samples;
    private readonly ChromaUpsampler[] _upsamplers;
    private readonly byte[] _inks = [];
    private BlockSmoother[]? _smoothers;
    private int _nextRow;

    /// <summary>Allocates the picture.</summary>
    /// <param name="frame">Size and components.</param>
    /// <param name="color">What the components mean.</param>
    /// <param name="convertsCmyk">Whether inks become red, green and blue, row by row.</param>
    /// <param name="memory">Where the picture is laid.</param>
    public PictureAssembler(JpegFrame frame, JpegColor color, bool convertsCmyk, PictureMemory memory)
    {
        _frame = frame;
        _color = color;
        Mode = color switch
        {
            JpegColor.Gray => PixelMode.Gray,
            JpegColor.YCbCr or JpegColor.Rgb => PixelMode.Rgb,
            _ => convertsCmyk ? PixelMode.Rgb : PixelMode.Cmyk,
        };
        if (color is JpegColor.Cmyk or JpegColor.Ycck && convertsCmyk)
            _inks = new byte[frame.OutputWidth * RasterImage.ChannelsOf(PixelMode.Cmyk)];
        long size = (long)frame.OutputWidth * frame.OutputHeight * RasterImage.ChannelsOf(Mode);
        if (size > Array.MaxLength)
            Throw.Invalid($"the picture takes {size} bytes; at most {Array.MaxLength} fit in memory.");
        Pixels = memory.Take((int)size); // every row is written
        _samples = Array.ConvertAll(frame.Components, c => new SampleRows(c));
        _upsamplers = new ChromaUpsampler[_samples.Length];
        for (int i = 0; i < _samples.Length; i++)
        {
            JpegComponent component = frame.Components[i];
            _upsamplers[i] = new ChromaUpsampler(
                _samples[i],
                frame.MaxHorizontal * frame.SamplesPerBlock / (component.Horizontal * component.SamplesPerBlock),
                frame.MaxVertical * frame.SamplesPerBlock / (component.Vertical * component.SamplesPerBlock),
                filters: frame.SamplesPerBlock > 1);
        }
    }

    /// <summary>What the pixels' bytes mean.</summary>
    public PixelMode Mode { get; }

    /// <summary>[height, width, channels] pixels, complete once the last row was added.</summary>
    public byte[] Pixels { get; }

    /// <summary>Makes up for what the scans have left out. All coefficients have to be there; call before the first row is added.</summary>
    public void SmoothBlocks() =>
        _smoothers = BlockSmoother.IsUseful(_frame) ? Array.ConvertAll(_frame.Components, c => new BlockSmoother(_frame, c)) : null;

    /// <summary>Adds the next row of MCUs.</summary>
    /// <param name="row">The row of MCUs, counted from 0.</param>
    /// <param name="source">Where its coefficients are: a row of MCUs in the components' buffers.</param>
    public void AddRow(int row, int source)
    {
        for (int i = 0; i < _samples.Length; i++)
            Reconstruct(_frame.Components[i], _samples[i], _smoothers?[i], row, source);
        // The last row of samples waits for the one below it, which the next row of MCUs brings.
        int end = row == _frame.McusDown - 1
            ? _frame.OutputHeight
            : ((row + 1) * _frame.SamplesPerBlock - 1) * _frame.MaxVertical;
        for (; _nextRow < end; _nextRow++)
            ConvertRow(_nextRow);
    }

    private static void Reconstruct(JpegComponent component, SampleRows target, BlockSmoother? smoother, int row, int source)
    {
        // A component that no scan has brought is grey.
        ReadOnlySpan<short> table = component.QuantizationTable ?? new short[InverseDct.BlockSize];
        int first = row * component.Vertical;
        int side = component.SamplesPerBlock;
        for (int y = 0; y < component.Vertical && first + y < component.BlocksDown; y++)
        {
            int sourceRow = source * component.Vertical + y;
            for (int x = 0; x < component.BlocksAcross; x++)
            {
                ReadOnlySpan<short> block = smoother is null ? component.Coefficients[sourceRow, x] : smoother.Smooth(sourceRow, x);
                Span<byte> samples = target.Block((first + y) * side, x * side);
                if (side == InverseDct.Side)
                    InverseDct.Transform(block, table, samples, target.Stride);
                else
                    ReducedInverseDct.Transform(block, table, side, samples, target.Stride);
            }
        }
    }

    private void ConvertRow(int y)
    {
        int width = _frame.OutputWidth;
        int rowBytes = width * RasterImage.ChannelsOf(Mode);
        Span<byte> pixels = Pixels.AsSpan((int)((long)y * rowBytes), rowBytes);
        ReadOnlySpan<byte> first = _upsamplers[0].Row(y);
        if (_color == JpegColor.Gray)
        {
            first[..width].CopyTo(pixels);
            return;
        }
        ReadOnlySpan<byte> second = _upsamplers[1].Row(y);
        ReadOnlySpan<byte> third = _upsamplers[2].Row(y);
        switch (_color)
        {
            case JpegColor.YCbCr:
                YcbcrToRgb.Convert(first, second, third, pixels);
                break;
            case JpegColor.Rgb:
                RgbInterleaver.Interleave(first, second, third, pixels);
                break;
            case JpegColor.Cmyk:
                CmykRows.FromCmyk(first, second, third, _upsamplers[3].Row(y), Mode == PixelMode.Cmyk ? pixels : _inks);
                break;
            case JpegColor.Ycck:
                CmykRows.FromYcck(first, second, third, _upsamplers[3].Row(y), Mode == PixelMode.Cmyk ? pixels : _inks);
                break;
        }
        if (_inks.Length > 0)
            RgbConversion.FromCmyk(_inks, pixels);
    }
}

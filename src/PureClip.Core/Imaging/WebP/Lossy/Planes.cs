namespace PureClip.Imaging.WebP.Lossy;

/// <summary>
/// The last three rows of macroblocks of one component, with margins: the current row, into which samples are predicted; the one above,
/// which is smoothed as soon as prediction has read it; and the one above that, whose last lines smoothing still changes.
/// </summary>
internal sealed class Plane
{
    /// <summary>Samples on either side of a row: a vector's, so that vectors may reach over an end.</summary>
    public const int Margin = 16;

    // What lies outside of the picture (RFC 6386, section 12.2).
    private const byte Above = 127;
    private const byte Left = 129;

    private const int HeldRows = 3;

    private readonly byte[] _samples;
    private readonly int _size;
    private readonly int _width;

    /// <summary>Takes memory for a component.</summary>
    /// <param name="macroblocks">Macroblocks a row.</param>
    /// <param name="size">Samples on each side of a macroblock: 16 or 8.</param>
    public Plane(int macroblocks, int size)
    {
        _size = size;
        _width = macroblocks * size;
        Stride = _width + 2 * Margin;
        _samples = new byte[HeldRows * size * Stride + Margin];
        for (int line = 0; line < HeldRows * size; line++)
            _samples.AsSpan(line * Stride, Margin).Fill(Left);
        _samples.AsSpan((2 * size - 1) * Stride, Stride).Fill(Above);
    }

    /// <summary>Bytes from one line to the next.</summary>
    public int Stride { get; }

    /// <summary>The first sample of a macroblock in the current row.</summary>
    public ref byte Current(int column) => ref _samples[2 * _size * Stride + Margin + column * _size];

    /// <summary>The first sample of a macroblock in the row above the current one.</summary>
    public ref byte Previous(int column) => ref _samples[_size * Stride + Margin + column * _size];

    /// <summary>A line, with the margin behind it.</summary>
    /// <param name="line">Counted from the first of the row above the current one; down to minus a row's lines.</param>
    public ReadOnlySpan<byte> Line(int line) => _samples.AsSpan((_size + line) * Stride + Margin, _width + Margin);

    /// <summary>
    /// Makes room for the next row. Blocks at the right end look at four samples above and behind them: the last one, repeated.
    /// </summary>
    public void MoveUp()
    {
        int last = (HeldRows * _size - 1) * Stride + Margin + _width;
        _samples.AsSpan(last, 4).Fill(_samples[last - 1]);
        _samples.AsSpan(_size * Stride, 2 * _size * Stride).CopyTo(_samples);
    }
}

/// <summary>The three components of a frame.</summary>
internal sealed class Planes(int macroblocks)
{
    public Plane Y { get; } = new(macroblocks, 16);

    public Plane U { get; } = new(macroblocks, 8);

    public Plane V { get; } = new(macroblocks, 8);

    /// <inheritdoc cref="Plane.MoveUp"/>
    public void MoveUp()
    {
        Y.MoveUp();
        U.MoveUp();
        V.MoveUp();
    }
}

/// <summary>Turns lines of samples into rows of pixels as soon as they are done.</summary>
/// <param name="height">Rows of the frame.</param>
/// <param name="area">Where the pixels go.</param>
/// <param name="alpha">[height, width] alpha and <see cref="ChromaUpsampler.Overhang"/> bytes more; null where all is opaque.</param>
internal sealed class PixelWriter(int height, PixelArea area, byte[]? alpha)
{
    // Smoothing the next row of macroblocks changes up to three lines of chrominance, which are six of luminance, and each two rows of
    // pixels need the line of chrominance below them.
    private const int UnfinishedLines = 9;

    private const int LumaSide = 16;
    private const int ChromaSide = 8;

    private readonly byte[] _upperU = new byte[area.Width + 2 * ChromaUpsampler.Overhang];
    private readonly byte[] _upperV = new byte[area.Width + 2 * ChromaUpsampler.Overhang];
    private readonly byte[] _lowerU = new byte[area.Width + 2 * ChromaUpsampler.Overhang];
    private readonly byte[] _lowerV = new byte[area.Width + 2 * ChromaUpsampler.Overhang];
    private readonly byte[] _opaque = alpha is null && area.Channels == 4 ? Opaque(area.Width) : [];
    private int _next;

    /// <summary>Writes what is done when a row of macroblocks has been smoothed.</summary>
    /// <param name="frame">The lines, among which that row is the one above the current.</param>
    /// <param name="row">The number of that row.</param>
    public void Write(Planes frame, int row)
    {
        int lines = (row + 1) * LumaSide;
        int end = lines >= height ? height : lines - UnfinishedLines;
        while (_next < end)
        {
            // Rows 2k - 1 and 2k lie between lines k - 1 and k of chrominance; the first and perhaps the last row have but one.
            int upper = Math.Max((_next - 1) / 2, 0);
            int lower = Math.Min((_next + 1) / 2, (height - 1) / 2);
            Upsample(frame.U, upper - row * ChromaSide, lower - row * ChromaSide, _upperU, _lowerU);
            Upsample(frame.V, upper - row * ChromaSide, lower - row * ChromaSide, _upperV, _lowerV);
            WriteRow(frame.Y.Line(_next - row * LumaSide), _upperU, _upperV);
            if (_next % 2 == 0 && _next < end)
                WriteRow(frame.Y.Line(_next - row * LumaSide), _lowerU, _lowerV);
        }
    }

    private void Upsample(Plane plane, int upper, int lower, Span<byte> nearUpper, Span<byte> nearLower) =>
        ChromaUpsampler.Upsample(plane.Line(upper), plane.Line(lower), area.Width, nearUpper, nearLower);

    private void WriteRow(ReadOnlySpan<byte> luma, ReadOnlySpan<byte> u, ReadOnlySpan<byte> v)
    {
        Span<byte> pixels = area.Row(_next);
        if (area.Channels == 3)
            YuvToRgb.ToRgb(luma, u, v, pixels);
        else
            YuvToRgb.ToRgba(luma, u, v, alpha is null ? _opaque : alpha.AsSpan(_next * area.Width), pixels);
        _next++;
    }

    private static byte[] Opaque(int width)
    {
        byte[] alpha = new byte[width + ChromaUpsampler.Overhang];
        Array.Fill(alpha, byte.MaxValue);
        return alpha;
    }
}

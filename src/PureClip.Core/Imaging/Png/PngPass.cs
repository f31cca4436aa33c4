namespace PureClip.Imaging.Png;

/// <summary>
/// A reduced picture inside a PNG: every <see cref="StepX"/>-th pixel of every <see cref="StepY"/>-th row, from the pixel
/// (<see cref="X"/>, <see cref="Y"/>) on.
/// </summary>
internal readonly record struct PngPass(int X, int Y, int StepX, int StepY)
{
    private static readonly PngPass[] Whole = [new(0, 0, 1, 1)];

    // PNG specification, 8.2 — which pass a pixel of each 8 x 8 block belongs to.
    private static readonly PngPass[] Interlaced =
    [
        new(0, 0, 8, 8), new(4, 0, 8, 8), new(0, 4, 4, 8), new(2, 0, 4, 4), new(0, 2, 2, 4), new(1, 0, 2, 2), new(0, 1, 1, 2),
    ];

    /// <summary>The only pass of a picture that is not interlaced.</summary>
    public static ReadOnlySpan<PngPass> WholePicture => Whole;

    /// <summary>The seven passes of an interlaced picture, in the order in which they are stored.</summary>
    public static ReadOnlySpan<PngPass> Adam7 => Interlaced;

    /// <summary>Pixels a row that this pass has in a picture of this width; a pass without any has no scanlines either.</summary>
    public int Columns(int width) => (width - X + StepX - 1) / StepX;

    /// <summary>Rows that this pass has in a picture of this height.</summary>
    public int Rows(int height) => (height - Y + StepY - 1) / StepY;
}

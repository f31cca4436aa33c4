namespace PureClip.Train.Data;

/// <summary>Changes the pixels of a drawing, for pictures of pixels as well as for those that are drawn from lines and areas.</summary>
internal static class PixelStyles
{
    private const int Side = PictureSet.Side, Channels = 4;
    private const float ContourFrom = 0.1f, ContourSpread = 0.15f, ContourGain = 4, Least = 0.02f, PosterSteps = 2;

    // The orders of three channels other than their own.
    private static readonly int[][] Orders = [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

    /// <summary>Changes pixels as a look says.</summary>
    /// <param name="look">The look.</param>
    /// <param name="pixels">[side, side, 4], 0 to 1, premultiplied.</param>
    public static void Apply(Look look, Span<float> pixels)
    {
        if (look.Pixels is PixelStyle.Lines or PixelStyle.Comic or PixelStyle.Pencil)
        {
            Contours(look, pixels);
            return;
        }
        int[] order = Orders[(int)(look.Strength * (Orders.Length - 1e-3f))];
        float mix = look.Strength * 0.5f;
        for (int i = 0; i < pixels.Length && look.Pixels != PixelStyle.AsDrawn; i += Channels)
        {
            Span<float> p = pixels.Slice(i, Channels);
            (float r, float g, float b, float a) = (p[0], p[1], p[2], p[3]);
            switch (look.Pixels)
            {
                case PixelStyle.Grey:
                    p[0] = p[1] = p[2] = 0.3f * r + 0.59f * g + 0.11f * b;
                    break;
                case PixelStyle.Negative:
                    (p[0], p[1], p[2]) = (a - r, a - g, a - b);
                    break;
                case PixelStyle.Poster:
                    for (int channel = 0; channel < 3; channel++)
                        p[channel] = Math.Clamp(MathF.Round(p[channel] / Math.Max(a, Least) * PosterSteps) / PosterSteps, 0f, 1f) * a;
                    break;
                case PixelStyle.OtherColours:
                    float mean = (r + g + b) / 3;
                    ReadOnlySpan<float> own = [r, g, b];
                    for (int channel = 0; channel < 3; channel++)
                        p[channel] = own[order[channel]] * (1 - mix) + mean * mix;
                    break;
            }
        }
    }

    /// <summary>Dark where neighbours differ.</summary>
    private static void Contours(Look look, Span<float> pixels)
    {
        float[] contour = new float[Side * Side];
        for (int row = 0; row < Side; row++)
            for (int column = 0; column < Side; column++)
            {
                float widest = 0;
                for (int channel = 0; channel < Channels; channel++)
                {
                    float least = 1, most = 0;
                    for (int y = row - 1; y <= row + 1; y++)
                        for (int x = column - 1; x <= column + 1; x++)
                        {
                            float value = (uint)x < Side && (uint)y < Side ? pixels[(y * Side + x) * Channels + channel] : 0;
                            (least, most) = (Math.Min(least, value), Math.Max(most, value));
                        }
                    widest = Math.Max(widest, most - least);
                }
                contour[row * Side + column] = Math.Clamp((widest - ContourFrom - ContourSpread * look.Strength) * ContourGain, 0f, 1f);
            }
        for (int i = 0; i < contour.Length; i++)
        {
            Span<float> p = pixels.Slice(i * Channels, Channels);
            float edge = contour[i], a = p[3], solid = Math.Max(a, edge);
            (p[0], p[1], p[2], p[3]) = look.Pixels switch
            {
                PixelStyle.Lines => (solid - edge, solid - edge, solid - edge, solid),
                PixelStyle.Pencil => (0, 0, 0, edge),
                _ => (p[0] * (1 - edge), p[1] * (1 - edge), p[2] * (1 - edge), solid),
            };
        }
    }
}

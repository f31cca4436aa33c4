using PureClip.Imaging;
using PureClip.Imaging.Png;

namespace PureClip.Generation;

/// <summary>A picture that was drawn: red, green, blue and alpha of 8 bits, colours not premultiplied.</summary>
public sealed class DrawnPicture
{
    private const int Channels = 4;

    private readonly byte[] _rgba;

    internal DrawnPicture(byte[] rgba, int width, int height, ulong seed)
    {
        _rgba = rgba;
        (Width, Height, Seed) = (width, height, seed);
    }

    /// <summary>Pixels of a line.</summary>
    public int Width { get; }

    /// <summary>Lines.</summary>
    public int Height { get; }

    /// <summary>The seed that gives this very picture again, by itself.</summary>
    public ulong Seed { get; }

    /// <summary>Cosine of the picture, on white, and what was asked for; null where nobody compared them.</summary>
    public float? Score { get; internal init; }

    /// <summary>What the network took the picture for at each step, first to last; empty unless <see cref="DrawingOptions.KeepSteps"/>.</summary>
    public IReadOnlyList<DrawnPicture> Steps { get; internal init; } = [];

    /// <summary>[height · width · 4]</summary>
    public ReadOnlyMemory<byte> Rgba => _rgba;

    /// <summary>As PNG.</summary>
    public byte[] ToPng()
    {
        using MemoryStream stream = new();
        WritePng(stream);
        return stream.ToArray();
    }

    /// <summary>Writes it as PNG.</summary>
    public void WritePng(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        PngWriter.Write(stream, _rgba, Width, Height);
    }

    /// <summary>The picture so many times as wide and high, smooth between its pixels.</summary>
    /// <param name="times">1 to 32.</param>
    /// <remarks>Catmull-Rom splines on premultiplied colours (Keys 1981, a = −1/2).</remarks>
    /// <exception cref="ArgumentOutOfRangeException">It is out of range.</exception>
    public DrawnPicture Enlarge(int times)
    {
        if (times is < 1 or > 32)
            throw new ArgumentOutOfRangeException(nameof(times), times, "A picture is enlarged 1 to 32 times.");
        if (times == 1)
            return this;
        float[] premultiplied = new float[_rgba.Length];
        for (int i = 0; i < _rgba.Length; i += Channels)
            for (int c = 0; c < Channels; c++)
                premultiplied[i + c] = c == 3 ? _rgba[i + 3] : _rgba[i + c] * (_rgba[i + 3] / 255f);
        float[] wide = Stretch(premultiplied, Width, Height, times, Channels, Width * Channels);
        float[] large = Stretch(wide, Height, Width * times, times, Width * times * Channels, Channels);
        byte[] rgba = new byte[large.Length];
        for (int i = 0; i < rgba.Length; i += Channels)
        {
            float alpha = Math.Clamp(large[i + 3], 0, 255);
            rgba[i + 3] = Byte(alpha);
            for (int c = 0; c < 3 && rgba[i + 3] > 0; c++)
                rgba[i + c] = Byte(Math.Clamp(large[i + c], 0, alpha) * (255 / alpha));
        }
        return new(rgba, Width * times, Height * times, Seed) { Score = Score };
    }

    /// <summary>Pictures of one size beside one another, in as many lines as that takes.</summary>
    /// <param name="pictures">At least one.</param>
    /// <param name="columns">Pictures of a line; 0 for all in one.</param>
    /// <exception cref="ArgumentException">There is none, or they differ in size.</exception>
    public static DrawnPicture Sheet(IReadOnlyList<DrawnPicture> pictures, int columns = 0)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        if (pictures.Count == 0 || pictures.Any(picture => (picture.Width, picture.Height) != (pictures[0].Width, pictures[0].Height)))
            throw new ArgumentException("A sheet is made of one or more pictures of one size.", nameof(pictures));
        columns = columns == 0 ? pictures.Count : Math.Min(columns, pictures.Count);
        int width = pictures[0].Width, height = pictures[0].Height, rows = (pictures.Count + columns - 1) / columns;
        byte[] rgba = new byte[rows * columns * width * height * Channels];
        for (int i = 0; i < pictures.Count; i++)
            for (int line = 0; line < height; line++)
                pictures[i]._rgba.AsSpan(line * width * Channels, width * Channels)
                    .CopyTo(rgba.AsSpan(((i / columns * height + line) * columns + i % columns) * width * Channels));
        return new(rgba, columns * width, rows * height, pictures[0].Seed);
    }

    /// <summary>The picture on white, as models read it.</summary>
    public RgbImage OnWhite()
    {
        byte[] rgb = new byte[Width * Height * 3];
        for (int i = 0, to = 0; i < _rgba.Length; i += Channels)
            for (int c = 0; c < 3; c++)
                rgb[to++] = Byte(255 + (_rgba[i + c] - 255) * (_rgba[i + 3] / 255f));
        return new(Width, Height, rgb);
    }

    /// <summary>The same picture with what is known of it.</summary>
    internal DrawnPicture With(float? score, IReadOnlyList<DrawnPicture> steps) =>
        new(_rgba, Width, Height, Seed) { Score = score, Steps = steps };

    /// <summary>What a network puts out as a picture.</summary>
    /// <param name="numbers">[4, side, side]: premultiplied, −1 to 1.</param>
    /// <param name="side">Pixels of a side.</param>
    /// <param name="seed">Its seed.</param>
    internal static DrawnPicture Of(ReadOnlySpan<float> numbers, int side, ulong seed)
    {
        int area = side * side;
        byte[] rgba = new byte[area * Channels];
        for (int i = 0; i < area; i++)
        {
            float alpha = Math.Clamp((numbers[3 * area + i] + 1) / 2, 0, 1);
            rgba[i * Channels + 3] = Byte(255 * alpha);
            for (int c = 0; c < 3 && rgba[i * Channels + 3] > 0; c++)
                rgba[i * Channels + c] = Byte(255 * Math.Min(Math.Clamp((numbers[c * area + i] + 1) / 2, 0, 1), alpha) / alpha);
        }
        return new(rgba, side, side, seed);
    }

    private static byte Byte(float number) => (byte)Math.Clamp(MathF.Round(number), 0, 255);

    /// <summary>Stretches lines: along positions that are <paramref name="step"/> apart, for others that are <paramref name="across"/> apart.</summary>
    private static float[] Stretch(float[] from, int length, int lines, int times, int step, int across)
    {
        bool isWide = step == Channels;
        float[] to = new float[from.Length * times];
        Span<float> weights = stackalloc float[4];
        for (int at = 0; at < length * times; at++)
        {
            float place = (at + 0.5f) / times - 0.5f;
            int first = (int)MathF.Floor(place) - 1;
            for (int k = 0; k < 4; k++)
                weights[k] = Cubic(place - (first + k));
            for (int line = 0; line < lines; line++)
                for (int c = 0; c < Channels; c++)
                {
                    float sum = 0;
                    for (int k = 0; k < 4; k++)
                        sum += weights[k] * from[line * across + Math.Clamp(first + k, 0, length - 1) * step + c];
                    to[(isWide ? line * across * times + at * step : line * across + at * step) + c] = sum;
                }
        }
        return to;
    }

    private static float Cubic(float x)
    {
        x = MathF.Abs(x);
        return x < 1 ? (1.5f * x - 2.5f) * x * x + 1 : x < 2 ? ((-0.5f * x + 2.5f) * x - 4) * x + 2 : 0;
    }
}

using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace PureClip.Imaging.WebP.Lossless;

/// <summary>What was done to pixels to code them shorter.</summary>
internal enum TransformKind
{
    /// <summary>Differences from what the neighbours let expect.</summary>
    Prediction,

    /// <summary>Red and blue less multiples of green and red.</summary>
    Color,

    /// <summary>Red and blue less green.</summary>
    SubtractGreen,

    /// <summary>Indices of a palette, up to eight a pixel.</summary>
    Palette,
}

/// <summary>A transform of a lossless image (RFC 9649, section 3.5).</summary>
internal sealed class Transform
{
    private readonly int _width;
    private readonly int _height;
    private readonly int _bits;
    private readonly uint[] _data;

    /// <summary>Describes a transform.</summary>
    /// <param name="kind">Any but <see cref="TransformKind.Palette"/>.</param>
    /// <param name="width">Pixels a row.</param>
    /// <param name="height">Rows.</param>
    /// <param name="bits">Logarithm of the side of the squares that have something in common.</param>
    /// <param name="data">What that is: a pixel for each square.</param>
    public Transform(TransformKind kind, int width, int height, int bits, uint[] data)
    {
        Kind = kind;
        _width = PackedWidth = width;
        _height = height;
        _bits = bits;
        _data = data;
    }

    /// <summary>What kind it is.</summary>
    public TransformKind Kind { get; }

    /// <summary>Pixels of a row once the transform has been applied.</summary>
    public int PackedWidth { get; private init; }

    /// <summary>Describes a palette.</summary>
    /// <param name="width">Pixels a row.</param>
    /// <param name="height">Rows.</param>
    /// <param name="differences">Its colours, each less the one before.</param>
    public static Transform Palette(int width, int height, ReadOnlySpan<uint> differences)
    {
        int bits = differences.Length switch // logarithm of the indices that share a pixel
        {
            <= 2 => 3,
            <= 4 => 2,
            <= 16 => 1,
            _ => 0,
        };
        uint[] colors = new uint[256]; // an index beyond the palette is transparent black
        uint color = 0;
        for (int i = 0; i < differences.Length; i++)
            colors[i] = color = Prediction.Add(color, differences[i]);
        return new Transform(TransformKind.Palette, width, height, bits, colors) { PackedWidth = LosslessDecoder.Squares(width, bits) };
    }

    /// <summary>Undoes the transform.</summary>
    /// <param name="pixels">At least [height, width]; packed ones lie one after another at the beginning.</param>
    public void Undo(Span<uint> pixels)
    {
        switch (Kind)
        {
            case TransformKind.Prediction:
                Prediction.Undo(pixels[..(_width * _height)], _width, _bits, _data);
                break;
            case TransformKind.Color:
                UndoColor(pixels);
                break;
            case TransformKind.SubtractGreen:
                AddGreen(pixels[..(_width * _height)]);
                break;
            default:
                UndoPalette(pixels);
                break;
        }
    }

    // From the last pixel backwards, so that none is overwritten before it has been read.
    private void UndoPalette(Span<uint> pixels)
    {
        int perPixel = 1 << _bits;
        int indexBits = 8 >> _bits;
        uint indexMask = (1u << indexBits) - 1;
        for (int y = _height - 1; y >= 0; y--)
        {
            int target = y * _width;
            int source = y * PackedWidth;
            for (int x = _width - 1; x >= 0; x--)
            {
                uint packed = pixels[source + (x >> _bits)] >> 8 & 0xFF;
                pixels[target + x] = _data[packed >> (x & (perPixel - 1)) * indexBits & indexMask];
            }
        }
    }

    private static void AddGreen(Span<uint> pixels)
    {
        Span<Vector128<uint>> vectors = MemoryMarshal.Cast<uint, Vector128<uint>>(pixels);
        foreach (ref Vector128<uint> vector in vectors)
            vector = AddGreen(vector);
        foreach (ref uint pixel in pixels[(vectors.Length * Vector128<uint>.Count)..])
            pixel = AddGreen(Vector128.CreateScalar(pixel)).ToScalar();
    }

    private static Vector128<uint> AddGreen(Vector128<uint> pixels)
    {
        Vector128<uint> green = pixels >>> 8 & Vector128.Create(0xFFu);
        return (pixels.AsByte() + (green | green << 16).AsByte()).AsUInt32();
    }

    private void UndoColor(Span<uint> pixels)
    {
        int across = LosslessDecoder.Squares(_width, _bits);
        for (int y = 0; y < _height; y++)
        {
            Span<uint> row = pixels.Slice(y * _width, _width);
            ReadOnlySpan<uint> factors = _data.AsSpan((y >> _bits) * across, across);
            for (int square = 0; square < across; square++)
            {
                int start = square << _bits;
                UndoColor(row[start..Math.Min(start + (1 << _bits), _width)], factors[square]);
            }
        }
    }

    private static void UndoColor(Span<uint> pixels, uint factors)
    {
        // Signed factors in 1/32: of green for red and for blue, of red for blue. Multiplied by 8, with samples in the upper byte of 16
        // bits, the upper half of the product is what is looked for.
        uint redFromGreen = Scale(factors), blueFromGreen = Scale(factors >> 8), blueFromRed = Scale(factors >> 16);
        Vector128<short> fromGreen = Vector128.Create(redFromGreen << 16 | blueFromGreen).AsInt16();
        Vector128<short> fromRed = Vector128.Create(blueFromRed << 16).AsInt16();
        Span<Vector128<uint>> vectors = MemoryMarshal.Cast<uint, Vector128<uint>>(pixels);
        foreach (ref Vector128<uint> vector in vectors)
            vector = UndoColor(vector, fromGreen, fromRed);
        foreach (ref uint pixel in pixels[(vectors.Length * Vector128<uint>.Count)..])
            pixel = UndoColor(Vector128.CreateScalar(pixel), fromGreen, fromRed).ToScalar();

        static uint Scale(uint factor) => (ushort)((sbyte)factor * 8);
    }

    private static Vector128<uint> UndoColor(Vector128<uint> pixels, Vector128<short> fromGreen, Vector128<short> fromRed)
    {
        Vector128<uint> redAndBlue = Vector128.Create(0x00FF_00FFu);
        Vector128<uint> green = pixels & Vector128.Create(0xFF00u);
        Vector128<byte> first = pixels.AsByte() + Lanes.MultiplyHigh((green | green << 16).AsInt16(), fromGreen).AsByte();
        Vector128<uint> red = (first.AsUInt32() & Vector128.Create(0x00FF_0000u)) << 8;
        Vector128<byte> second = first + (Lanes.MultiplyHigh(red.AsInt16(), fromRed).AsUInt32() >>> 16).AsByte();
        return (pixels & ~redAndBlue) | (second.AsUInt32() & redAndBlue);
    }
}

using System.Runtime.CompilerServices;

namespace PureClip.Imaging.WebP.Lossless;

/// <summary>The five prefix codes with which the pixels of a part of an image are coded.</summary>
internal sealed class CodeGroup
{
    /// <summary>Symbols of green: 256 values, then 24 lengths of copies, then the colours of the cache.</summary>
    public const int FirstLength = 256;

    /// <inheritdoc cref="FirstLength"/>
    public const int FirstCached = FirstLength + 24;

    private const int Values = 256;
    private const int Distances = 40;

    /// <summary>Reads the codes.</summary>
    public CodeGroup(ref LosslessReader reader, int cachedColors)
    {
        Green = CodeReader.Read(ref reader, FirstCached + cachedColors);
        Red = CodeReader.Read(ref reader, Values);
        Blue = CodeReader.Read(ref reader, Values);
        Alpha = CodeReader.Read(ref reader, Values);
        Distance = CodeReader.Read(ref reader, Distances);
        OthersAreTrivial = Red.IsTrivial && Blue.IsTrivial && Alpha.IsTrivial;
        if (OthersAreTrivial)
            Others = (uint)(Alpha.OnlySymbol << 24 | Red.OnlySymbol << 16 | Blue.OnlySymbol);
    }

    public PrefixCode Green { get; }

    public PrefixCode Red { get; }

    public PrefixCode Blue { get; }

    public PrefixCode Alpha { get; }

    public PrefixCode Distance { get; }

    /// <summary>Whether only green takes bits.</summary>
    public bool OthersAreTrivial { get; }

    /// <summary>The other channels in that case.</summary>
    public uint Others { get; }

    /// <summary>Whether all pixels are alike and take no bits at all.</summary>
    public bool IsTrivial => OthersAreTrivial && Green.IsTrivial && Green.OnlySymbol < FirstLength;

    /// <summary>The pixel in that case.</summary>
    public uint OnlyPixel => Others | (uint)Green.OnlySymbol << 8;
}

/// <summary>Which codes are used where: one group, or one for each square of the image.</summary>
/// <param name="Groups">The groups.</param>
/// <param name="Bits">Logarithm of the squares' side; 0: all of the image.</param>
/// <param name="Across">Squares a row.</param>
/// <param name="Map">[down, across] the group of each square; empty where there is one.</param>
internal sealed record CodeMap(CodeGroup[] Groups, int Bits, int Across, int[] Map)
{
    /// <summary>The group for a pixel.</summary>
    public CodeGroup At(int x, int y) => Bits == 0 ? Groups[0] : Groups[Map[(y >> Bits) * Across + (x >> Bits)]];

    /// <summary>The column behind the square of a pixel.</summary>
    public int SquareEnd(int x) => Bits == 0 ? int.MaxValue : ((x >> Bits) + 1) << Bits;
}

/// <summary>
/// Decodes an image of ARGB pixels (RFC 9649, 3.6 and 3.7): literal pixels, copies of earlier ones, and colours from a cache.
/// </summary>
internal static class EntropyImage
{
    private const int MaxCacheBits = 11;

    /// <summary>
    /// The first distances stand for places nearby: rows up in the upper four bits, and below 8 less the columns to the left.
    /// </summary>
    private static ReadOnlySpan<byte> Nearby =>
    [
        0x18, 0x07, 0x17, 0x19, 0x28, 0x06, 0x27, 0x29, 0x16, 0x1A, 0x26, 0x2A, 0x38, 0x05, 0x37, 0x39, 0x15, 0x1B, 0x36, 0x3A,
        0x25, 0x2B, 0x48, 0x04, 0x47, 0x49, 0x14, 0x1C, 0x35, 0x3B, 0x46, 0x4A, 0x24, 0x2C, 0x58, 0x45, 0x4B, 0x34, 0x3C, 0x03,
        0x57, 0x59, 0x13, 0x1D, 0x56, 0x5A, 0x23, 0x2D, 0x44, 0x4C, 0x55, 0x5B, 0x33, 0x3D, 0x68, 0x02, 0x67, 0x69, 0x12, 0x1E,
        0x66, 0x6A, 0x22, 0x2E, 0x54, 0x5C, 0x43, 0x4D, 0x65, 0x6B, 0x32, 0x3E, 0x78, 0x01, 0x77, 0x79, 0x53, 0x5D, 0x11, 0x1F,
        0x64, 0x6C, 0x42, 0x4E, 0x76, 0x7A, 0x21, 0x2F, 0x75, 0x7B, 0x31, 0x3F, 0x63, 0x6D, 0x52, 0x5E, 0x00, 0x74, 0x7C, 0x41,
        0x4F, 0x10, 0x20, 0x62, 0x6E, 0x30, 0x73, 0x7D, 0x51, 0x5F, 0x40, 0x72, 0x7E, 0x61, 0x6F, 0x50, 0x71, 0x7F, 0x60, 0x70,
    ];

    /// <summary>Reads how many colours the cache has; 0 without one.</summary>
    public static int ReadCacheBits(ref LosslessReader reader)
    {
        if (!reader.ReadBit())
            return 0;
        int bits = reader.Read(4);
        if (bits is 0 or > MaxCacheBits)
            Throw.Invalid($"its colour cache has {bits} bits; 1 to {MaxCacheBits} are possible. The data is damaged.");
        return bits;
    }

    /// <summary>Reads the pixels.</summary>
    /// <param name="reader">Behind the codes.</param>
    /// <param name="codes">The codes.</param>
    /// <param name="cacheBits">See <see cref="ReadCacheBits"/>.</param>
    /// <param name="width">Pixels a row.</param>
    /// <param name="pixels">[height, width], all of it written.</param>
    /// <exception cref="InvalidDataException">The data is damaged or ends too early.</exception>
    public static void Decode(ref LosslessReader reader, CodeMap codes, int cacheBits, int width, Span<uint> pixels)
    {
        ColorCache cache = new(cacheBits);
        int x = 0, y = 0;
        for (int position = 0; position < pixels.Length;)
        {
            // As far as the same codes hold: to the end of the square or of the row.
            int run = Math.Min(codes.SquareEnd(x), width) - x;
            int next = DecodeRun(ref reader, codes.At(x, y), cache, width, pixels, position, position + run);
            if (reader.IsExhausted)
                Throw.Truncated("more pixels of its lossless image");
            x += next - position;
            position = next;
            if (x >= width)
            {
                y += x / width;
                x %= width;
            }
        }
    }

    /// <summary>Reads pixels at least up to <paramref name="end"/>; a copy may go beyond it. Returns where the next one lies.</summary>
    private static int DecodeRun(
        ref LosslessReader reader, CodeGroup group, ColorCache cache, int width, Span<uint> pixels, int position, int end)
    {
        if (group.IsTrivial)
        {
            pixels[position..end].Fill(group.OnlyPixel);
            cache.Add(group.OnlyPixel);
            return end;
        }
        LosslessReader bits = reader;
        PrefixCode greens = group.Green;
        while (position < end)
        {
            bits.Fill();
            int symbol = greens.Read(ref bits);
            if (symbol < CodeGroup.FirstLength)
            {
                uint pixel = (uint)symbol << 8 | (group.OthersAreTrivial ? group.Others : ReadOthers(ref bits, group));
                pixels[position++] = pixel;
                cache.Add(pixel);
            }
            else if (symbol >= CodeGroup.FirstCached)
            {
                uint pixel = cache[symbol - CodeGroup.FirstCached];
                pixels[position++] = pixel;
                cache.Add(pixel);
            }
            else
            {
                reader.Follow(bits);
                int length = ReadPrefixed(ref reader, symbol - CodeGroup.FirstLength);
                reader.Fill();
                int distance = ToDistance(ReadPrefixed(ref reader, group.Distance.Read(ref reader)), width);
                bits.Follow(reader);
                Copy(pixels, position, distance, length);
                cache.Add(pixels.Slice(position, length));
                position += length;
            }
        }
        reader.Follow(bits);
        return position;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint ReadOthers(ref LosslessReader bits, CodeGroup group)
    {
        int red = group.Red.Read(ref bits);
        int blue = group.Blue.Read(ref bits);
        bits.Fill();
        return (uint)(group.Alpha.Read(ref bits) << 24 | red << 16 | blue);
    }

    /// <summary>Reads a length or a distance: the symbol gives the highest bits.</summary>
    private static int ReadPrefixed(ref LosslessReader reader, int symbol)
    {
        if (symbol < 4)
            return symbol + 1;
        int bits = (symbol - 2) >> 1;
        return ((2 + (symbol & 1)) << bits) + reader.Read(bits) + 1;
    }

    private static int ToDistance(int number, int width)
    {
        if (number > Nearby.Length)
            return number - Nearby.Length;
        int place = Nearby[number - 1];
        return Math.Max((place >> 4) * width + 8 - (place & 15), 1);
    }

    // A copy may contain what it has just written: a distance shorter than the length repeats a pattern.
    private static void Copy(Span<uint> pixels, int position, int distance, int length)
    {
        if (distance > position || length > pixels.Length - position)
            Throw.Invalid($"a copy of {length} pixels from {distance} before pixel {position} does not fit; the data is damaged.");
        Span<uint> target = pixels.Slice(position, length);
        Span<uint> source = pixels[(position - distance)..];
        if (distance >= length)
            source[..length].CopyTo(target);
        else if (distance == 1)
            target.Fill(source[0]);
        else
            for (int i = 0; i < target.Length; i++)
                target[i] = source[i];
    }
}

/// <summary>Colours that were seen lately, found by a hash of their own value (RFC 9649, 3.6.2.3).</summary>
/// <param name="bits">Logarithm of the number of colours; 0: there is no cache.</param>
internal readonly struct ColorCache(int bits)
{
    private const uint Multiplier = 0x1E35_A7BD;

    private readonly uint[]? _colors = bits == 0 ? null : new uint[1 << bits];

    public uint this[int index] => _colors![index];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(uint pixel)
    {
        if (_colors is { } colors)
            colors[(int)((pixel * Multiplier) >> (32 - bits))] = pixel;
    }

    public void Add(ReadOnlySpan<uint> pixels)
    {
        if (_colors is not null)
            foreach (uint pixel in pixels)
                Add(pixel);
    }
}

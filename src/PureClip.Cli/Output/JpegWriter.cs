using System.Buffers.Binary;
using PureClip.Imaging;

namespace PureClip.Cli.Output;

/// <summary>Writes baseline JPEG with colour at half resolution: for pages that carry their pictures.</summary>
/// <remarks>
/// ITU-T T.81: A.3.3 (DCT), F.1.2 (coding), K.1 and K.3.3 (the tables of quantisation and of codes that nearly everyone uses); JFIF 1.02 for
/// YCbCr. Quality scales the tables as libjpeg's <c>jpeg_set_quality</c> does.
/// </remarks>
internal static class JpegWriter
{
    private const int Block = 8, Unit = 16; // a unit: four blocks of brightness, one of each colour

    private static readonly byte[] ZigZag =
    [
        0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
        35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
    ];

    private static readonly byte[] Brightness =
    [
        16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
        18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100,
        103, 99,
    ];

    private static readonly byte[] Colour =
    [
        17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99,
        99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    ];

    private static readonly HuffmanCode BrightnessDc =
        new(0x00, [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0], "000102030405060708090A0B");

    private static readonly HuffmanCode ColourDc =
        new(0x01, [0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0], "000102030405060708090A0B");

    private static readonly HuffmanCode BrightnessAc = new(0x10, [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7D],
        "01020300041105122131410613516107227114328191A1082342B1C11552D1F02433627282090A161718191A25262728292A3435363738393A43444546474849"
        + "4A535455565758595A636465666768696A737475767778797A838485868788898A92939495969798999AA2A3A4A5A6A7A8A9AAB2B3B4B5B6B7B8B9BAC2C3C4C5"
        + "C6C7C8C9CAD2D3D4D5D6D7D8D9DAE1E2E3E4E5E6E7E8E9EAF1F2F3F4F5F6F7F8F9FA");

    private static readonly HuffmanCode ColourAc = new(0x11, [0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 0x77],
        "000102031104052131061241510761711322328108144291A1B1C109233352F0156272D10A162434E125F11718191A262728292A35363738393A434445464748"
        + "494A535455565758595A636465666768696A737475767778797A82838485868788898A92939495969798999AA2A3A4A5A6A7A8A9AAB2B3B4B5B6B7B8B9BAC2C3"
        + "C4C5C6C7C8C9CAD2D3D4D5D6D7D8D9DAE2E3E4E5E6E7E8E9EAF2F3F4F5F6F7F8F9FA");

    // cos((2x + 1) u π / 16) · √(1/8), or √(2/8) where u > 0: [u][x]
    private static readonly float[] Cosines =
    [
        .. Enumerable.Range(0, Block * Block).Select(i =>
            (float)(Math.Cos((2 * (i % Block) + 1) * (i / Block) * Math.PI / 16) * Math.Sqrt((i < Block ? 1 : 2) / 8.0))),
    ];

    /// <summary>Writes a picture.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="image">The picture, at most 65,535 pixels a side.</param>
    /// <param name="quality">1 to 100.</param>
    public static void Write(Stream stream, RgbImage image, int quality)
    {
        int scale = quality < 50 ? 5000 / quality : 200 - 2 * quality;
        byte[][] tables = [.. new[] { Brightness, Colour }.Select(table => table.Select(step =>
            (byte)Math.Clamp((step * scale + 50) / 100, 1, 255)).ToArray())];
        WriteHeader(stream, image, tables);
        BitWriter bits = new(stream);
        Planes unit = new();
        int lastY = 0, lastCb = 0, lastCr = 0;
        for (int y = 0; y < image.Height; y += Unit)
            for (int x = 0; x < image.Width; x += Unit)
            {
                unit.Read(image, x, y);
                for (int block = 0; block < 4; block++)
                {
                    int first = block / 2 * Block * Unit + block % 2 * Block;
                    WriteBlock(bits, unit.Y.AsSpan(first), Unit, tables[0], BrightnessDc, BrightnessAc, ref lastY);
                }
                WriteBlock(bits, unit.Cb, Block, tables[1], ColourDc, ColourAc, ref lastCb);
                WriteBlock(bits, unit.Cr, Block, tables[1], ColourDc, ColourAc, ref lastCr);
            }
        bits.Finish();
        stream.Write([0xFF, 0xD9]); // end of image
    }

    private static void WriteHeader(Stream stream, RgbImage image, byte[][] tables)
    {
        stream.Write([0xFF, 0xD8, 0xFF, 0xE0, 0, 16, .. "JFIF\0"u8, 1, 2, 0, 0, 1, 0, 1, 0, 0]);
        for (int table = 0; table < tables.Length; table++)
            stream.Write([0xFF, 0xDB, 0, 67, (byte)table, .. ZigZag.Select(place => tables[table][place])]);
        Span<byte> size = stackalloc byte[4];
        BinaryPrimitives.WriteUInt16BigEndian(size, checked((ushort)image.Height));
        BinaryPrimitives.WriteUInt16BigEndian(size[2..], checked((ushort)image.Width));
        stream.Write([0xFF, 0xC0, 0, 17, 8, .. size, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]);
        foreach (HuffmanCode code in new[] { BrightnessDc, BrightnessAc, ColourDc, ColourAc })
            stream.Write([0xFF, 0xC4, 0, (byte)(19 + code.Symbols.Length), code.Place, .. code.Counts, .. code.Symbols]);
        stream.Write([0xFF, 0xDA, 0, 12, 3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0]);
    }

    private static void WriteBlock(
        BitWriter bits, ReadOnlySpan<float> samples, int stride, byte[] table, HuffmanCode dc, HuffmanCode ac, ref int last)
    {
        Span<float> rows = stackalloc float[Block * Block];
        for (int y = 0; y < Block; y++)
            for (int u = 0; u < Block; u++)
            {
                float sum = 0;
                for (int x = 0; x < Block; x++)
                    sum += samples[y * stride + x] * Cosines[u * Block + x];
                rows[y * Block + u] = sum;
            }
        Span<int> coefficients = stackalloc int[Block * Block];
        for (int v = 0; v < Block; v++)
            for (int u = 0; u < Block; u++)
            {
                float sum = 0;
                for (int y = 0; y < Block; y++)
                    sum += rows[y * Block + u] * Cosines[v * Block + y];
                coefficients[v * Block + u] = (int)MathF.Round(sum / table[v * Block + u]);
            }
        bits.WriteNumber(dc, 0, coefficients[0] - last);
        last = coefficients[0];
        int zeros = 0;
        for (int i = 1; i < ZigZag.Length; i++)
        {
            int value = coefficients[ZigZag[i]];
            if (value == 0)
            {
                zeros++;
                continue;
            }
            for (; zeros > 15; zeros -= 16)
                bits.Write(ac, 0xF0); // sixteen zeros
            bits.WriteNumber(ac, zeros << 4, value);
            zeros = 0;
        }
        if (zeros > 0)
            bits.Write(ac, 0x00); // zeros to the end
    }

    /// <summary>A unit as brightness and colours about 0; beyond an edge its last pixels go on.</summary>
    private sealed class Planes
    {
        public float[] Y { get; } = new float[Unit * Unit];

        public float[] Cb { get; } = new float[Block * Block];

        public float[] Cr { get; } = new float[Block * Block];

        public void Read(RgbImage image, int left, int top)
        {
            Array.Clear(Cb);
            Array.Clear(Cr);
            for (int y = 0; y < Unit; y++)
                for (int x = 0; x < Unit; x++)
                {
                    int row = Math.Min(top + y, image.Height - 1), column = Math.Min(left + x, image.Width - 1);
                    ReadOnlySpan<byte> pixel = image.Pixels.AsSpan(3 * (row * image.Width + column), 3);
                    float light = 0.299f * pixel[0] + 0.587f * pixel[1] + 0.114f * pixel[2];
                    int half = y / 2 * Block + x / 2;
                    Y[y * Unit + x] = light - 128;
                    Cb[half] += (pixel[2] - light) / 1.772f / 4; // the mean of four
                    Cr[half] += (pixel[0] - light) / 1.402f / 4;
                }
        }
    }

    /// <summary>A table of codes (annex C): shorter codes first, ascending.</summary>
    private sealed class HuffmanCode
    {
        private readonly (int Code, int Length)[] _codes = new (int, int)[256];

        public HuffmanCode(byte place, byte[] counts, string symbols)
        {
            (Place, Counts, Symbols) = (place, counts, System.Convert.FromHexString(symbols));
            int code = 0, next = 0;
            for (int length = 1; length <= counts.Length; length++, code <<= 1)
                for (int i = 0; i < counts[length - 1]; i++)
                    _codes[Symbols[next++]] = (code++, length);
        }

        public byte Place { get; }

        public byte[] Counts { get; }

        public byte[] Symbols { get; }

        public (int Code, int Length) Of(int symbol) => _codes[symbol];
    }

    private sealed class BitWriter(Stream stream)
    {
        private readonly byte[] _buffer = new byte[1 << 14];
        private int _filled, _held;
        private uint _bits;

        public void Write(HuffmanCode table, int symbol)
        {
            (int code, int length) = table.Of(symbol);
            Add(code, length);
        }

        /// <summary>The code of how many bits a number has, then these; of a negative one, those of one less.</summary>
        public void WriteNumber(HuffmanCode table, int zeros, int value)
        {
            int bits = 32 - System.Numerics.BitOperations.LeadingZeroCount((uint)Math.Abs(value));
            Write(table, zeros | bits);
            Add((value < 0 ? value - 1 : value) & ((1 << bits) - 1), bits);
        }

        public void Finish()
        {
            Add(0x7F, 7);
            stream.Write(_buffer, 0, _filled);
        }

        private void Add(int bits, int length)
        {
            _bits = (_bits << length) | (uint)bits;
            for (_held += length; _held >= 8; _held -= 8)
            {
                byte whole = (byte)(_bits >> (_held - 8));
                Put(whole);
                if (whole == 0xFF)
                    Put(0); // no marker
            }
        }

        private void Put(byte value)
        {
            if (_filled == _buffer.Length)
            {
                stream.Write(_buffer);
                _filled = 0;
            }
            _buffer[_filled++] = value;
        }
    }
}

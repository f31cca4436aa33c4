using System.Buffers.Binary;

namespace PureClip.Imaging.WebP.Lossless;

/// <summary>Decodes VP8L (RFC 9649, section 3): ARGB pixels, alpha in the highest byte.</summary>
internal static class LosslessDecoder
{
    /// <summary>Bytes of the header.</summary>
    public const int HeaderBytes = 5;

    private const byte Signature = 0x2F;
    private const int SizeMask = 0x3FFF;

    /// <summary>The header of a lossless image.</summary>
    /// <param name="Width">Pixels a row, 1 to 16,384.</param>
    /// <param name="Height">Rows, 1 to 16,384.</param>
    /// <param name="HasAlpha">Whether alpha is used; it is there in any case.</param>
    public readonly record struct Header(int Width, int Height, bool HasAlpha);

    /// <summary>Reads the header.</summary>
    /// <param name="chunk">The body of a VP8L chunk.</param>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public static Header ReadHeader(ReadOnlySpan<byte> chunk)
    {
        if (chunk.Length < HeaderBytes)
            Throw.Truncated("the header of a lossless image");
        if (chunk[0] != Signature)
            Throw.Invalid($"its lossless image begins with 0x{chunk[0]:X2} instead of 0x{Signature:X2}; the data is damaged.");
        uint bits = BinaryPrimitives.ReadUInt32LittleEndian(chunk[1..]);
        if (bits >> 29 != 0)
            Throw.Invalid($"its lossless image has version {bits >> 29}; only 0 exists.");
        return new Header((int)(bits & SizeMask) + 1, (int)(bits >> 14 & SizeMask) + 1, (bits >> 28 & 1) != 0);
    }

    /// <summary>Decodes an image.</summary>
    /// <param name="data">The image.</param>
    /// <param name="headerBytes">How many of these are its header: <see cref="HeaderBytes"/>, or 0 where there is none.</param>
    /// <param name="width">Pixels a row.</param>
    /// <param name="pixels">[height, width] ARGB, all of it written.</param>
    /// <param name="memory">Where a copy of the data goes.</param>
    /// <exception cref="InvalidDataException">The data is damaged or ends too early.</exception>
    public static void Decode(ReadOnlySpan<byte> data, int headerBytes, int width, Span<uint> pixels, PictureMemory memory)
    {
        byte[] padded = memory.Take(data.Length + LosslessReader.Padding);
        data.CopyTo(padded);
        padded.AsSpan(data.Length).Clear();
        LosslessReader reader = new(padded, data.Length);
        for (int i = 0; i < headerBytes; i++)
            reader.Read(8);
        int height = pixels.Length / width;
        List<Transform> transforms = [];
        int packedWidth = width;
        while (reader.ReadBit())
        {
            Transform transform = ReadTransform(ref reader, packedWidth, height);
            if (transforms.Exists(before => before.Kind == transform.Kind))
                Throw.Invalid($"its lossless image is transformed twice in the same way ({transform.Kind}); the data is damaged.");
            transforms.Add(transform);
            packedWidth = transform.PackedWidth;
        }
        int cacheBits = EntropyImage.ReadCacheBits(ref reader);
        CodeMap codes = ReadCodes(ref reader, packedWidth, height, cacheBits);
        EntropyImage.Decode(ref reader, codes, cacheBits, packedWidth, pixels[..(packedWidth * height)]);
        for (int i = transforms.Count - 1; i >= 0; i--)
            transforms[i].Undo(pixels);
    }

    private static Transform ReadTransform(ref LosslessReader reader, int width, int height)
    {
        TransformKind kind = (TransformKind)reader.Read(2);
        switch (kind)
        {
            case TransformKind.Prediction or TransformKind.Color:
                int bits = reader.Read(3) + 2;
                return new Transform(kind, width, height, bits, ReadImage(ref reader, Squares(width, bits), Squares(height, bits)));
            case TransformKind.Palette:
                int colors = reader.Read(8) + 1;
                return Transform.Palette(width, height, ReadImage(ref reader, colors, 1));
            default:
                return new Transform(kind, width, height, 0, []);
        }
    }

    /// <summary>Reads an image that describes another: it has a single group of codes and no transforms.</summary>
    private static uint[] ReadImage(ref LosslessReader reader, int width, int height)
    {
        int cacheBits = EntropyImage.ReadCacheBits(ref reader);
        CodeMap codes = new([new CodeGroup(ref reader, CacheSize(cacheBits))], 0, 0, []);
        uint[] pixels = new uint[width * height];
        EntropyImage.Decode(ref reader, codes, cacheBits, width, pixels);
        return pixels;
    }

    private static CodeMap ReadCodes(ref LosslessReader reader, int width, int height, int cacheBits)
    {
        if (!reader.ReadBit())
            return new CodeMap([new CodeGroup(ref reader, CacheSize(cacheBits))], 0, 0, []);
        int bits = reader.Read(3) + 2;
        int across = Squares(width, bits);
        uint[] image = ReadImage(ref reader, across, Squares(height, bits));
        int[] map = new int[image.Length];
        int groups = 1;
        for (int i = 0; i < map.Length; i++)
        {
            map[i] = (int)(image[i] >> 8 & 0xFFFF); // red and green
            groups = Math.Max(groups, map[i] + 1);
        }
        return new CodeMap(ReadGroups(ref reader, map, groups, CacheSize(cacheBits)), bits, across, map);
    }

    // Groups that no square uses have to be read past, but are not kept: 65,536 can be announced.
    private static CodeGroup[] ReadGroups(ref LosslessReader reader, Span<int> map, int count, int cachedColors)
    {
        bool[] isUsed = new bool[count];
        foreach (int group in map)
            isUsed[group] = true;
        CodeGroup[] groups = new CodeGroup[count];
        for (int i = 0; i < count; i++)
        {
            CodeGroup group = new(ref reader, cachedColors);
            if (isUsed[i])
                groups[i] = group;
        }
        return groups;
    }

    private static int CacheSize(int bits) => bits == 0 ? 0 : 1 << bits;

    /// <summary>How many squares cover a side.</summary>
    public static int Squares(int side, int bits) => (side + (1 << bits) - 1) >> bits;
}

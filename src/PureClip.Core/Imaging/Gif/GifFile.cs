using System.Buffers.Binary;

namespace PureClip.Imaging.Gif;

/// <summary>
/// What of a GIF file decoding needs (GIF89a specification): the canvas and the first frame, as Pillow finds them. Unknown bytes between
/// blocks are skipped, and the canvas grows where the frame reaches beyond it.
/// </summary>
internal readonly ref struct GifFile
{
    private const int ScreenBytes = 13;
    private const int FrameBytes = 9;

    private const byte Extension = (byte)'!';
    private const byte Frame = (byte)',';
    private const byte Trailer = (byte)';';
    private const byte GraphicControl = 0xF9;

    /// <summary>Pixels a row of the canvas.</summary>
    public int Width { get; private init; }

    /// <summary>Rows of the canvas.</summary>
    public int Height { get; private init; }

    /// <summary>The column of the canvas in which the frame begins.</summary>
    public int FrameX { get; private init; }

    /// <summary>The row in which it begins.</summary>
    public int FrameY { get; private init; }

    /// <summary>Pixels a row of the frame.</summary>
    public int FrameWidth { get; private init; }

    /// <summary>Rows of the frame.</summary>
    public int FrameHeight { get; private init; }

    /// <summary>Whether every eighth row comes first.</summary>
    public bool IsInterlaced { get; private init; }

    /// <summary>[colours, 3] red, green, blue; empty where indices are grey themselves.</summary>
    public ReadOnlySpan<byte> Palette { get; private init; }

    /// <summary>The index that is transparent; null where none is.</summary>
    public byte? TransparentIndex { get; private init; }

    /// <summary>The frame's pixels: the size of the codes, then blocks.</summary>
    public ReadOnlySpan<byte> Data { get; private init; }

    /// <summary>Whether a file begins as a GIF does.</summary>
    public static bool HasSignature(ReadOnlySpan<byte> head) => head.StartsWith("GIF87a"u8) || head.StartsWith("GIF89a"u8);

    /// <summary>Reads up to the first frame's pixels.</summary>
    /// <param name="file">The whole file.</param>
    /// <exception cref="InvalidDataException">There is no frame.</exception>
    public static GifFile Parse(ReadOnlySpan<byte> file)
    {
        if (!HasSignature(file))
            throw new InvalidDataException("GIF: the file does not begin with GIF87a or GIF89a; it is no GIF file.");
        ReadOnlySpan<byte> rest = file;
        ReadOnlySpan<byte> screen = Take(ref rest, ScreenBytes, "its header");
        ReadOnlySpan<byte> palette = TakePalette(ref rest, screen[10]);
        byte? transparentIndex = null;
        while (!rest.IsEmpty && rest[0] != Trailer)
        {
            byte kind = rest[0];
            rest = rest[1..];
            if (kind == Frame)
                return ParseFrame(rest, screen, palette, transparentIndex);
            if (kind == Extension)
                transparentIndex = ReadTransparency(ref rest) ?? transparentIndex;
        }
        throw new InvalidDataException("GIF: the file ends without a frame; it is truncated, or holds no picture.");
    }

    private static GifFile ParseFrame(
        ReadOnlySpan<byte> rest, ReadOnlySpan<byte> screen, ReadOnlySpan<byte> palette, byte? transparentIndex)
    {
        ReadOnlySpan<byte> frame = Take(ref rest, FrameBytes, "the header of a frame");
        int x = ReadUInt16(frame), y = ReadUInt16(frame[2..]), width = ReadUInt16(frame[4..]), height = ReadUInt16(frame[6..]);
        if (width == 0 || height == 0)
            throw new InvalidDataException($"GIF: the first frame has {width} x {height} pixels; the file is damaged.");
        bool hasOwnPalette = IsPalette(frame[8]);
        ReadOnlySpan<byte> ownPalette = TakePalette(ref rest, frame[8]);
        return new GifFile
        {
            Width = Math.Max(ReadUInt16(screen[6..]), x + width),
            Height = Math.Max(ReadUInt16(screen[8..]), y + height),
            FrameX = x,
            FrameY = y,
            FrameWidth = width,
            FrameHeight = height,
            IsInterlaced = (frame[8] & 0x40) != 0,
            Palette = hasOwnPalette ? ownPalette : palette,
            TransparentIndex = transparentIndex,
            Data = rest,
        };
    }

    /// <summary>Skips an extension; the index that it declares transparent, if it does.</summary>
    private static byte? ReadTransparency(scoped ref ReadOnlySpan<byte> rest)
    {
        bool isControl = !rest.IsEmpty && rest[0] == GraphicControl;
        byte? index = null;
        rest = rest[Math.Min(1, rest.Length)..];
        while (GifBlocks.TryTake(ref rest, out ReadOnlySpan<byte> block))
        {
            if (isControl && block.Length >= 4 && (block[0] & 1) != 0)
                index = block[3];
            isControl = false; // only the first block counts
        }
        return index;
    }

    /// <summary>A palette, if the flags announce one; empty also where each colour is the grey of its own number.</summary>
    private static ReadOnlySpan<byte> TakePalette(scoped ref ReadOnlySpan<byte> rest, byte flags)
    {
        if (!IsPalette(flags))
            return [];
        ReadOnlySpan<byte> palette = Take(ref rest, 3 << ((flags & 7) + 1), "a palette");
        for (int i = 0; i < palette.Length; i++)
            if (palette[i] != i / 3)
                return palette;
        return [];
    }

    private static bool IsPalette(byte flags) => (flags & 0x80) != 0;

    private static ReadOnlySpan<byte> Take(scoped ref ReadOnlySpan<byte> rest, int length, string what)
    {
        if (rest.Length < length)
            throw new InvalidDataException($"GIF: the file ends where {what} was expected; it is truncated.");
        ReadOnlySpan<byte> taken = rest[..length];
        rest = rest[length..];
        return taken;
    }

    private static int ReadUInt16(ReadOnlySpan<byte> data) => BinaryPrimitives.ReadUInt16LittleEndian(data);
}

/// <summary>The blocks of up to 255 bytes, each after its length, in which GIF stores all data.</summary>
internal static class GifBlocks
{
    /// <summary>Takes the next block off a list of them.</summary>
    /// <returns>False behind the last one: at an empty block, which is taken too, or at one that the file cuts off.</returns>
    public static bool TryTake(scoped ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> block)
    {
        block = [];
        if (rest.IsEmpty)
            return false;
        int length = rest[0];
        if (length > rest.Length - 1)
        {
            rest = [];
            return false;
        }
        block = rest.Slice(1, length);
        rest = rest[(1 + length)..];
        return length > 0;
    }

    /// <summary>Bytes of all blocks up to the last one.</summary>
    public static int CountBytes(ReadOnlySpan<byte> blocks)
    {
        int count = 0;
        while (TryTake(ref blocks, out ReadOnlySpan<byte> block))
            count += block.Length;
        return count;
    }

    /// <summary>Joins all blocks up to the last one.</summary>
    /// <param name="blocks">What begins with the first block.</param>
    /// <param name="data">[<see cref="CountBytes"/>].</param>
    public static void Join(ReadOnlySpan<byte> blocks, Span<byte> data)
    {
        while (TryTake(ref blocks, out ReadOnlySpan<byte> block))
        {
            block.CopyTo(data);
            data = data[block.Length..];
        }
    }
}

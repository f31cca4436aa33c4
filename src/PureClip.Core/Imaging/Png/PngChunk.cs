namespace PureClip.Imaging.Png;

/// <summary>A chunk of a PNG file (PNG specification, 5.3).</summary>
/// <param name="type">Four letters in file order, the first in the highest byte.</param>
/// <param name="body">The chunk's data.</param>
internal readonly ref struct PngChunk(uint type, ReadOnlySpan<byte> body)
{
    public const uint Ihdr = 0x49484452;
    public const uint Plte = 0x504C5445;
    public const uint Trns = 0x74524E53;
    public const uint Exif = 0x65584966;
    public const uint Idat = 0x49444154;
    public const uint Iend = 0x49454E44;

    /// <summary>Apple's own leading chunk: pixels follow in another order and without zlib's frame.</summary>
    public const uint CgBi = 0x43674249;

    public uint Type { get; } = type;

    public ReadOnlySpan<byte> Body { get; } = body;

    /// <summary>The type as its four letters.</summary>
    public static string NameOf(uint type) =>
        string.Create(4, type, (name, value) =>
        {
            for (int i = 0; i < 4; i++)
                name[i] = (char)(byte)(value >> (24 - 8 * i));
        });
}

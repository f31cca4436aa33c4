namespace PureClip.Imaging.Raw;

/// <summary>
/// Cameras' raw files in TIFF's form: DNG, NEF, ARW, CR2 and their like. They begin as a TIFF does, so that decoders of TIFF take them for
/// one and show the thumbnail in their first directory; what tells them is in that directory.
/// </summary>
internal static class CameraRaw
{
    public const ushort NewSubfileType = 254, Compression = 259, Photometric = 262;
    private const ushort DngVersion = 50706; // DNG specification 1.7

    // TIFF 6.0, tag 254: the picture is a smaller one of another in the file.
    private const uint Reduced = 1;

    /// <summary>What kind of raw file it is, for messages: "DNG"; null where it is none that begins as a TIFF does.</summary>
    /// <param name="file">The whole file, or its beginning: what lies behind it is not seen.</param>
    public static string? KindOf(ReadOnlySpan<byte> file)
    {
        if (!TiffFile.TryOpen(file, out TiffFile tiff))
            return null;
        if (tiff.IsLittleEndian && file.Length > 10 && file[8..].StartsWith("CR"u8))
            return "Canon CR2";
        TiffDirectory first = tiff.First;
        if (first.Has(DngVersion))
            return "DNG";
        return IsReduced(first) || HoldsSensorData(first) ? "in TIFF's form, as NEF and ARW are" : null;
    }

    /// <summary>The largest preview inside; null where there is none, or it is no raw file in TIFF's form.</summary>
    public static RawPreview? PreviewOf(ReadOnlySpan<byte> file) =>
        KindOf(file) is not null && TiffFile.TryOpen(file, out TiffFile tiff) ? RawPreviews.Largest(tiff) : null;

    /// <summary>Whether a directory's picture is marked as a smaller one of another.</summary>
    public static bool IsReduced(TiffDirectory directory) => ((directory.Find(NewSubfileType)[0] ?? 0) & Reduced) != 0;

    // Colour filter arrays (TIFF/EP, 5.1; DNG: linear raw), and the compressions of Sony, Nikon, Samsung and Pentax.
    private static bool HoldsSensorData(TiffDirectory directory) =>
        directory.Find(Photometric)[0] is 32803 or 34892 || directory.Find(Compression)[0] is 32767 or 34713 or 32769 or 65535;
}

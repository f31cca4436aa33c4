namespace PureClip.Imaging;

/// <summary>Finds the orientation in EXIF data (a TIFF structure; EXIF 2.3, 4.6.4 A, tag 0x0112), as Pillow's reader of TIFF tags does.</summary>
internal static class ExifOrientation
{
    private const ushort OrientationTag = 0x0112;

    /// <summary>Reads the orientation.</summary>
    /// <param name="tiff">The bytes after <c>Exif\0\0</c> in a JPEG file, or the contents of a PNG file's eXIf chunk.</param>
    /// <returns>1 to 8; 1 (as stored) where there is none or the data is not in order, since a picture should not fail for it.</returns>
    public static int Read(ReadOnlySpan<byte> tiff) => Find(tiff) ?? 1;

    /// <summary>Looks for the tag.</summary>
    /// <param name="tiff">As for <see cref="Read"/>.</param>
    /// <returns>
    /// 1 to 8, 1 also for values that EXIF does not define; null where the first directory has no such tag. Of several the last counts, of
    /// several values the first.
    /// </returns>
    public static int? Find(ReadOnlySpan<byte> tiff)
    {
        if (!TiffFile.TryOpen(tiff, out TiffFile file) || file.First.Find(OrientationTag) is not { IsEmpty: false } entry)
            return null;
        return entry.FirstNumber is double value and >= 1 and <= 8 && value == (int)value ? (int)value : 1;
    }
}

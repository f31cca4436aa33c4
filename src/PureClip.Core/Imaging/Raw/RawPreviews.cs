using System.Buffers.Binary;
using PureClip.Imaging.Jpeg;

namespace PureClip.Imaging.Raw;

/// <summary>A JPEG inside a raw file.</summary>
/// <param name="Offset">Where it begins.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="Width">Its pixels a row.</param>
/// <param name="Height">Its rows.</param>
internal readonly record struct RawPreview(int Offset, int Length, int Width, int Height);

/// <summary>
/// Looks for the JPEGs that cameras and converters put into raw files. Found by the directories alone (the first, those chained to it, and
/// their sub-directories), never by searching for a JPEG's first bytes: sensor data may be JPEG too, of 8 bits even, and shows nothing.
/// </summary>
internal static class RawPreviews
{
    // Cameras write half a dozen; a crafted file may chain them in circles.
    private const int MostDirectories = 64, MostLevels = 3;

    private const ushort StripOffsets = 273, StripByteCounts = 279, SubDirectories = 330, JpegOffset = 513, JpegLength = 514;

    // TIFF 6.0, tag 259, and its technical note 2; tag 262: 6 is YCbCr.
    private const uint OldJpeg = 6, NewJpeg = 7, YCbCr = 6;

    /// <summary>The one with the most pixels; null where there is none.</summary>
    public static RawPreview? Largest(TiffFile tiff)
    {
        RawPreview? best = null;
        int left = MostDirectories;
        Walk(tiff, tiff.FirstOffset, MostLevels, ref left, ref best);
        return best;
    }

    private static void Walk(TiffFile tiff, uint offset, int levels, ref int left, ref RawPreview? best)
    {
        for (; offset != 0 && left > 0; left--)
        {
            TiffDirectory directory = tiff.DirectoryAt(offset);
            Consider(tiff, directory, ref best);
            TiffEntry below = directory.Find(SubDirectories);
            for (int i = 0; levels > 1 && i < below.Count && left > 0; i++)
                Walk(tiff, below[i] ?? 0, levels - 1, ref left, ref best);
            offset = directory.Next;
        }
    }

    // Either the two tags of old that point to a JPEG, or the one strip of a picture that is marked as a smaller one - in CR2's first
    // directory it is not marked, but compressed in the old way, as sensor data never is.
    private static void Consider(TiffFile tiff, TiffDirectory directory, ref RawPreview? best)
    {
        Consider(tiff, directory.Find(JpegOffset), directory.Find(JpegLength), ref best);
        uint? compression = directory.Find(CameraRaw.Compression)[0], photometric = directory.Find(CameraRaw.Photometric)[0];
        bool isPreview = compression is OldJpeg || (compression is NewJpeg && CameraRaw.IsReduced(directory));
        if (isPreview && photometric is null or YCbCr)
            Consider(tiff, directory.Find(StripOffsets), directory.Find(StripByteCounts), ref best);
    }

    private static void Consider(TiffFile tiff, TiffEntry offsets, TiffEntry lengths, ref RawPreview? best)
    {
        if (offsets.Count != 1 || lengths.Count != 1 || offsets[0] is not uint offset || lengths[0] is not uint length
            || offset + (long)length > tiff.Bytes.Length)
            return;
        if (SizeOf(tiff.Bytes.Slice((int)offset, (int)length)) is not (int width, int height))
            return;
        if (best is not { } other || (long)width * height > (long)other.Width * other.Height)
            best = new((int)offset, (int)length, width, height);
    }

    /// <summary>Width and height of a JPEG of 8 bits and three components in a process of every day; null for any other.</summary>
    private static (int Width, int Height)? SizeOf(ReadOnlySpan<byte> jpeg)
    {
        if (!jpeg.StartsWith((ReadOnlySpan<byte>)[0xFF, JpegMarker.StartOfImage, 0xFF]))
            return null;
        for (int at = MarkerReader.Find(jpeg, 2); at >= 0 && at + 8 < jpeg.Length; at = MarkerReader.Find(jpeg, at))
        {
            byte marker = jpeg[at];
            ReadOnlySpan<byte> segment = jpeg[(at + 1)..]; // length, then in a frame: bits, height, width, components
            if (marker is JpegMarker.BaselineFrame or JpegMarker.ExtendedFrame or JpegMarker.ProgressiveFrame)
            {
                int height = BinaryPrimitives.ReadUInt16BigEndian(segment[3..]), width = BinaryPrimitives.ReadUInt16BigEndian(segment[5..]);
                return segment[2] == 8 && segment[7] == 3 && width > 0 && height > 0 ? (width, height) : null;
            }
            bool isOtherFrame = marker is > JpegMarker.ProgressiveFrame and <= JpegMarker.LastFrame
                and not (JpegMarker.HuffmanTables or 0xC8 or JpegMarker.ArithmeticConditioning);
            if (isOtherFrame || marker is JpegMarker.StartOfScan or JpegMarker.EndOfImage)
                return null;
            at += 1 + Math.Max(2, (int)BinaryPrimitives.ReadUInt16BigEndian(segment));
            if (at >= jpeg.Length)
                return null;
        }
        return null;
    }
}


namespace PureClip.Imaging.Jpeg;

/// <summary>
/// Decodes JPEG files (ITU-T T.81): baseline, extended sequential and progressive, with Huffman or arithmetic coding, 8 bits a sample, 1, 3
/// or 4 components. Pixels equal Pillow's (libjpeg-turbo 2.1, default settings) bit for bit; 4 components give
/// <see cref="PixelMode.Cmyk"/>. Damage within entropy-coded data is tolerated as libjpeg does; truncated files are rejected as
/// Pillow does, or shown as far as they go (<see cref="ImageDecoderOptions.Tolerant"/>).
/// </summary>
internal sealed class JpegDecoder : IPictureFormat
{
    /// <summary>
    /// How many scans may go through all blocks of a picture. Encoders write about 10; each bit of each coefficient by itself
    /// would take 14 for DC and 14 for AC in as many bands as are useful. The limit keeps a small file with thousands of empty
    /// scans over a large picture from taking minutes.
    /// </summary>
    private const int MaxPasses = 100;

    /// <summary>Blocks that are decoded whatever the size of the picture: a fraction of a second.</summary>
    private const long FreeBlocks = 1 << 20;

    /// <inheritdoc/>
    public string FormatName => "JPEG";

    /// <inheritdoc/>
    public IReadOnlyList<string> Extensions { get; } = [".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"];

    /// <inheritdoc/>
    public string MediaType => "image/jpeg";

    /// <inheritdoc/>
    public bool Recognizes(ReadOnlySpan<byte> head) => head.StartsWith((ReadOnlySpan<byte>)[0xFF, JpegMarker.StartOfImage, 0xFF]);

    /// <inheritdoc/>
    public RasterImage Decode(ReadOnlySpan<byte> file, ImageDecoderOptions options, PictureMemory memory)
    {
        if (!Recognizes(file))
            Throw.Invalid("the file does not begin with FF D8 FF; it is no JPEG file.");
        var markers = new MarkerReader(file, options.Tolerant) { Position = 2 };
        var header = new JpegHeader(options.MaxPixels);
        JpegScan scan = ReadToScan(ref markers, header) ?? Throw.Invalid<JpegScan>("the file ends without a scan; it holds no picture.");
        JpegFrame frame = header.Frame!;
        if (options.WantedSide is int wanted)
            frame.Reduce(wanted);
        int orientation = header.Orientation; // of what follows the first scan, Pillow looks at scans only
        var segment = new EntropySegment(memory, options.Tolerant);
        PictureAssembler assembler;
        if (!frame.IsProgressive && scan.Parts.Length == frame.Components.Length)
        {
            assembler = new PictureAssembler(frame, header.Color, options.ConvertsCmyk, memory);
            DecodeOneScan(ref markers, header, scan, assembler, segment);
        }
        else
        {
            using CoefficientMemory room = CoefficientMemory.Take(frame.Blocks, options.MaxPixels);
            assembler = new PictureAssembler(frame, header.Color, options.ConvertsCmyk, memory);
            DecodeManyScans(ref markers, header, scan, assembler, segment);
        }
        return new RasterImage(assembler.Mode, frame.OutputWidth, frame.OutputHeight, assembler.Pixels, memory)
        {
            Orientation = orientation,
        };
    }

    /// <summary>Reads segments up to a scan's header; null at the end of the picture.</summary>
    private static JpegScan? ReadToScan(ref MarkerReader markers, JpegHeader header)
    {
        while (true)
        {
            byte marker = markers.ReadMarker();
            switch (marker)
            {
                case JpegMarker.EndOfImage:
                    return null;
                case JpegMarker.StartOfScan:
                    JpegFrame frame = header.Frame ?? Throw.Invalid<JpegFrame>("a scan before the frame it belongs to.");
                    return JpegScan.Read(markers.ReadSegment("SOS"), frame);
                case JpegMarker.Temporary:
                case >= JpegMarker.FirstRestart and <= JpegMarker.LastRestart:
                    break; // no parameters, and no meaning between segments
                default:
                    header.Read(marker, ref markers);
                    break;
            }
        }
    }

    /// <summary>All components in one scan: only one row of MCUs is kept. What follows the scan is not looked at.</summary>
    private static void DecodeOneScan(
        ref MarkerReader markers, JpegHeader header, JpegScan scan, PictureAssembler assembler, EntropySegment segment)
    {
        JpegFrame frame = header.Frame!;
        header.AddStandardTables();
        foreach (JpegComponent component in frame.Components)
            component.Allocate(mcuRows: 1, segment.Memory);
        var decoder = new ScanDecoder(markers.File, markers.Position, header, scan, segment);
        for (int row = 0; row < frame.McusDown; row++)
        {
            foreach (JpegComponent component in frame.Components)
                component.Coefficients.Clear();
            decoder.DecodeRow(target: 0);
            assembler.AddRow(row, source: 0);
        }
        if (!JpegMarker.IsSupported(decoder.Marker))
            Throw.Invalid($"the picture's data ends with marker 0x{decoder.Marker:X2}, which has no meaning; the data is damaged.");
    }

    /// <summary>Coefficients from several scans: all of them are kept until the picture's last scan.</summary>
    private static void DecodeManyScans(
        ref MarkerReader markers, JpegHeader header, JpegScan first, PictureAssembler assembler, EntropySegment segment)
    {
        JpegFrame frame = header.Frame!;
        if (!frame.IsProgressive)
            header.AddStandardTables();
        foreach (JpegComponent component in frame.Components)
            component.Allocate(frame.McusDown, segment.Memory);
        long budget = Math.Max(FreeBlocks, MaxPasses * frame.Blocks);
        int scans = 0;
        for (JpegScan? scan = first; scan is not null; scan = ReadToScan(ref markers, header))
        {
            var decoder = new ScanDecoder(markers.File, markers.Position, header, scan, segment);
            budget -= decoder.Blocks;
            if (budget < 0)
                Throw.Invalid($"the scans go through the picture more than {MaxPasses} times, which no encoder does.");
            for (int row = 0; row < decoder.Rows; row++)
                decoder.DecodeRow(target: row);
            frame.LastGoodRow = decoder.LastGoodRow;
            scan.MarkBits(isFirst: scans == 0);
            scans++;
            markers.ContinueBehindScan(decoder.End);
        }
        if (scans == 1)
            foreach (JpegComponent component in frame.Components)
                Array.Fill(component.PreviousBits, JpegComponent.Unknown);
        assembler.SmoothBlocks();
        for (int row = 0; row < frame.McusDown; row++)
            assembler.AddRow(row, source: row);
    }
}

/// <summary>The one way in which this folder rejects a file.</summary>
internal abstract class Throw : Rejection<JpegDecoder>;

using System.Buffers.Binary;
using PureClip.Imaging;
using PureClip.Imaging.Jpeg;

namespace PureClip.Tests.Imaging.Jpeg;

public class JpegDecoderTests
{
    private const byte StartOfScan = 0xDA;

    private static readonly IImageDecoder Decoder = new JpegDecoder();

    [Fact]
    public void Committed_files_decode_as_Pillow_decodes_them() =>
        Assert.Equal(18, PictureList.Check(TestData.PathOf("pictures/jpeg"), "checksums.json"));

    [Fact]
    public void Files_are_recognised_by_their_first_three_bytes()
    {
        Assert.True(Decoder.Recognizes([0xFF, 0xD8, 0xFF, 0xE0]));
        Assert.False(Decoder.Recognizes([0xFF, 0xD8]));
        Assert.False(Decoder.Recognizes([0x89, 0x50, 0x4E, 0x47]));
        Assert.Throws<InvalidDataException>(() => Decoder.Decode([1, 2, 3], ImageDecoderOptions.Default));
        Assert.Throws<InvalidDataException>(() => Decoder.Decode([], ImageDecoderOptions.Default));
    }

    [Theory]
    [InlineData(0xC3, "lossless")]
    [InlineData(0xC5, "hierarchical")]
    [InlineData(0xCB, "lossless")]
    [InlineData(0xCD, "hierarchical")]
    public void Other_processes_are_rejected_by_name(byte marker, string word)
    {
        byte[] file = Read("baseline_420.jpg");
        file[FrameOf(file) + 1] = marker;
        AssertRejected(file, word);
    }

    [Fact]
    public void Samples_of_12_bits_are_rejected()
    {
        byte[] file = Read("baseline_420.jpg");
        file[FrameOf(file) + 4] = 12;
        AssertRejected(file, "12 bits");
    }

    [Fact]
    public void A_large_picture_is_rejected_before_it_is_allocated()
    {
        byte[] file = Read("baseline_420.jpg");
        BinaryPrimitives.WriteUInt16BigEndian(file.AsSpan(FrameOf(file) + 5), 60000);
        BinaryPrimitives.WriteUInt16BigEndian(file.AsSpan(FrameOf(file) + 7), 60000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        AssertRejected(file, "60000 x 60000");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void A_height_that_is_left_to_a_DNL_segment_is_rejected()
    {
        byte[] file = Read("baseline_420.jpg");
        BinaryPrimitives.WriteUInt16BigEndian(file.AsSpan(FrameOf(file) + 5), 0);
        AssertRejected(file, "DNL");
    }

    [Theory]
    [InlineData(0x32, 0x21)]
    [InlineData(0x33, 0x12)]
    [InlineData(0x41, 0x31)]
    public void Fractional_sampling_ratios_are_rejected(byte luma, byte chroma)
    {
        byte[] file = Read("baseline_420.jpg");
        file[FrameOf(file) + 11] = luma;
        file[FrameOf(file) + 14] = chroma;
        AssertRejected(file, "whole ratios");
    }

    [Theory]
    [InlineData(0x01)]
    [InlineData(0x10)]
    [InlineData(0x52)]
    public void Sampling_factors_outside_1_to_4_are_rejected(byte factors)
    {
        byte[] file = Read("baseline_420.jpg");
        file[FrameOf(file) + 11] = factors;
        AssertRejected(file, "sampling factors");
    }

    [Theory]
    [InlineData("baseline_420.jpg")]
    [InlineData("progressive_440.jpg")]
    [InlineData("successive_restart.jpg")]
    [InlineData("sequential_scans_410.jpg")]
    public void A_file_truncated_at_any_byte_is_rejected(string name)
    {
        byte[] file = Read(name);
        for (int length = 0; length < file.Length; length++)
            Assert.Throws<InvalidDataException>(() => Decoder.Decode(file.AsSpan(0, length), ImageDecoderOptions.Default));
    }

    [Theory]
    [InlineData("baseline_420.jpg")]
    [InlineData("progressive_440.jpg")]
    public void Every_byte_of_every_header_may_be_anything(string name)
    {
        byte[] file = Read(name);
        int end = file.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, StartOfScan]) + 20;
        foreach (byte value in new byte[] { 0, 1, 0x7F, 0xFF })
            for (int i = 0; i < end; i++)
            {
                byte[] changed = [.. file];
                changed[i] = value;
                DecodeOrReject(changed);
            }
    }

    [Fact]
    public void Every_segment_may_be_cut_short()
    {
        byte[] file = Read("exif_orientation_6.jpg");
        for (int position = 2; file[position + 1] != StartOfScan; position += 2 + Length(file, position))
            for (int cut = 1; cut <= Length(file, position) - 2; cut++)
            {
                int kept = Length(file, position) - cut;
                byte[] changed = [.. file[..(position + 2 + kept)], .. file[(position + 2 + kept + cut)..]];
                BinaryPrimitives.WriteUInt16BigEndian(changed.AsSpan(position + 2), (ushort)kept);
                DecodeOrReject(changed);
            }
    }

    [Fact]
    public void What_follows_the_picture_does_not_matter()
    {
        byte[] file = Read("restart_411.jpg");
        byte[] longer = [.. file, 0xFF, 0xD8, 0xFF, 1, 2, 3];
        Assert.Equal(Decode(file).Pixels, Decode(longer).Pixels);
    }

    [Fact]
    public void A_data_segment_that_ends_early_leaves_the_rest_grey()
    {
        byte[] file = Read("grey_2x2.jpg");
        int scan = file.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, StartOfScan]);
        byte[] shortened = [.. file[..(scan + 2 + Length(file, scan))], 0xFF, 0xD9];
        // Zero bits still make the first block; from the second on there is none.
        RasterImage image = Decode(shortened);
        Assert.Equal(128, image.Pixels[^1]);
    }

    [Theory]
    [InlineData("pictures/jpeg/baseline_420.jpg")]
    [InlineData("pictures/jpeg/successive_restart.jpg")]
    [InlineData("pictures/odd/arithmetic-progressive.jpg")]
    public void A_tolerant_reading_shows_every_file_that_is_cut_behind_its_first_scans_header(string name)
    {
        byte[] file = File.ReadAllBytes(TestData.PathOf(name));
        RasterImage whole = Decode(file);
        ImageDecoderOptions tolerant = new() { Tolerant = true };
        int scan = file.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, StartOfScan]);
        int headers = scan + 2 + Length(file, scan);
        for (int length = headers; length < file.Length; length++)
            Assert.Equal(whole.Pixels.Length, Decoder.Decode(file.AsSpan(0, length), tolerant).Pixels.Length);
        Assert.Equal(whole.Pixels, Decoder.Decode(file, tolerant).Pixels);
        for (int length = 0; length < headers; length++)
            Assert.Throws<InvalidDataException>(() => Decoder.Decode(file.AsSpan(0, length), tolerant));
    }

    [Fact]
    public void A_reduced_picture_is_never_whole_in_memory()
    {
        byte[] file = Large("baseline_420.jpg", 8000, 8000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        RasterImage image = Decoder.Decode(file, new ImageDecoderOptions { WantedSide = 1000 });
        Assert.Equal((1000, 1000), (image.Width, image.Height));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 3_000_000, 8_000_000); // of 192 MB whole
    }

    [Fact]
    public void Coefficients_that_no_data_brings_take_no_memory()
    {
        byte[] file = Large("progressive_440.jpg", 6000, 6000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        RasterImage image = Decode(file);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before - image.Pixels.Length, 0, 16 << 20); // of 144 MB
    }

    [Fact]
    public void Inks_can_become_colours_while_they_are_decoded()
    {
        RasterImage inks = Decode(Read("cmyk.jpg"));
        RasterImage colors = Decoder.Decode(Read("cmyk.jpg"), new ImageDecoderOptions { ConvertsCmyk = true });
        Assert.Equal((PixelMode.Cmyk, PixelMode.Rgb), (inks.Mode, colors.Mode));
        Assert.Equal(RgbConversion.ToRgb(inks, background: null).Pixels, colors.Pixels);
    }

    [Fact]
    public void Endless_scans_are_rejected_soon()
    {
        byte[] file = Read("progressive_440.jpg");
        BinaryPrimitives.WriteUInt16BigEndian(file.AsSpan(FrameOf(file) + 5), 10000);
        BinaryPrimitives.WriteUInt16BigEndian(file.AsSpan(FrameOf(file) + 7), 2000);
        int scan = file.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, StartOfScan]);
        byte[] header = file[scan..(scan + 2 + Length(file, scan))];
        byte[] endless = [.. file[..scan], .. Enumerable.Repeat(header, 5000).SelectMany(h => h), 0xFF, 0xD9];
        AssertRejected(endless, "times");
    }

    /// <summary>A committed file that declares another size.</summary>
    private static byte[] Large(string name, ushort width, ushort height)
    {
        byte[] file = Read(name);
        BinaryPrimitives.WriteUInt16BigEndian(file.AsSpan(FrameOf(file) + 5), height);
        BinaryPrimitives.WriteUInt16BigEndian(file.AsSpan(FrameOf(file) + 7), width);
        return file;
    }

    private static byte[] Read(string name) => File.ReadAllBytes(TestData.PathOf("pictures/jpeg/" + name));

    private static RasterImage Decode(byte[] file) => Decoder.Decode(file, ImageDecoderOptions.Default);

    private static int FrameOf(byte[] file)
    {
        int position = 2;
        while (file[position + 1] is not (0xC0 or 0xC1 or 0xC2))
            position += 2 + Length(file, position);
        return position;
    }

    private static int Length(byte[] file, int marker) => BinaryPrimitives.ReadUInt16BigEndian(file.AsSpan(marker + 2));

    private static void AssertRejected(byte[] file, string word) =>
        Assert.Contains(word, Assert.Throws<InvalidDataException>(() => Decode(file)).Message, StringComparison.Ordinal);

    private static void DecodeOrReject(byte[] file)
    {
        try
        {
            Decoder.Decode(file, new ImageDecoderOptions { MaxPixels = 1 << 20 });
        }
        catch (InvalidDataException)
        {
            // the other allowed outcome
        }
    }
}

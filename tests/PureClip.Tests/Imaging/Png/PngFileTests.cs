using PureClip.Imaging.Png;

namespace PureClip.Tests.Imaging.Png;

public class PngFileTests
{
    [Fact]
    public void A_file_without_the_signature_is_rejected() =>
        Rejects("does not begin", [0x89, (byte)'P', (byte)'N', (byte)'G', 10, 13, 26, 10]);

    [Fact]
    public void A_signature_alone_is_rejected() => Rejects("no header", new PngBuilder().Bytes());

    [Fact]
    public void Another_first_chunk_than_the_header_is_rejected() =>
        Rejects("instead of IHDR", new PngBuilder().Chunk("gAMA", 0, 0, 0, 1).Header(1, 1, 8, 0).Pixels(0, 0).End());

    [Fact]
    public void Apples_variation_is_rejected_by_name() => Rejects("CgBI", new PngBuilder().Chunk("CgBI", 0, 0, 0, 0).Bytes());

    [Fact]
    public void A_second_header_is_rejected() =>
        Rejects("two headers", new PngBuilder().Header(1, 1, 8, 0).Header(1, 1, 8, 0).Pixels(0, 0).End());

    [Fact]
    public void A_file_without_pixels_is_rejected() => Rejects("no IDAT", new PngBuilder().Header(1, 1, 8, 0).End());

    [Fact]
    public void Pixels_behind_the_end_are_not_found() =>
        Rejects("no IDAT", new PngBuilder().Header(1, 1, 8, 0).Chunk("IEND").Pixels(0, 0).Bytes());

    [Fact]
    public void A_missing_palette_is_rejected() => Rejects("no palette", new PngBuilder().Header(1, 1, 8, 3).Pixels(0, 0).End());

    [Fact]
    public void A_palette_behind_the_pixels_is_rejected() =>
        Rejects("no palette", new PngBuilder().Header(1, 1, 8, 3).Pixels(0, 0).Chunk("PLTE", 1, 2, 3).End());

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(771)]
    public void A_palette_of_an_impossible_length_is_rejected(int bytes) =>
        Rejects($"{bytes} bytes", new PngBuilder().Header(1, 1, 8, 3).Chunk("PLTE", new byte[bytes]).Pixels(0, 0).End());

    [Theory]
    [InlineData(0, 1)]
    [InlineData(2, 5)]
    public void A_transparent_colour_that_is_too_short_is_rejected(int color, int bytes) =>
        Rejects("tRNS", new PngBuilder().Header(1, 1, 8, color).Chunk("tRNS", new byte[bytes]).Pixels(0, 0, 0, 0).End());

    [Fact]
    public void A_chunk_longer_than_the_file_is_rejected() =>
        Rejects("declares 2147483647 bytes", new PngBuilder().Header(1, 1, 8, 0).ChunkDeclaring(int.MaxValue, "tEXt", 1, 2, 3).Bytes());

    [Fact]
    public void A_chunk_longer_than_the_file_is_rejected_behind_the_pixels_too() =>
        Rejects("declares", new PngBuilder().Header(1, 1, 8, 0).Pixels(0, 0).ChunkDeclaring(100, "tEXt", 1, 2, 3).Bytes());

    [Fact]
    public void A_chunk_without_its_checksum_is_rejected() => Rejects("ends inside", new PngBuilder().Header(1, 1, 8, 0).Bytes()[..^1]);

    [Theory]
    [InlineData("PLTE")]
    [InlineData("tEXt")]
    public void A_wrong_checksum_before_the_pixels_is_rejected(string type) =>
        Rejects("checksum", new PngBuilder().Header(1, 1, 8, 0).ChunkWithWrongChecksum(type, 1, 2, 3).Pixels(0, 0).End());

    [Fact]
    public void A_type_that_is_not_four_letters_is_rejected_before_the_pixels() =>
        Rejects("no IDAT", new PngBuilder().Header(1, 1, 8, 0).Chunk("a b\0").Pixels(0, 0).End());

    [Fact]
    public void From_the_pixels_on_checksums_and_the_end_do_not_matter()
    {
        byte[] file = new PngBuilder().Header(1, 1, 8, 0).ChunkWithWrongChecksum("IDAT", 1, 2, 3).ChunkWithWrongChecksum("tEXt").Bytes();
        Assert.Equal([1, 2, 3], Parse(file).CompressedPixels.ToArray());
    }

    [Fact]
    public void Only_data_chunks_in_one_run_hold_pixels()
    {
        PngBuilder twoRuns = new PngBuilder().Header(1, 1, 8, 0)
            .Chunk("IDAT", 1).Chunk("IDAT").Chunk("IDAT", 2).Chunk("tEXt").Chunk("IDAT", 3);
        Assert.Equal([1, 2], Parse(twoRuns.End()).CompressedPixels.ToArray());
    }

    [Fact]
    public void The_last_orientation_counts_and_damaged_exif_is_none()
    {
        byte[] turned = [.. "II*\0"u8, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0];
        PngBuilder builder = new PngBuilder().Header(1, 1, 8, 0).Chunk("eXIf", 1, 2, 3).Pixels(0, 0);
        Assert.Equal(1, Parse(builder.Bytes()).Orientation);
        Assert.Equal(6, Parse(builder.Chunk("eXIf", turned).End()).Orientation);
    }

    private static PngFile Parse(byte[] file) => PngFile.Parse(file, maxPixels: 100);

    private static void Rejects(string because, byte[] file) =>
        Assert.Contains(because, Assert.Throws<InvalidDataException>(() => Parse(file)).Message);
}

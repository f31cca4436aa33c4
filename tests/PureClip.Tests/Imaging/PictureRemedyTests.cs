using PureClip.Imaging;

namespace PureClip.Tests.Imaging;

/// <summary>What is said to help does help, and what helps is said.</summary>
public sealed class PictureRemedyTests
{
    // Strides through a file that meet headers, chunks, scans and the last bytes.
    private const int Cuts = 60;

    public static TheoryData<string> Files =>
    [
        .. Directory.GetFiles(TestData.PathOf("pictures"), "*.*", SearchOption.AllDirectories)
            .Where(path => ImageFormats.Find(File.ReadAllBytes(path).AsSpan(0, (int)Math.Min(256, new FileInfo(path).Length))) is not null)
            .Where(path => new FileInfo(path).Length is > 64 and < 60_000)
            .GroupBy(path => Path.GetExtension(path)).SelectMany(kind => kind.Order(StringComparer.Ordinal).Take(12))
            .Select(path => Path.GetRelativePath(TestData.PathOf("pictures"), path)),
    ];

    [Theory]
    [MemberData(nameof(Files))]
    public void Tolerance_is_a_remedy_exactly_where_it_helps(string file)
    {
        byte[] whole = File.ReadAllBytes(TestData.PathOf($"pictures/{file}"));
        for (int cut = 0; cut < Cuts; cut++)
        {
            byte[] rest = whole[..(int)((long)whole.Length * (cut + 1) / (Cuts + 1))];
            if (Decode(rest, tolerant: false) is not Exception refused)
                continue; // the pixels were all there
            bool helps = Decode(rest, tolerant: true) is null;
            Assert.True(
                helps == (ImageFormats.RemedyFor(refused) == PictureRemedy.Tolerance), $"{rest.Length} of {whole.Length}: {refused.Message}");
        }
    }

    [Theory]
    [InlineData("png")]
    [InlineData("jpg")]
    [InlineData("bmp")]
    [InlineData("gif")]
    [InlineData("webp")]
    public void A_limit_of_pixels_is_to_be_raised_where_it_refuses(string extension)
    {
        string path = Directory.GetFiles(TestData.PathOf("pictures"), $"*.{extension}", SearchOption.AllDirectories)
            .First(path => Decode(File.ReadAllBytes(path), tolerant: false) is null);
        Exception refused = Assert.Throws<InvalidDataException>(() => ImageFormats.Decode(File.ReadAllBytes(path), new() { MaxPixels = 1 }));
        Assert.Equal(PictureRemedy.MorePixels, ImageFormats.RemedyFor(refused));
        Assert.EndsWith("or raise the limit of pixels.", refused.Message);
    }

    [Fact]
    public void A_limit_of_bytes_is_to_be_raised_where_it_refuses_and_where_that_helps()
    {
        string path = TestData.PathOf("gallery/cat.png");
        Exception refused = Assert.Throws<InvalidDataException>(() => ImageFormats.ReadFile(path, new() { MaxFileBytes = 100 }));
        Assert.Equal(PictureRemedy.MoreBytes, ImageFormats.RemedyFor(refused));
        Assert.Equal(PictureRemedy.MoreBytes, ImageFormats.RemedyFor(new InvalidOperationException("around it", refused)));
        Assert.Equal(PictureRemedy.None, ImageFormats.RemedyFor(new InvalidDataException("another")));
        Assert.Throws<ArgumentNullException>(() => ImageFormats.RemedyFor(null!));
    }

    [Fact]
    public void What_no_array_holds_has_no_limit_to_be_raised()
    {
        Exception refused = Assert.Throws<InvalidDataException>(() => Refusal.RequirePixels("It", 65_535, 65_535, 1, maxPixels: 1));
        Assert.Equal(PictureRemedy.SmallerPicture, ImageFormats.RemedyFor(refused));
        Refusal.RequirePixels("It", 46_340, 46_340, 1, long.MaxValue);
    }

    private static Exception? Decode(byte[] file, bool tolerant) =>
        Record.Exception(() => ImageFormats.Decode(file, new() { Tolerant = tolerant }));
}

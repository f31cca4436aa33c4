using System.Buffers.Binary;
using PureClip.Imaging;
using PureClip.Imaging.Raw;
using Xunit.Abstractions;

namespace PureClip.Tests.Imaging.Raw;

/// <summary>Raw files by the JPEG inside; <c>tools/golden/make_every.py</c> writes the files.</summary>
public class CameraPreviewTests(ITestOutputHelper output)
{
    private static readonly IReadOnlyList<IImageDecoder> WithPreviews = [ImageFormats.CameraPreviews, .. ImageFormats.BuiltIn];

    [Theory]
    [InlineData("every/camera.dng", 96, 72, 6)]
    [InlineData("raw/big-endian.dng", 96, 72, 1)]
    [InlineData("raw/small-preview.dng", 40, 30, 6)]
    [InlineData("raw/canon.cr2", 100, 80, 1)]
    public void The_largest_preview_is_shown_turned_as_the_raw_file_says(string name, int width, int height, int orientation)
    {
        byte[] file = Read(name);
        RasterImage image = ImageFormats.Decode(file, decoders: WithPreviews);
        Assert.Equal((width, height, orientation), (image.Width, image.Height, image.Orientation));

        TiffFile.TryOpen(file, out TiffFile tiff);
        RawPreview preview = RawPreviews.Largest(tiff)!.Value;
        Assert.Equal(ImageFormats.Decode(file.AsSpan(preview.Offset, preview.Length)).Pixels, image.Pixels);
    }

    [Theory]
    [InlineData("raw/no-preview.dng", "no ordinary JPEG as a preview.")]
    [InlineData("raw/sensor-is-jpeg.dng", "no ordinary JPEG as a preview.")]
    [InlineData("raw/small-preview.dng", "but one of 40 x 30 pixels; 64 are needed.")]
    public void What_has_none_that_is_large_enough_is_refused(string name, string words)
    {
        ImageDecoderOptions model = new ImagePreprocessorConfig { ShortestEdge = 64 }.DecoderOptions(new());
        Assert.Contains(words, Assert.Throws<InvalidDataException>(() => ImageFormats.Decode(Read(name), model, WithPreviews)).Message);
    }

    [Fact]
    public void Nobody_is_shown_a_preview_unasked()
    {
        using Clip clip = Clip.Load(ShippedModel.Path);
        string path = TestData.PathOf("pictures/every/camera.dng");
        InvalidDataException refusal = Assert.Throws<InvalidDataException>(() => clip.EncodeImage(path));
        Assert.Contains("looks like a camera's raw file (DNG); ", refusal.Message);
        Assert.Contains("Its preview of 96 x 72 pixels can be shown instead.", refusal.Message);
        Assert.Equal(PictureRemedy.Previews, ImageFormats.RemedyFor(refusal));

        using Clip shows = Clip.Load(ShippedModel.Path, new() { Previews = true });
        Assert.Contains("previews=on", shows.Space.PictureRules);
        Assert.DoesNotContain("previews", clip.Space.PictureRules);
        byte[] file = File.ReadAllBytes(path);
        TiffFile.TryOpen(file, out TiffFile tiff);
        RawPreview preview = RawPreviews.Largest(tiff)!.Value;
        RasterImage jpeg = ImageFormats.Decode(file.AsSpan(preview.Offset, preview.Length));
        RasterImage turned = new(jpeg.Mode, jpeg.Width, jpeg.Height, jpeg.Pixels) { Orientation = 6 };
        Assert.Equal(clip.EncodeImage(ImageSource.FromPixels(turned)), shows.EncodeImage(path));
    }

    [Fact]
    public void A_TIFF_is_none()
    {
        Assert.Null(CameraRaw.KindOf(Read("every/scan.tif")));
        Assert.Equal("DNG", CameraRaw.KindOf(Read("every/camera.dng")));
        Assert.Equal("Canon CR2", CameraRaw.KindOf(Read("raw/canon.cr2")));
    }

    [Fact]
    public void Directories_in_a_circle_end()
    {
        byte[] file = Read("every/camera.dng");
        int first = (int)BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(4));
        int entries = BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(first));
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(first + 2 + 12 * entries), first);
        Assert.Equal(96, ImageFormats.Decode(file, decoders: WithPreviews).Width);
    }

    [Fact]
    public void A_damaged_file_is_decoded_or_rejected_as_invalid_data() =>
        MutationRun.Run(ImageFormats.CameraPreviews, "raw", bytesPerPixel: 40, output, extension: "dng");

    private static byte[] Read(string name) => File.ReadAllBytes(TestData.PathOf("pictures/" + name));
}

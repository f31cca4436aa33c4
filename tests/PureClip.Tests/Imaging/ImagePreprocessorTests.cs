using PureClip.Imaging;

namespace PureClip.Tests.Imaging;

public class ImagePreprocessorTests
{
    [Fact]
    public void Bytes_and_floats_are_those_of_torchvision() =>
        ReferenceCase.AllHold("torchvision", 85, c => Agrees(c, ConfigOf(c) with
        {
            PixelOrder = c.Text("order") == "rgb" ? PixelOrder.RgbFirst : PixelOrder.ResizeFirst,
            FillValue = (byte)c.Number("fill"),
        }));

    [Fact]
    public void Bytes_and_floats_are_those_of_Hugging_Face() =>
        ReferenceCase.AllHold("huggingface", 60, c => Agrees(c, ConfigOf(c) with
        {
            CropRounding = CropRounding.Floor,
            RescaleRule = RescaleRule.MultiplyByFactor,
        }));

    [Theory]
    [InlineData(65500, 1)]
    [InlineData(1, 65500)]
    public void A_line_of_pixels_is_preprocessed_without_building_its_full_length(int width, int height)
    {
        RasterImage image = ComputedPictures.Create(PixelMode.Rgb, width, height, 4);
        ImagePreprocessor preprocessor = new(ImagePreprocessorConfig.OpenAI(224));
        preprocessor.Resized(image);
        long before = GC.GetAllocatedBytesForCurrentThread();
        RgbImage resized = preprocessor.Resized(image);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200_000); // the result alone is 150,528

        // The crop starts at 14,672,000 / 2 - 112, so its column (or row) 112 is the line's middle; across it everything is equal.
        int middle = (width > 1 ? 112 : 112 * 224) * 3;
        Assert.Equal(NaiveUpscale(image.Pixels, 65500, 14_672_000, 14_672_000 / 2), resized.Pixels.AsSpan(middle, 3).ToArray());
    }

    [Fact]
    public void A_background_is_composited_before_resizing_in_either_order()
    {
        RasterImage image = ComputedPictures.Create(PixelMode.Rgba, 50, 40, 6);
        ImagePreprocessorConfig config = ImagePreprocessorConfig.OpenAI(32) with { Background = new(1, 200, 99) };
        RgbImage flat = RgbConversion.ToRgb(image, config.Background);
        byte[] expected = new ImagePreprocessor(config).Resized(flat).Pixels;
        Assert.Equal(expected, new ImagePreprocessor(config).Resized(image).Pixels);
        Assert.Equal(expected, new ImagePreprocessor(config with { PixelOrder = PixelOrder.ResizeFirst }).Resized(image).Pixels);
        Assert.Equal(flat.Pixels, new ImagePreprocessor(config).Decoded(image).Pixels);
    }

    [Fact]
    public void The_orientation_is_applied_first_and_can_be_left_out()
    {
        RasterImage stored = ComputedPictures.Create(PixelMode.Rgb, 50, 31, 8);
        RasterImage tagged = new(PixelMode.Rgb, 50, 31, stored.Pixels) { Orientation = 6 };
        ImagePreprocessorConfig config = ImagePreprocessorConfig.OpenAI(32);
        ImagePreprocessor turning = new(config), strict = new(config with { ApplyOrientation = false });
        Assert.Equal(turning.Resized(Orientation.Apply(tagged)).Pixels, turning.Resized(tagged).Pixels);
        Assert.Equal(31, turning.Decoded(tagged).Width);
        Assert.Equal(turning.Resized(stored).Pixels, strict.Resized(tagged).Pixels);
        Assert.Equal(50, strict.Decoded(tagged).Width);
    }

    [Fact]
    public void A_picture_of_the_right_size_passes_unchanged_without_resizing_and_cropping()
    {
        RasterImage image = ComputedPictures.Create(PixelMode.Rgb, 5, 4, 10);
        ImagePreprocessorConfig config = new() { DoResize = false, DoCenterCrop = false, OutputWidth = 5, OutputHeight = 4 };
        Assert.Equal(image.Pixels, new ImagePreprocessor(config).Resized(image).Pixels);
    }

    [Fact]
    public void Another_size_is_refused_when_cropping_is_off()
    {
        ImagePreprocessor preprocessor = new(ImagePreprocessorConfig.OpenAI(32) with { DoCenterCrop = false });
        string message = Assert.Throws<ArgumentException>(
            () => preprocessor.Resized(ComputedPictures.Create(PixelMode.Rgb, 64, 32, 2))).Message;
        Assert.Contains("64 x 32 after resizing, where the model takes 32 x 32", message);
    }

    [Fact]
    public void A_destination_of_another_length_is_refused()
    {
        ImagePreprocessor preprocessor = new(ImagePreprocessorConfig.OpenAI(32));
        string message = Assert.Throws<ArgumentException>(
            () => preprocessor.Preprocess(ComputedPictures.Create(PixelMode.Rgb, 3, 3, 2), new float[3071])).Message;
        Assert.Contains("[3, 32, 32] are 3072 floats, but room for 3071", message);
    }

    [Fact]
    public void Many_threads_get_the_bits_of_one()
    {
        ImagePreprocessor preprocessor = new(ImagePreprocessorConfig.OpenAI(64));
        RasterImage[] images = [.. Enum.GetValues<PixelMode>().Select((mode, i) => ComputedPictures.Create(mode, 90 + 7 * i, 70, i + 1))];
        float[][] expected = [.. images.Select(Preprocess)];
        Parallel.For(0, 200, i => Assert.Equal(expected[i % images.Length], Preprocess(images[i % images.Length])));

        float[] Preprocess(RasterImage image)
        {
            float[] planar = new float[preprocessor.OutputLength];
            preprocessor.Preprocess(image, planar);
            return planar;
        }
    }

    [Theory]
    [InlineData(PixelMode.Rgb)]
    [InlineData(PixelMode.Rgba)]
    [InlineData(PixelMode.Palette)]
    public void Once_warm_nothing_is_allocated(PixelMode mode)
    {
        ImagePreprocessor preprocessor = new(ImagePreprocessorConfig.OpenAI(64) with { PixelOrder = PixelOrder.ResizeFirst });
        RasterImage image = ComputedPictures.Create(mode, 200, 150, 2);
        float[] planar = new float[preprocessor.OutputLength];
        preprocessor.Preprocess(image, planar);
        long before = GC.GetAllocatedBytesForCurrentThread();
        preprocessor.Preprocess(image, planar);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static ImagePreprocessorConfig ConfigOf(ReferenceCase c) => new()
    {
        ShortestEdge = c.Number("edge"),
        OutputWidth = c.OutWidth,
        OutputHeight = c.OutHeight,
        Interpolation = c.Filter,
        ResizeMode = c.Text("resize") switch
        {
            "squash" => ResizeMode.Squash,
            "longest" => ResizeMode.Longest,
            "cover" => ResizeMode.Cover,
            _ => ResizeMode.ShortestEdge,
        },
    };

    private static bool Agrees(ReferenceCase c, ImagePreprocessorConfig config)
    {
        ImagePreprocessor preprocessor = new(config);
        RasterImage image = c.Picture();
        float[] planar = new float[preprocessor.OutputLength];
        preprocessor.Preprocess(image, planar);
        return c.HasChecksum("bytes", preprocessor.Resized(image).Pixels) && c.HasChecksum("floats", planar);
    }

    /// <summary>One pixel of a line enlarged with the cubic of a = −0.5, in floating point throughout.</summary>
    private static byte[] NaiveUpscale(byte[] line, int input, int output, int index)
    {
        double center = (index + 0.5) * input / output - 0.5;
        byte[] pixel = new byte[3];
        for (int c = 0; c < 3; c++)
        {
            double sum = 0;
            for (int k = (int)center - 1; k <= (int)center + 2; k++)
            {
                double t = Math.Abs(k - center);
                sum += line[3 * k + c] * (t < 1 ? 1.5 * t * t * t - 2.5 * t * t + 1 : -0.5 * t * t * t + 2.5 * t * t - 4 * t + 2);
            }
            pixel[c] = (byte)Math.Clamp(Math.Round(sum), 0, 255);
        }
        return pixel;
    }
}

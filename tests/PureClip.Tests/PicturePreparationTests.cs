using PureClip.Imaging;
using PureClip.Kernels;
using PureClip.Tests.Cli;

namespace PureClip.Tests;

public sealed class PicturePreparationTests
{
    private const string Usual = "exif=on, background=none, order=rgb-first, crop=half-to-even, weights=as-stored";

    [Fact]
    public void The_text_never_changes_for_indexes_hold_it()
    {
        Assert.Equal(Usual, PicturePreparation.Usual);
        Assert.Equal(Usual, Of(new()));
        Assert.Equal(
            "exif=off, background=#0a00ff, order=resize-first, crop=floor, weights=int8, length=as-computed",
            Of(new()
            {
                ApplyOrientation = false,
                Background = new RgbColor(10, 0, 255),
                PixelOrder = PixelOrder.ResizeFirst,
                CropRounding = CropRounding.Floor,
                Weights = WeightType.Int8,
                Normalize = false,
            }));
        Assert.Equal(["f32", "bf16", "f16", "int8"], Enum.GetValues<WeightType>().Select(type => Of(new() { Weights = type }).Split('=')[^1]));
    }

    [Fact]
    public void What_changes_no_picture_is_not_named() =>
        Assert.Equal(Usual, Of(new() { Threads = 1, MaxPixels = 5, Vectors = VectorWidth.Scalar, Cleaning = TextCleaning.OpenAI, Truncation = Truncation.KeepEnd }));

    [Fact]
    public void A_model_that_follows_a_rule_by_itself_is_as_one_that_was_told_to()
    {
        using TemporaryFolder folder = new();
        foreach (string file in Directory.GetFiles(TestData.Weights("pictogram-mini")))
            folder.Copy(file, Path.GetFileName(file));
        string config = folder["config.json"];
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"model_type\": \"clip\",", "\"model_type\": \"clip\", \"pureclip\": { \"crop_rounding\": \"floor\" },"));
        ClipOptions options = new() { Threads = 1, CropRounding = CropRounding.Floor };

        using Clip told = Clip.Load(TestData.Weights("pictogram-mini"), options), byItself = Clip.Load(folder.Path);
        Assert.Equal(Usual.Replace("half-to-even", "floor"), PicturePreparation.Of(byItself));
        Assert.Equal(PicturePreparation.Of(told, options), PicturePreparation.Of(byItself));
    }

    private static string Of(ClipOptions options) => PicturePreparation.Of(options.Apply(new ImagePreprocessorConfig()), options);
}

using PureClip.Imaging;
using PureClip.Tests.Cli;

namespace PureClip.Tests;

public sealed class VectorSpaceTests
{
    private const string Usual = "exif=on, background=none, order=rgb-first, crop=half-to-even, weights=as-stored";

    private static readonly VectorSpace Space = new("f", 3)
    {
        ModelName = "large",
        PictureRules = "exif=on",
        TextRules = "cleaning=openai",
        Weights = "f32",
        IsNormalized = true,
    };

    [Fact]
    public void The_lines_never_change_for_indexes_hold_them()
    {
        Assert.Equal(Usual, VectorSpace.UsualPictureLine);
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
        Assert.Equal(
            ["f32", "bf16", "f16", "int8"], Enum.GetValues<WeightType>().Select(type => Of(new() { Weights = type })!.Split('=')[^1]));
        using Clip clip = Clip.Load(
            TestData.Weights("pictogram-mini"), new() { Threads = 1, Cleaning = TextCleaning.OpenAI, Weights = WeightType.BF16 });
        Assert.Equal("cleaning=openai, weights=bf16", clip.Space.TextLine);
        Assert.Equal(("pictogram-mini", clip.Fingerprint, 256), (clip.Space.ModelName, clip.Space.Fingerprint, clip.Space.Width));
    }

    [Fact]
    public void What_changes_no_picture_is_not_named() =>
        Assert.Equal(
            Usual, Of(new()
            {
                Threads = 1,
                MaxPixels = 5,
                Vectors = VectorWidth.Scalar,
                Cleaning = TextCleaning.OpenAI,
                Truncation = Truncation.KeepEnd,
            }));

    [Fact]
    public void A_model_that_follows_a_rule_by_itself_is_as_one_that_was_told_to()
    {
        using TemporaryFolder folder = new();
        foreach (string file in Directory.GetFiles(TestData.Weights("pictogram-mini")))
            folder.Copy(file, Path.GetFileName(file));
        string config = folder["config.json"];
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"model_type\": \"clip\",", "\"model_type\": \"clip\", \"pureclip\": "
            + "{ \"crop_rounding\": \"floor\" },"));
        ClipOptions options = new() { Threads = 1, CropRounding = CropRounding.Floor };

        using Clip told = Clip.Load(TestData.Weights("pictogram-mini"), options), byItself = Clip.Load(folder.Path);
        Assert.Equal(Usual.Replace("half-to-even", "floor"), byItself.Space.PictureLine);
        Assert.Equal(told.Space with { ModelName = byItself.Space.ModelName }, byItself.Space);
    }

    [Theory]
    [InlineData(Usual)]
    [InlineData(Usual + ", length=as-computed")]
    [InlineData("turned, int8")]
    [InlineData("weights=int8")]
    [InlineData("a, weights=int8, of which some")]
    [InlineData(null)]
    public void A_line_that_was_kept_is_the_line_again(string? line)
    {
        Assert.Equal(line, new VectorSpace("f", 3).WithLines(line, null).PictureLine);
        Assert.Equal(line, new VectorSpace("f", 3).WithLines(null, line).TextLine);
    }

    [Fact]
    public void Lines_say_the_weights_and_the_length()
    {
        VectorSpace read = new VectorSpace("f", 3) { ModelName = "large" }.WithLines(Space.PictureLine, Space.TextLine);
        Assert.Equal(Space, read);
        VectorSpace computed = new VectorSpace("f", 3).WithLines(null, "cleaning=openai, weights=int8, length=as-computed");
        Assert.Equal(("cleaning=openai", "int8", false), (computed.TextRules, computed.Weights, computed.IsNormalized));
    }

    public static TheoryData<string, VectorKinds> Differences => new()
    {
        { "fingerprint", VectorKinds.None | VectorKinds.Pictures | VectorKinds.Texts },
        { "pictures", VectorKinds.Pictures },
        { "texts", VectorKinds.Texts },
        { "weights", VectorKinds.All },
        { "length", VectorKinds.All },
        { "name", VectorKinds.None },
    };

    [Theory]
    [MemberData(nameof(Differences))]
    public void Only_what_can_have_changed_a_vector_is_compared_for_it(string part, VectorKinds refused)
    {
        VectorSpace other = part switch
        {
            "fingerprint" => Space with { Fingerprint = "g" },
            "pictures" => Space with { PictureRules = "exif=off" },
            "texts" => Space with { TextRules = "cleaning=huggingface" },
            "weights" => Space with { Weights = "int8" },
            "length" => Space with { IsNormalized = false },
            _ => Space with { ModelName = "copy of large" },
        };
        foreach (VectorKinds kind in (VectorKinds[])[VectorKinds.Pictures, VectorKinds.Texts])
        {
            Assert.Equal(!refused.HasFlag(kind), Space.Fits(other, kind));
            if (refused.HasFlag(kind))
                Assert.Throws<InvalidDataException>(() => Space.Require(other, kind));
            else
                Space.Require(other, kind);
        }
        Assert.Equal(part != "fingerprint", Space.Fits(other, VectorKinds.None));
    }

    [Fact]
    public void What_was_not_recorded_fits_anything()
    {
        VectorSpace silent = new("f", 3);
        silent.Require(Space, VectorKinds.All);
        Space.Require(silent, VectorKinds.All);
        Assert.Equal(Space, silent.Or(Space));
        Assert.Equal(Space, Space.Or(silent));
    }

    [Fact]
    public void A_refusal_names_both_and_only_what_differs()
    {
        string model = Assert.Throws<InvalidDataException>(
            () => Space.Require(Space with { Fingerprint = "g", ModelName = "small" }, VectorKinds.All, "x: this index")).Message;
        Assert.StartsWith("x: this index was made with the model large (f), but small (g) is in use", model);
        string rules = Assert.Throws<InvalidDataException>(
            () => Space.Require(Space with { TextRules = "cleaning=none" }, VectorKinds.All, "x: this index")).Message;
        Assert.StartsWith(
            "x: this index was made with [cleaning=openai, weights=f32], but [cleaning=none, weights=f32] was asked for", rules);
        string width = Assert.Throws<InvalidDataException>(() => Space.Require(Space with { Width = 4 }, VectorKinds.All)).Message;
        Assert.Contains("3 numbers", width);
        Assert.Contains("4 numbers", width);
    }

    private static string? Of(ClipOptions options) => VectorSpace.Of(options.Apply(new ImagePreprocessorConfig()), options).PictureLine;
}

using PureClip.Imaging;

namespace PureClip.Tests.Cli.Commands;

public sealed class PreprocessCommandTests(ShippedModel model) : IClassFixture<ShippedModel>
{
    private ImagePreprocessor Preprocessor => model.Clip.Preprocessor!;

    [Fact]
    public void Normalized_is_the_default_and_the_models_input()
    {
        using TemporaryFolder folder = new();
        CommandResult result = CommandLine.Run("preprocess", CommandLine.Cat, "--output", folder["arrays"]);

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Equal(folder["arrays/cat.png.npy"], Assert.Single(result.Lines).GetProperty("output").GetString());
        NpyFile file = NpyFile.Read(folder["arrays/cat.png.npy"]);
        Assert.Equal("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 64, 64), }", file.Header);
        float[] expected = new float[Preprocessor.OutputLength];
        Preprocessor.Preprocess(Cat(), expected);
        Assert.Equal(expected, file.Floats);
    }

    [Theory]
    [InlineData("decoded")]
    [InlineData("resized")]
    public void Earlier_stages_are_bytes(string stage)
    {
        using TemporaryFolder folder = new();
        Assert.Equal(0, CommandLine.Run("preprocess", CommandLine.Cat, "--output", folder.Path, "--stage", stage).ExitCode);

        NpyFile file = NpyFile.Read(folder["cat.png.npy"]);
        RgbImage expected = stage == "decoded" ? Preprocessor.Decoded(Cat()) : Preprocessor.Resized(Cat());
        Assert.Equal($"{{'descr': '|u1', 'fortran_order': False, 'shape': ({expected.Height}, {expected.Width}, 3), }}", file.Header);
        Assert.Equal(expected.Pixels, file.Bytes);
    }

    [Fact]
    public void A_background_shows_through_transparent_pixels()
    {
        using TemporaryFolder folder = new();
        CommandLine.Run(
            "preprocess", CommandLine.Picture("dog"), "--output", folder["red"], "--stage", "decoded", "--background", "#ff0000");
        CommandLine.Run(
            "preprocess", CommandLine.Picture("dog"), "--output", folder["white"], "--stage", "decoded", "--background", "white");
        RgbImage expected = new ImagePreprocessor(Preprocessor.Config with { Background = new(255, 0, 0) })
            .Decoded(ImageSource.FromFile(CommandLine.Picture("dog")).Decode());
        Assert.Equal(expected.Pixels, NpyFile.Read(folder["red/dog.png.npy"]).Bytes);
    }

    [Fact]
    public void Two_pictures_of_one_name_are_an_error_before_anything_is_written()
    {
        using TemporaryFolder folder = new();
        string other = folder.Copy(CommandLine.Picture("dog"), "other/cat.png");
        CommandLine.Run("preprocess", CommandLine.Cat, other, "--output", folder["arrays"]).AssertFails(1, CommandLine.Cat, other);
        Assert.Equal(["other"], folder.Names);
    }

    [Fact]
    public void Results_come_in_the_order_given_and_a_broken_picture_is_skipped()
    {
        using TemporaryFolder folder = new();
        string broken = folder.Write("broken.png", [1, 2, 3]);
        CommandResult result = CommandLine.Run(
            "preprocess", CommandLine.Picture("rocket"), broken, CommandLine.Cat, "--output", folder["arrays"]);

        Assert.Equal(0, result.ExitCode);
        Assert.Equal([CommandLine.Picture("rocket"), CommandLine.Cat], result.Lines.Select(line => line.GetProperty("input").GetString()!));
        Assert.StartsWith($"pureclip: {broken}: ", result.Error);
    }

    [Fact]
    public void A_picture_beyond_the_pixel_limit_is_refused()
    {
        using TemporaryFolder folder = new();
        CommandLine.Run("preprocess", CommandLine.Cat, "--output", folder.Path, "--max-pixels", "100")
            .AssertFails(1, CommandLine.Cat, "100");
    }

    [Fact]
    public void An_output_folder_that_cannot_be_made_is_an_error()
    {
        using TemporaryFolder folder = new();
        string file = folder.Write("file", [1]);
        CommandLine.Run("preprocess", CommandLine.Cat, "--output", file).AssertFails(1, file);
    }

    [Fact]
    public void The_output_folder_is_required() => CommandLine.Run("preprocess", CommandLine.Cat).AssertFails(2, "--output");

    [Fact]
    public void The_type_of_weights_is_no_matter_of_pixels() =>
        CommandLine.Run("preprocess", CommandLine.Cat, "--output", "arrays", "--weights", "f32").AssertFails(2, "--weights");

    [Fact]
    public void An_interruption_leaves_nothing_half_written()
    {
        using TemporaryFolder folder = new();
        using CancellationTokenSource interrupted = new();
        interrupted.Cancel();
        Assert.Equal(130, CommandLine.Run("", interrupted.Token, "preprocess", CommandLine.Cat, "--output", folder.Path).ExitCode);
        Assert.Empty(folder.Names);
    }

    private static RasterImage Cat() => ImageSource.FromFile(CommandLine.Cat).Decode();
}

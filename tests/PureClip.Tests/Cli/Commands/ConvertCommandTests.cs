using System.Text;

namespace PureClip.Tests.Cli.Commands;

public sealed class ConvertCommandTests
{
    [Fact]
    public void A_directory_is_converted_as_the_importing_program_does_it()
    {
        using TemporaryFolder folder = new();
        CommandResult result = CommandLine.Run("convert", TestData.Weights("pictogram-mini"), folder["model"], "--dtype", "f16");

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Contains("Source        safetensors", result.Output);
        Assert.Contains($"Written       {folder["model"]}", result.Output);
        Assert.Equal(0, CommandLine.Run("embed", CommandLine.Cat, "--model", folder["model"]).ExitCode);
        CommandLine.Run("convert", TestData.Weights("pictogram-mini"), folder["model"]).AssertFails(1, "exists", "--force");
    }

    [Theory]
    [InlineData("--dtype", "f64")]
    [InlineData("--arch", "ViT-Z-1")]
    [InlineData("--heads-vision", "0")]
    public void Wrong_values_end_with_2(params string[] option) =>
        CommandLine.Run(["convert", "in", "out", .. option]).AssertFails(2, option[0], "pureclip convert --help");

    [Fact]
    public void A_verification_that_fails_ends_with_1_and_writes_nothing()
    {
        using TemporaryFolder folder = new();
        string other = string.Join(',', Enumerable.Repeat("0.0625", 256)); // of length 1
        string reference = folder.Write("reference.json", Encoding.UTF8.GetBytes(
            $$"""{"images": {}, "texts": [{"text": "a cat", "embedding": [{{other}}]}]}"""));
        CommandResult result = CommandLine.Run("convert", TestData.Weights("pictogram-mini"), folder["model"], "--verify", reference);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("FAILED", result.Output);
        Assert.Equal(["reference.json"], folder.Names);
    }

    [Fact]
    public void A_directory_with_other_weights_names_the_command_that_converts_them()
    {
        using TemporaryFolder folder = new();
        folder.Copy(Path.Combine(TestData.Weights("pictogram-mini"), "config.json"), "config.json");
        folder.Write("pytorch_model.bin", [0x80, 2]);
        CommandLine.Run("embed", CommandLine.Cat, "--model", folder.Path)
            .AssertFails(1, $"'pureclip convert {folder.Path} NEW-DIRECTORY'");
    }
}

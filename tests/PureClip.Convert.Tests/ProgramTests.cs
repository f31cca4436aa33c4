using PureClip.Convert.Tests.Support;

namespace PureClip.Convert.Tests;

public sealed class ProgramTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string Output => Path.Combine(_directory.Root, "model");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("Required argument")]
    [InlineData("--dtype 'f64' is unknown; choose one of keep, f32, f16, bf16, int8.", "in", "out", "--dtype", "f64")]
    [InlineData("--arch 'ViT-Z-1' is unknown", "in", "out", "--arch", "ViT-Z-1")]
    [InlineData("whole number from 1", "in", "out", "--heads-vision", "0")]
    [InlineData("--tolerance '-1' is not allowed", "in", "out", "--verify", "reference.json", "--tolerance", "-1")]
    [InlineData("--tolerance is what --verify allows; give it together with --verify REFERENCE.json.", "in", "out", "--tolerance", "1e-5")]
    public void Wrong_command_lines_end_with_2(string message, params string[] args)
    {
        (int exitCode, _, string error) = Converter.Run(args);
        Assert.Equal(2, exitCode);
        Assert.Contains(message, error);
    }

    [Fact]
    public void Help_names_every_option()
    {
        (int exitCode, string help, _) = Converter.Run("--help");
        Assert.Equal(0, exitCode);
        Assert.All(["--dtype", "--packed", "--arch", "--gelu", "--heads-vision", "--heads-text", "--vocab", "--force", "--verify", "--tolerance", "--report"],
            option => Assert.Contains(option, help));
        Assert.Contains("unless --force is given", help.ReplaceLineEndings(" "));
    }

    [Fact]
    public void What_cannot_be_converted_ends_with_1_and_leaves_nothing()
    {
        string input = _directory.Write("noise.bin", [.. Enumerable.Range(0, 100).Select(static i => (byte)(i * 7 + 1))]);
        (int exitCode, _, string error) = Converter.Run(input, Output);
        Assert.Equal(1, exitCode);
        Assert.Contains("no known checkpoint starts with", error);
        Assert.Equal([input], Directory.GetFileSystemEntries(_directory.Root));
    }

    [Fact]
    public void A_report_that_cannot_be_written_is_known_before_anything_is()
    {
        string report = Path.Combine(_directory.Root, "none", "report.json");
        (int exitCode, string output, string error) = Converter.Run(MiniModel.Path, Output, "--report", report);
        Assert.Equal((1, "", $"pureclip-convert: {report} cannot be written: its folder does not exist.\n"), (exitCode, output, error));
        Assert.Empty(Directory.GetFileSystemEntries(_directory.Root));
        if (!OperatingSystem.IsLinux())
            return;
        (exitCode, output, _) = Converter.Run(MiniModel.Path, Output, "--report", "/dev/full"); // opens, but takes nothing
        Assert.Equal((1, ""), (exitCode, output));
        Assert.Empty(Directory.GetFileSystemEntries(_directory.Root));
    }

    [Fact]
    public void A_conversion_that_fails_leaves_the_older_report()
    {
        string report = _directory.Write("report.json", "older"u8.ToArray()), noise = _directory.Write("noise.bin", [1, 2, 3]);
        Assert.Equal(1, Converter.Run(noise, Output, "--report", report).ExitCode);
        Assert.Equal("older", File.ReadAllText(report));
        Assert.Equal([noise, report], Directory.GetFileSystemEntries(_directory.Root).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void An_interruption_leaves_nothing()
    {
        string report = Path.Combine(_directory.Root, "report.json");
        (int exitCode, _, string error) = Converter.Run(new CancellationToken(canceled: true), MiniModel.Path, Output, "--report", report);
        Assert.Equal(130, exitCode);
        Assert.Contains("interrupted", error);
        Assert.Empty(Directory.GetFileSystemEntries(_directory.Root));
    }

    [Fact]
    public void An_existing_directory_is_replaced_with_force_only()
    {
        Converter.Convert(MiniModel.Path, Output);
        string mark = Path.Combine(Output, "mark");
        File.WriteAllText(mark, "");
        (int exitCode, _, string error) = Converter.Run(MiniModel.Path, Output);
        Assert.Equal(1, exitCode);
        Assert.Contains("--force", error);
        Assert.True(File.Exists(mark));
        Assert.Equal(1, Converter.Run(_directory.Write("bad", [1, 2, 3]), Output, "--force").ExitCode);
        Assert.True(File.Exists(mark));
        Converter.Convert(MiniModel.Path, Output, "--force");
        Assert.False(File.Exists(mark));
        Assert.Equal(["bad", "model"], Directory.GetFileSystemEntries(_directory.Root).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Force_does_not_replace_what_is_no_model_or_holds_the_input()
    {
        _directory.Write("photos/a.png", [1]);
        Assert.Contains("is no model directory", Converter.Run(MiniModel.Path, Path.Combine(_directory.Root, "photos"), "--force").Error);
        Converter.Convert(MiniModel.Path, Output);
        Assert.Contains("holds the input", Converter.Run(Path.Combine(Output, "model.safetensors"), Output, "--force").Error);
    }
}

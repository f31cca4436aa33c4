using System.IO.Pipes;
using System.Text;
using System.Text.Json;
using PureClip.Cli;

namespace PureClip.Tests.Cli.Commands;

public sealed class EmbedCommandTests(ShippedModel model) : IClassFixture<ShippedModel>
{
    [Fact]
    public void Json_lines_hold_the_librarys_numbers_pictures_first_in_the_order_given()
    {
        string dog = CommandLine.Picture("dog");
        CommandResult result = CommandLine.Run("embed", "--text", "a cat", dog, CommandLine.Cat, "--text", "", "--threads", "1");

        Assert.Equal(0, result.ExitCode);
        Assert.Empty(result.Error);
        Assert.Equal(
            [(dog, "image"), (CommandLine.Cat, "image"), ("a cat", "text"), ("", "text")],
            result.Lines.Select(line => (line.GetProperty("input").GetString()!, line.GetProperty("kind").GetString()!)));
        float[][] expected =
        [
            model.Clip.EncodeImage(dog), model.Clip.EncodeImage(CommandLine.Cat), model.Clip.EncodeText("a cat"), model.Clip.EncodeText(""),
        ];
        Assert.Equal(expected, result.Lines.Select(Embedding));
        Assert.All(result.Lines, line => Assert.Equal(["input", "kind", "embedding"], line.EnumerateObject().Select(field => field.Name)));
    }

    [Fact]
    public void A_broken_picture_among_many_is_reported_and_skipped()
    {
        using TemporaryFolder folder = new();
        string broken = folder.Write("broken.png", File.ReadAllBytes(CommandLine.Cat).AsSpan(0, 300));
        CommandResult result = CommandLine.Run("embed", CommandLine.Cat, broken, folder["missing.png"], CommandLine.Picture("dog"));

        Assert.Equal(1, result.ExitCode);
        Assert.Equal([CommandLine.Cat, CommandLine.Picture("dog")], result.Lines.Select(line => line.GetProperty("input").GetString()!));
        string[] errors = result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, errors.Length);
        Assert.Contains(errors, error => error.StartsWith($"pureclip: {broken}: ", StringComparison.Ordinal));
        Assert.Contains(errors, error => error.StartsWith($"pureclip: {folder["missing.png"]}: ", StringComparison.Ordinal));
    }

    [Fact]
    public void An_npy_file_holds_one_row_an_embedding()
    {
        using TemporaryFolder folder = new();
        CommandResult result = CommandLine.Run("embed", CommandLine.Cat, "--text", "a cat", "--output", folder["e.npy"]);

        Assert.Equal((0, "", ""), (result.ExitCode, result.Output, result.Error));
        NpyFile file = NpyFile.Read(folder["e.npy"]);
        Assert.Equal("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 256), }", file.Header);
        Assert.Equal([.. model.Clip.EncodeImage(CommandLine.Cat), .. model.Clip.EncodeText("a cat")], file.Floats);
        Assert.Equal(["e.npy"], folder.Names);
    }

    [Fact]
    public void Npy_goes_to_a_redirected_standard_output_too()
    {
        using MemoryStream bytes = new();
        using StreamWriter output = new(bytes);
        int exitCode = Program.Run(
            ["embed", "--text", "a cat", "--format", "npy"], TextReader.Null, output, TextWriter.Null, CancellationToken.None);

        Assert.Equal(0, exitCode);
        Assert.Equal(128 + 256 * sizeof(float), bytes.Length);
    }

    [Fact]
    public void Npy_goes_to_a_device_that_has_no_positions_too()
    {
        if (!OperatingSystem.IsLinux())
            return; // /dev/fd names open files there
        using AnonymousPipeServerStream pipe = new(PipeDirection.In);
        CommandResult result = CommandLine.Run(
            "embed", "--text", "a cat", "--format", "npy", "--output", $"/dev/fd/{pipe.ClientSafePipeHandle.DangerousGetHandle()}");

        Assert.Equal((0, "", ""), (result.ExitCode, result.Output, result.Error));
        byte[] bytes = new byte[128 + 256 * sizeof(float)];
        pipe.ReadExactly(bytes);
        Assert.Equal("NUMPY"u8, bytes.AsSpan(1, 5));
        Assert.Contains("(1, 256)", Encoding.ASCII.GetString(bytes, 0, 128));
    }

    [Fact]
    public void Texts_need_a_text_tower_and_that_is_known_before_the_work()
    {
        using TinyModel vision = TinyModel.VisionOnly();
        using TemporaryFolder folder = new();
        string broken = folder.Write("broken.png", [1, 2, 3]);
        foreach (string[] option in (string[][])[[], ["--truncate"]])
        {
            CommandResult result = CommandLine.Run(["embed", broken, "--text", "a cat", "--model", vision.Save(), .. option]);
            result.AssertFails(1, "vision tower only", "--text");
            Assert.DoesNotContain(broken, result.Error);
        }
    }

    [Fact]
    public void The_help_says_that_broken_pictures_have_no_row() =>
        Assert.Contains(
            "broken pictures have none",
            string.Join(' ', CommandLine.Run("embed", "--help").Output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));

    [Fact]
    public void A_table_shows_name_kind_first_numbers_and_norm()
    {
        CommandResult result = CommandLine.Run("embed", CommandLine.Cat, "--text", "a cat", "--format", "table");

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("256 numbers", result.Output);
        Assert.Contains("1.0000", result.Output);
        Assert.DoesNotContain('\u001b', result.Output);
        Assert.Equal(2 + 2, result.Output.Trim('\n').Split('\n').Length);
    }

    [Fact]
    public void A_text_that_is_too_long_is_an_error_unless_it_may_be_cut()
    {
        string text = string.Join(' ', Enumerable.Repeat("cat", 31));
        CommandLine.Run("embed", CommandLine.Cat, "--text", text).AssertFails(1, "31 tokens", "takes 30", "--truncate");
        CommandResult cut = CommandLine.Run("embed", "--text", text, "--truncate");
        Assert.Equal(model.Clip.EncodeText(text[..^" cat".Length]), Embedding(Assert.Single(cut.Lines)));
    }

    [Fact]
    public void Nothing_to_embed_is_a_usage_error() => CommandLine.Run("embed").AssertFails(2, "--text", "pureclip embed --help");

    [Fact]
    public void Npy_without_a_place_for_bytes_is_a_usage_error() =>
        CommandLine.Run("embed", CommandLine.Cat, "--format", "npy").AssertFails(2, "--output");

    [Theory]
    [InlineData("missing/e.jsonl", "does not exist")]
    [InlineData("", "is a folder")]
    public void An_output_that_cannot_be_written_is_an_error_before_the_work(string output, string reason)
    {
        using TemporaryFolder folder = new();
        CommandLine.Run("embed", CommandLine.Cat, "--model", "not looked at", "--output", folder[output]).AssertFails(1, reason);
        Assert.Empty(folder.Names);
    }

    [Fact]
    public void An_interruption_leaves_an_existing_file_as_it_was()
    {
        using TemporaryFolder folder = new();
        folder.Write("e.jsonl", "old"u8);
        using CancellationTokenSource interrupted = new();
        interrupted.Cancel();
        CommandResult result = CommandLine.Run("", interrupted.Token, "embed", CommandLine.Cat, "--output", folder["e.jsonl"]);

        Assert.Equal(130, result.ExitCode);
        Assert.Equal(["e.jsonl"], folder.Names);
        Assert.Equal("old", File.ReadAllText(folder["e.jsonl"]));
    }

    [Fact]
    public void A_file_of_nothing_but_failures_does_not_appear()
    {
        using TemporaryFolder folder = new();
        string broken = folder.Write("broken.png", [1, 2, 3]);
        CommandLine.Run("embed", broken, "--output", folder["e.jsonl"]).AssertFails(1, broken);
        Assert.Equal(["broken.png"], folder.Names);
    }

    [Fact]
    public void A_reader_that_has_gone_ends_the_program_quietly()
    {
        using StringWriter error = new();
        int exitCode = Program.Run(["embed", CommandLine.Cat], TextReader.Null, new GoneReader(), error, CancellationToken.None);
        Assert.Equal((0, ""), (exitCode, error.ToString()));
    }

    private static float[] Embedding(JsonElement line) =>
        [.. line.GetProperty("embedding").EnumerateArray().Select(number => number.GetSingle())];

    /// <summary>A pipe nobody reads: EPIPE.</summary>
    private sealed class GoneReader : StringWriter
    {
        public override void Write(string? value) => throw new IOException("Broken pipe", 32);
    }
}

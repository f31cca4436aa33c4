using PureClip.Cli;

namespace PureClip.Tests.Cli;

public sealed class ProgramTests
{
    private static readonly string[] Names =
    [
        "search", "get", "models", "index", "duplicates", "groups", "classify", "concept", "train-probe", "finetune", "draw", "similarity", "embed", "tokenize", "preprocess",
        "inspect", "verify", "info", "bench",
    ];

    public static TheoryData<string> Commands => [.. Names];

    [Fact]
    public void Without_arguments_the_overview_is_printed()
    {
        CommandResult result = CommandLine.Run();
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.All([.. Names, "convert"], command => Assert.Contains($"\n  {command}", result.Output));
        Assert.Contains("Examples:", result.Output);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void Each_commands_help_has_examples_and_names_its_format(string command)
    {
        CommandResult result = CommandLine.Run(command, "--help");
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Contains("Examples:", result.Output);
        Assert.Contains("jsonl", result.Output);
        Assert.All(result.Output.Split('\n'), line => Assert.InRange(line.Length, 0, 101));
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void An_unknown_option_is_a_usage_error(string command) =>
        CommandLine.Run(command, "--no-such-option").AssertFails(2, "--no-such-option");

    [Fact]
    public void An_unknown_command_is_a_usage_error() => CommandLine.Run("unheard-of").AssertFails(2, "unheard-of");

    [Theory]
    [InlineData("search", "serch", "a", "birthday", "cake")]
    [InlineData("duplicates", "duplicate", "photos")]
    [InlineData("index", "idnex")]
    [InlineData("models", "model")]
    public void A_misspelt_command_gets_one_line_and_a_suggestion(string meant, params string[] line)
    {
        CommandResult result = CommandLine.Run(line);
        result.AssertFails(2, $"pureclip: There is no command '{line[0]}'. Did you mean '{meant}'?\n");
        Assert.Equal(2, result.Error.Count(c => c == '\n'));
    }

    [Theory]
    [InlineData("--model", "search", "cat", ".", "--modle", "x")]
    [InlineData("--top", "search", "cat", ".", "--tpo=3")]
    [InlineData("--format", "info", "--fromat", "jsonl")]
    [InlineData("--index", "index", ".", "--idnex", "a", "--threads", "1")]
    public void A_misspelt_option_gets_one_line_and_a_suggestion(string meant, params string[] line)
    {
        CommandResult result = CommandLine.Run(line);
        result.AssertFails(2, "There is no option '--", $"Did you mean '{meant}'?");
        Assert.Equal(2, result.Error.Count(c => c == '\n'));
    }

    [Fact]
    public void Help_may_be_asked_for_as_a_command()
    {
        Assert.Equal(CommandLine.Run("--help").Output, CommandLine.Run("help").Output);
        Assert.Equal(CommandLine.Run("search", "--help").Output, CommandLine.Run("help", "search").Output);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void An_unknown_format_is_a_usage_error(string command) =>
        CommandLine.Run(command, "--format", "xml").AssertFails(2, "xml", "jsonl");

    [Theory]
    [InlineData("--threads", "0")]
    [InlineData("--threads", "1025")]
    [InlineData("--threads", "two")]
    [InlineData("--background", "pink")]
    [InlineData("--background", "#12345")]
    [InlineData("--max-pixels", "0")]
    [InlineData("--parity", "keras")]
    [InlineData("--model")]
    public void Bad_values_of_shared_options_are_usage_errors(params string[] option) =>
        CommandLine.Run(["embed", CommandLine.Cat, .. option]).AssertFails(2, option[0]);

    [Fact]
    public void A_text_that_looks_like_an_option_goes_behind_two_dashes()
    {
        CommandLine.Run("similarity", "-cat", "--dog", "--vocabulary").AssertFails(2, "--");
        Assert.Equal(0, CommandLine.Run("similarity", "--", "-cat", "--dog").ExitCode);
        Assert.Equal(0, CommandLine.Run("similarity", "@cat", "-5 degrees").ExitCode);
    }

    [Theory]
    [InlineData("--text", "")]
    [InlineData("--text=")]
    public void An_empty_value_is_a_value(params string[] option)
    {
        CommandResult result = CommandLine.Run(["embed", .. option, "--text=a cat", "--text=-dog"]);
        Assert.Equal(["", "a cat", "-dog"], result.Lines.Select(line => line.GetProperty("input").GetString()!));
    }

    [Fact]
    public void A_missing_model_is_an_error() =>
        CommandLine.Run("embed", CommandLine.Cat, "--model", "no such model").AssertFails(1, "no such model");

    [Fact]
    public void A_model_directory_without_weights_is_an_error()
    {
        using TemporaryFolder folder = new();
        folder.Copy(Path.Combine(TestData.Weights("pictogram-mini"), "config.json"), "config.json");
        CommandLine.Run("embed", CommandLine.Cat, "--model", folder.Path).AssertFails(1, folder.Path, "model.safetensors");
    }

    [Fact]
    public void What_cannot_be_read_is_told_with_the_command_that_helps()
    {
        using TemporaryFolder folder = new();
        string model = folder.Write("model/model.safetensors", "{}"u8), notes = folder.Write("notes.json", "{}"u8);
        CommandLine.Run("embed", CommandLine.Cat, "--model", folder["model"]).AssertFails(1, $"'pureclip inspect {folder["model"]}'");
        CommandLine.Run("classify", CommandLine.Cat, "--classifier", notes).AssertFails(1, notes, "'pureclip train-probe'");
        CommandLine.Run("search", $"concept:{notes}", CommandLine.Cat).AssertFails(1, notes, "'pureclip concept --output FILE'");
        CommandLine.Run("search", "cat", "--index", folder["none"]).AssertFails(1, "'pureclip index FOLDER");
    }

    [Fact]
    public void The_other_tower_of_a_model_with_one_is_an_error()
    {
        using TemporaryFolder folder = new();
        foreach (string file in Directory.EnumerateFiles(TestData.Weights("pictogram-mini")))
            folder.Copy(file, Path.GetFileName(file));
        string config = File.ReadAllText(folder["config.json"]).Replace("CLIPModel", "CLIPTextModelWithProjection");
        const string TextConfig = "\"text_config\": {";
        int start = config.IndexOf(TextConfig, StringComparison.Ordinal) + TextConfig.Length, end = config.IndexOf('}', start);
        string text = config[start..end].Replace("clip_text_model\",", "clip_text_model\", \"text_model\": 0,");
        File.WriteAllText(folder["config.json"], $"{{\"architectures\": [\"CLIPTextModelWithProjection\"], {text} }}");
        CommandResult result = CommandLine.Run("embed", CommandLine.Cat, "--model", folder.Path);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("text tower only", result.Error);
    }

    [Theory]
    [InlineData("similarity", "a cat", "a dog")]
    [InlineData("verify")]
    [InlineData("info")]
    [InlineData("inspect")]
    public void An_interruption_ends_commands_that_do_one_thing(params string[] arguments)
    {
        using CancellationTokenSource interrupted = new();
        interrupted.Cancel();
        CommandLine.Run("", interrupted.Token, arguments[0] == "inspect" ? ["inspect", TestData.Weights("pictogram-mini")] : arguments)
            .AssertFails(130, "interrupted");
    }

    public static TheoryData<int> Widths => [.. Enumerable.Range(0, 81)];

    [Theory]
    [MemberData(nameof(Widths))]
    public void A_terminal_of_any_width_shows_results_and_errors_with_every_word_whole(int width)
    {
        const string Missing = "no such folder/and no such picture.png";
        (int found, string table, _) = InTerminal(width, "tokenize", "a photo of a cat", "cat");
        (int failed, _, string error) = InTerminal(width, "embed", Missing);
        (int helped, string help, _) = InTerminal(width, "search", "--help");
        Assert.Equal((0, 1, 0), (found, failed, helped));
        string[] words = ["text", "tokens", "<|startoftext|>", "photo</w>"];
        Assert.All(words, word => Assert.Contains(word, table));
        const string Message = $"pureclip: {Missing}: there is no such file or folder.";
        Assert.Equal(Message.Split(' ', '/'), error.Replace("/", " ").Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("concept", help);
    }

    [Fact]
    public void A_terminal_of_eighty_columns_is_wide_enough_for_messages_and_tables()
    {
        (_, string table, _) = InTerminal(Shell.UsualWidth, "tokenize", string.Join(' ', Enumerable.Repeat("a photo of a cat", 20)));
        (_, _, string error) = InTerminal(Shell.UsualWidth, "embed", string.Join('/', Enumerable.Repeat("folder", 30)) + "/picture.png");
        Assert.All(
            [.. table.Replace("\u001b[1m", "").Replace("\u001b[0m", "").Split('\n'), .. error.Split('\n')],
            line => Assert.InRange(line.Length, 0, 80));
    }

    private static (int ExitCode, string Output, string Error) InTerminal(int width, params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        int exitCode = Program.Run(
            arguments, new Shell(TextReader.Null, output, error) { OutputIsTerminal = true, ErrorIsTerminal = true, Width = width });
        return (exitCode, output.ToString(), error.ToString());
    }

    [Fact]
    public void The_version_is_printed() =>
        Assert.Matches(@"^\d+\.\d+\.\d+\n$", CommandLine.Run("--version").Output.ReplaceLineEndings("\n"));
}

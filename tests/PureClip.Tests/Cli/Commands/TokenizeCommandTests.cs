using System.Text.Json;
using PureClip.Tokenization;

namespace PureClip.Tests.Cli.Commands;

public sealed class TokenizeCommandTests
{
    [Fact]
    public void Clips_own_vocabulary_needs_no_model()
    {
        CommandResult result = CommandLine.Run("tokenize", "a photo of a cat", "--vocabulary", "clip");

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        JsonElement line = Assert.Single(result.Lines);
        Assert.Equal(["text", "ids", "tokens"], line.EnumerateObject().Select(field => field.Name));
        Assert.Equal([49406, 320, 1125, 539, 320, 2368, 49407], Ids(line));
        Assert.Equal(
            ["<|startoftext|>", "a</w>", "photo</w>", "of</w>", "a</w>", "cat</w>", "<|endoftext|>"],
            line.GetProperty("tokens").EnumerateArray().Select(token => token.GetString()!));
    }

    [Fact]
    public void Without_specials_only_the_texts_own_tokens_are_left()
    {
        JsonElement[] lines = CommandLine.Run("tokenize", "a cat", "", "--no-special", "--vocabulary", "clip").Lines;
        Assert.Equal([320, 2368], Ids(lines[0]));
        Assert.Empty(Ids(lines[1]));
    }

    [Fact]
    public void Json_lines_come_back_in_order_whatever_they_hold()
    {
        string[] texts = ["a cat", "", "line\nbreak", "schön \"quoted\" \\ 猫 \U0001F408", "\uD83D alone", "\u0000"];
        string input = string.Concat(texts.Select(text => PureClip.Cli.Output.JsonString.Quote(text) + "\n"));
        CommandResult result = CommandLine.RunWithInput(
            input, "tokenize", "--json-lines", "--no-special", "--vocabulary", "clip", "--cleaning", "openai");

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        BpeTokenizer tokenizer = BpeTokenizer.CreateClip();
        string[] lines = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(texts.Length, lines.Length);
        for (int i = 0; i < texts.Length; i++)
        {
            Assert.StartsWith($"{{\"text\":{PureClip.Cli.Output.JsonString.Quote(texts[i])},\"ids\":", lines[i]);
            Assert.Equal(tokenizer.EncodeWithoutSpecials(texts[i]), Ids(result.Lines[i]));
        }
        Assert.Contains("schön", result.Output);
        Assert.Contains("\U0001F408", result.Output);
    }

    [Theory]
    [InlineData("a cat")]
    [InlineData("\"a cat")]
    [InlineData("\"a\" \"cat\"")]
    [InlineData("[\"a cat\"]")]
    [InlineData("")]
    public void A_line_that_is_no_json_string_is_named_by_its_number(string line)
    {
        CommandResult result = CommandLine.RunWithInput($"\"a cat\"\n{line}\n", "tokenize", "--json-lines", "--vocabulary", "clip");
        Assert.Equal(1, result.ExitCode);
        Assert.Single(result.Lines);
        Assert.StartsWith("pureclip: Line 2 ", result.Error);
    }

    [Fact]
    public void The_shipped_models_vocabulary_is_the_default_and_tables_show_it()
    {
        CommandResult result = CommandLine.Run("tokenize", "a cat", "--format", "table");
        Assert.Contains("4094 320 1140 4095", result.Output);
        Assert.Contains("a</w> cat</w>", result.Output);
    }

    [Fact]
    public void The_cleaning_can_be_chosen()
    {
        int[] Tokens(string cleaning) => Ids(
            CommandLine.Run("tokenize", "&amp;", "--no-special", "--vocabulary", "clip", "--cleaning", cleaning).Lines[0]);
        Assert.Equal(BpeTokenizer.CreateClip().EncodeWithoutSpecials("&amp;"), Tokens("openai"));
        Assert.NotEqual(Tokens("openai"), Tokens("huggingface"));
    }

    [Fact]
    public void A_text_beyond_the_limit_is_shown_whole_with_a_note()
    {
        CommandResult result = CommandLine.Run("tokenize", string.Join(' ', Enumerable.Repeat("cat", 31)));
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(33, Ids(Assert.Single(result.Lines)).Length);
        Assert.Contains("31 tokens and the model takes 30", result.Error);
    }

    [Fact]
    public void Without_a_text_it_is_a_usage_error() => CommandLine.Run("tokenize").AssertFails(2, "--json-lines");

    [Fact]
    public void A_model_does_not_go_with_clips_own_vocabulary() =>
        CommandLine.Run("tokenize", "a cat", "--vocabulary", "clip", "--model", TestData.Weights("pictogram-mini"))
            .AssertFails(2, "--vocabulary clip", "--model");

    [Fact]
    public void The_type_of_weights_is_no_matter_of_tokens() =>
        CommandLine.Run("tokenize", "a cat", "--weights", "f32").AssertFails(2, "--weights");

    [Fact]
    public void Waiting_for_input_can_be_interrupted()
    {
        using CancellationTokenSource interrupted = new(TimeSpan.FromMilliseconds(100));
        using SilentReader nobody = new();
        int exitCode = PureClip.Cli.Program.Run(
            ["tokenize", "--json-lines", "--vocabulary", "clip"], nobody, TextWriter.Null, TextWriter.Null, interrupted.Token);
        Assert.Equal(130, exitCode);
    }

    [FixtureFact("tokenizer/clip.jsonl")]
    public void Reference_lines_get_the_references_ids()
    {
        JsonElement[] reference =
        [
            .. File.ReadLines(Fixtures.PathOf("tokenizer/clip.jsonl")).Select(line => JsonDocument.Parse(line).RootElement),
        ];
        string input = string.Concat(reference.Select(line => line.GetProperty("text").GetRawText() + "\n"));
        CommandResult result = CommandLine.RunWithInput(
            input, "tokenize", "--no-special", "--cleaning", "openai", "--json-lines", "--format", "jsonl", "--vocabulary", "clip");

        Assert.Equal(reference.Length, result.Lines.Length);
        foreach ((JsonElement expected, JsonElement found) in reference.Zip(result.Lines))
            if (expected.GetProperty("class").GetString() is "plain" or "fixers")
                Assert.Equal(expected.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()), Ids(found));
    }

    private static int[] Ids(JsonElement line) => [.. line.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];

    /// <summary>A terminal at which nobody types.</summary>
    private sealed class SilentReader : TextReader
    {
        private readonly ManualResetEventSlim _closed = new();

        public override string? ReadLine()
        {
            _closed.Wait();
            return null;
        }

        protected override void Dispose(bool disposing) => _closed.Set();
    }
}

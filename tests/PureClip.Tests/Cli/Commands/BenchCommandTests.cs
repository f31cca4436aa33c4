using System.Text.Json;
using PureClip.Cli;

namespace PureClip.Tests.Cli.Commands;

public sealed class BenchCommandTests(ShippedModel model) : IClassFixture<ShippedModel>
{
    [Fact]
    public void Batches_of_ids_are_encoded_as_texts_are()
    {
        string[] texts =
        [
            .. Enumerable.Range(0, 200).Select(i => string.Join(' ', Enumerable.Repeat("cat", 1 + i % 25))),
        ]; // several passes
        ReadOnlyMemory<int>[] ids = [.. texts.Select(text => model.Clip.Tokenizer!.Encode(text).Ids)];
        float[] embeddings = new float[texts.Length * model.Clip.EmbeddingWidth];
        model.Clip.EncodeTokens(ids, embeddings);
        Assert.Equal(model.Clip.EncodeTexts(texts).SelectMany(embedding => embedding), embeddings);
    }

    [Fact]
    public void Each_cell_is_a_line_with_the_documented_fields()
    {
        CommandResult result = Run("--threads", "1", "--image-batch", "1", "--text-batch", "1,2");
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("GFLOP/s", result.Error);
        Assert.Equal(
            [("image", 1, 1), ("text", 1, 1), ("text", 1, 2)],
            result.Lines.Select(line =>
                (line.GetProperty("kind").GetString()!, line.GetProperty("threads").GetInt32(), line.GetProperty("batch").GetInt32())));
        foreach (JsonElement line in result.Lines)
        {
            Assert.Equal(
                ["kind", "threads", "batch", "ms", "gflops", "percent_of_peak", "allocated_bytes"],
                line.EnumerateObject().Select(field => field.Name));
            Assert.True(line.GetProperty("ms").GetDouble() > 0);
            Assert.True(line.GetProperty("gflops").GetDouble() > 0);
            Assert.True(line.GetProperty("percent_of_peak").GetDouble() > 0);
            Assert.Equal(0, line.GetProperty("allocated_bytes").GetInt64());
        }
    }

    [Theory]
    [InlineData("image")]
    [InlineData("text")]
    public void One_kind_can_be_measured_alone(string kind)
    {
        CommandResult result = Run("--threads", "1", "--image-batch", "1", "--text-batch", "1", "--kind", kind);
        Assert.Equal(0, result.ExitCode);
        Assert.Equal([kind], result.Lines.Select(line => line.GetProperty("kind").GetString()));
    }

    [Fact]
    public void Pictures_are_measured_from_their_files()
    {
        CommandResult result = Run(
            "--threads", "2", "--pictures", CommandLine.Picture("rocket"), "--pictures", CommandLine.Picture("crown"));
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("2 pictures from files", result.Error);
        Assert.Contains("peak resident set", result.Error);
        JsonElement line = Assert.Single(result.Lines);
        Assert.Equal(
            ("file", 2, 2),
            (line.GetProperty("kind").GetString()!, line.GetProperty("threads").GetInt32(), line.GetProperty("batch").GetInt32()));
        Assert.True(line.GetProperty("ms").GetDouble() > 0);
        Assert.True(line.GetProperty("percent_of_model").GetDouble() > 0);
    }

    [Theory]
    [InlineData("--threads", "0")]
    [InlineData("--threads", "1,x")]
    [InlineData("--image-batch", "")]
    [InlineData("--text-batch", "1;2")]
    public void Numbers_out_of_range_are_usage_errors(string option, string value) =>
        CommandLine.Run("bench", option, value).AssertFails(2, option);

    [Fact]
    public void It_can_be_interrupted()
    {
        using CancellationTokenSource interrupted = new();
        interrupted.Cancel();
        Assert.Equal(130, CommandLine.Run("", interrupted.Token, "bench").ExitCode);
    }

    private static CommandResult Run(params string[] args)
    {
        using StringWriter output = new(), error = new();
        Shell shell = new(TextReader.Null, output, error) { BenchTime = TimeSpan.FromMilliseconds(30) };
        int exitCode = Program.Run(["bench", .. args], shell);
        return new(exitCode, output.ToString(), error.ToString());
    }
}

using System.Text.Json;
using PureClip.Files;

namespace PureClip.Tests.Cli.Commands;

public sealed class VerifyCommandTests
{
    [Fact]
    public void The_shipped_model_agrees_with_itself_and_says_what_could_not_be_checked()
    {
        CommandResult result = CommandLine.Run("verify", "--threads", "2");

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Equal("passed", Outcome(result, "text embeddings"));
        Assert.Equal("passed", Outcome(result, "picture embeddings"));
        Assert.Equal("skipped", Outcome(result, "tokenizer")); // it has a vocabulary of its own
        Assert.Equal("skipped", Outcome(result, "published: CLIP.png"));
        Assert.Contains("half", Find(result, "parity mode").GetProperty("detail").GetString(), StringComparison.OrdinalIgnoreCase);
    }

    [FixtureFact("checkpoints/tiny/hf")]
    public void Published_ids_are_those_of_clips_vocabulary_under_both_cleanings()
    {
        CommandResult result = CommandLine.Run("verify", "--model", Fixtures.PathOf("checkpoints/tiny/hf"));
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Equal("passed", Outcome(result, "tokenizer, Hugging Face's ids"));
        Assert.Equal("passed", Outcome(result, "tokenizer, OpenAI's ids"));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(8)]
    public void A_model_that_takes_few_tokens_is_checked_with_texts_that_fit(int tokens)
    {
        using TinyModel model = TinyModel.HuggingFace();
        model.Config["text_config"]!["max_position_embeddings"] = tokens;
        const string Positions = "text_model.embeddings.position_embedding.weight";
        (NumberType type, long[] shape, float[] numbers) = model.Tensors[Positions];
        model.Tensors[Positions] = new(type, [tokens, shape[1]], numbers[..(int)(tokens * shape[1])]);
        CommandResult result = CommandLine.Run("verify", "--model", model.Save());
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Equal("passed", Outcome(result, "text embeddings"));
    }

    [Fact]
    public void A_picture_of_which_nothing_is_published_is_skipped_by_name() =>
        Assert.Equal("skipped", Outcome(CommandLine.Run("verify", "--picture", CommandLine.Cat), CommandLine.Cat));

    [Fact]
    public void Damaged_weights_fail_with_exit_code_1()
    {
        using TemporaryFolder folder = new();
        string model = Path.Combine(folder.Path, "model");
        Directory.CreateDirectory(model);
        foreach (string file in Directory.GetFiles(TestData.Weights("pictogram-mini")))
            File.Copy(file, Path.Combine(model, Path.GetFileName(file)));
        string weights = Path.Combine(model, "model.safetensors");
        byte[] bytes = File.ReadAllBytes(weights);
        bytes.AsSpan(bytes.Length / 2).Fill(0x7F); // NaN in F16
        File.WriteAllBytes(weights, bytes);

        foreach (string[] type in (string[][])[[], ["--weights", "f32"], ["--weights", "int8"]])
            CommandLine.Run(["verify", "--model", model, .. type])
                .AssertFails(1, weights, "is NaN. A model's numbers are finite", "the file is damaged");
    }

    [Fact]
    public void A_table_is_for_people() =>
        Assert.Matches(@"text embeddings +passed", CommandLine.Run("verify", "--format", "table").Output);

    private static JsonElement Find(CommandResult result, string check) =>
        Assert.Single(result.Lines, line => line.GetProperty("check").GetString() == check);

    private static string? Outcome(CommandResult result, string check) => Find(result, check).GetProperty("outcome").GetString();
}

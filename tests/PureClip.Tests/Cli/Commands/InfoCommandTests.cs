using System.Text.Json;

namespace PureClip.Tests.Cli.Commands;

public sealed class InfoCommandTests(ShippedModel model) : IClassFixture<ShippedModel>
{
    [Fact]
    public void Json_says_what_the_machine_does_and_what_the_model_needs()
    {
        CommandResult result = CommandLine.Run("info", "--threads", "1");

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        JsonElement info = Assert.Single(result.Lines);
        Assert.Equal(model.Clip.Runtime.Vectors.ToString().ToLowerInvariant(), info.GetProperty("simd").GetString());
        Assert.Equal(1, info.GetProperty("threads").GetInt32());
        Assert.False(string.IsNullOrEmpty(info.GetProperty("version").GetString()));
    }

    [Fact]
    public void The_memory_is_what_the_library_allocates()
    {
        JsonElement info = Assert.Single(CommandLine.Run("info", "--threads", "1").Lines);
        using Clip clip = Clip.Load(model.Clip.Source, new() { Threads = 1 });
        clip.Warm();
        long weights = info.GetProperty("vision_weights_bytes").GetInt64() + info.GetProperty("text_weights_bytes").GetInt64();
        Assert.InRange((double)weights / clip.AllocatedBytes, 0.9, 1.1); // packing pads, norms are counted here and not there

        long before = clip.AllocatedBytes;
        clip.EncodePixels(new float[clip.Preprocessor!.OutputLength], 1, new float[clip.EmbeddingWidth]);
        Assert.Equal(clip.AllocatedBytes - before, info.GetProperty("vision_workspace_bytes").GetInt64());
    }

    [Fact]
    public void A_batch_takes_what_is_said()
    {
        JsonElement info = Assert.Single(CommandLine.Run("info", "--threads", "2").Lines);
        using Clip clip = Clip.Load(model.Clip.Source, new() { Threads = 2 });
        clip.Warm();
        long before = clip.AllocatedBytes;
        int pictures = 3 * clip.ImagesPerRound;
        clip.EncodePixels(new float[pictures * clip.Preprocessor!.OutputLength], pictures, new float[pictures * clip.EmbeddingWidth]);
        Assert.Equal(clip.AllocatedBytes - before, info.GetProperty("vision_workspace_bytes").GetInt64());
    }

    [Fact]
    public void A_table_is_for_people() =>
        Assert.Matches(@"vision weights +\d+\.\d MB", CommandLine.Run("info", "--format", "table").Output);

    [Fact]
    public void A_model_that_is_not_there_is_an_error() =>
        CommandLine.Run("info", "--model", "no such model").AssertFails(1, "no such model");
}

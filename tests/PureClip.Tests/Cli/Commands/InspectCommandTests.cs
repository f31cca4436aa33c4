using System.Text.Json;

namespace PureClip.Tests.Cli.Commands;

public sealed class InspectCommandTests
{
    private static readonly string Model = TestData.Weights("pictogram-mini");

    [Fact]
    public void Every_tensor_of_a_model_directory_is_mapped_to_something()
    {
        CommandResult result = CommandLine.Run("inspect", Model);

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        JsonElement[] tensors = OfKind(result, "tensor");
        Assert.All(tensors, tensor => Assert.False(string.IsNullOrEmpty(tensor.GetProperty("mapped_to").GetString())));
        JsonElement projection = Assert.Single(tensors, tensor => tensor.GetProperty("name").GetString() == "visual_projection.weight");
        Assert.Equal("vision.projection", projection.GetProperty("mapped_to").GetString());
        Assert.Equal("F16", projection.GetProperty("dtype").GetString());
        Assert.Equal([256, 192], projection.GetProperty("shape").EnumerateArray().Select(n => n.GetInt32()));
        JsonElement config = Assert.Single(OfKind(result, "config"));
        Assert.Equal(192, config.GetProperty("vision_width").GetInt32());
        Assert.Equal(256, config.GetProperty("embedding_width").GetInt32());
    }

    [Fact]
    public void A_lone_file_is_listed()
    {
        CommandResult result = CommandLine.Run("inspect", Path.Combine(Model, "model.safetensors"));
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.NotEmpty(OfKind(result, "tensor"));
        Assert.Equal("pt", Assert.Single(OfKind(result, "config")).GetProperty("metadata.format").GetString());
    }

    [Fact]
    public void A_model_that_does_not_fit_its_configuration_is_listed_with_the_reason()
    {
        using TemporaryFolder folder = new();
        foreach (string file in Directory.EnumerateFiles(Model))
            folder.Copy(file, Path.GetFileName(file));
        File.WriteAllText(
            folder["config.json"], File.ReadAllText(folder["config.json"]).Replace("\"num_hidden_layers\": 6", "\"num_hidden_layers\": 5"));
        CommandResult result = CommandLine.Run("inspect", folder.Path);

        Assert.Equal(1, result.ExitCode);
        Assert.NotEmpty(OfKind(result, "tensor"));
        Assert.Contains("vision_model.encoder.layers.5.", result.Error);
        Assert.Single(result.Error.Trim('\n').Split('\n'));
    }

    [Theory]
    [InlineData("open_clip_model.safetensors")]
    [InlineData("open_clip_pytorch_model.safetensors")]
    [InlineData("model.safetensors")]
    public void The_tensors_of_a_directory_without_a_configuration_are_listed(string weights)
    {
        using TinyModel model = TinyModel.OpenClip();
        model.WeightsName = weights;
        model.Json.Clear();
        CommandResult result = CommandLine.Run("inspect", model.Save());
        Assert.Equal(1, result.ExitCode);
        Assert.Equal(
            model.Tensors.Keys.Order(), OfKind(result, "tensor").Select(tensor => tensor.GetProperty("name").GetString()!).Order());
        Assert.Contains("open_clip_config.json", result.Error);
    }

    [Fact]
    public void A_table_shows_tensors_and_configuration()
    {
        CommandResult result = CommandLine.Run("inspect", Model, "--format", "table");
        Assert.Contains("vision.blocks.5.mlp.proj.bias", result.Output);
        Assert.Contains("768 × 192", result.Output);
        Assert.Contains("vision patch size", result.Output);
    }

    [Fact]
    public void What_is_not_there_is_an_error() => CommandLine.Run("inspect", "no such model").AssertFails(1, "no such model");

    [Fact]
    public void A_file_that_is_no_checkpoint_is_an_error() => CommandLine.Run("inspect", CommandLine.Cat).AssertFails(1, CommandLine.Cat);

    [Fact]
    public void A_folder_that_is_no_model_is_an_error()
    {
        using TemporaryFolder folder = new();
        CommandResult result = CommandLine.Run("inspect", folder.Path);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("config.json", result.Error);
    }

    private static JsonElement[] OfKind(CommandResult result, string kind) =>
        [.. result.Lines.Where(line => line.GetProperty("kind").GetString() == kind)];
}

using PureClip.Files;
using Shipped = PureClip.Tests.Support.ShippedModel;

namespace PureClip.Tests.Cli.Commands;

public class ConditionCommandTests
{
    [Fact]
    public void A_prompt_becomes_a_file_with_the_arguments_of_the_pipeline()
    {
        using TemporaryFolder folder = new();
        string output = folder["cond.safetensors"];
        AssertSucceeds(CommandLine.Run(
            "condition", ConditioningFixture.Directory("sd1"), "a (red:1.3) car BREAK a dog", "--dialect", "a1111", "--negative", "blurry",
            "--output", output, "--format", "jsonl", "--threads", "2"),
            "{\"argument\":\"prompt_embeds\",\"shape\":\"1 x 154 x 64\"", "\"negative_prompt_embeds\"");
        using SafetensorsFile file = SafetensorsFile.Open(output);
        Assert.Equal([1L, 154, 64], file["prompt_embeds"].Shape.ToArray());
        Assert.Equal([1L, 154, 64], file["negative_prompt_embeds"].Shape.ToArray());
        Assert.Equal("A1111", file.Metadata["dialect"]);
    }

    [Fact]
    public void LoRAs_have_a_strength_and_inversions_a_name()
    {
        using TemporaryFolder folder = new();
        string sd1 = ConditioningFixture.Directory("sd1"), lora = ConditioningFixture.PathOf("lora/kohya-sd1.safetensors");
        foreach ((string name, string[] more) in ((string, string[])[])
            [("plain", []), ("none", ["--lora", lora + ":0"]), ("half", ["--lora", lora + ":0.5"]), ("whole", ["--lora", lora])])
            AssertSucceeds(CommandLine.Run(["condition", sd1, "a cat", "--output", folder[name], .. more]), "prompt_embeds");
        float[] Of(string name) => ConditioningFixture.Tensors(folder[name])["prompt_embeds"];
        TensorAssert.Equal(Of("plain"), Of("none"), ConditioningFixture.SinglePrecision);
        Assert.NotEqual(Of("plain"), Of("half"));
        Assert.NotEqual(Of("whole"), Of("half"));
        AssertSucceeds(CommandLine.Run(
            "condition", sd1, "a photo of embedding:learned_embeds", "--dialect", "comfyui", "--output", folder["toy"],
            "--inversion", ConditioningFixture.PathOf("inversion/learned_embeds.safetensors")), "prompt_embeds");
    }

    [Fact]
    public void Pictures_become_tensors_of_an_adapter()
    {
        using TemporaryFolder folder = new();
        string picture = CommandLine.Cat, output = folder["cat.safetensors"];
        AssertSucceeds(CommandLine.Run("condition", Shipped.Path, "--picture", picture, "--for", "ip-adapter", "--output", output), "ip_adapter_image_embeds");
        using (SafetensorsFile file = SafetensorsFile.Open(output))
        {
            using Clip clip = Clip.Load(Shipped.Path, new() { Normalize = false });
            float[] pair = new float[2 * clip.EmbeddingWidth];
            file.ReadFloats(file["ip_adapter_image_embeds"], pair);
            Assert.False(pair.AsSpan(0, clip.EmbeddingWidth).ContainsAnyExcept(0f));
            TensorAssert.SameBits(clip.EncodeImage(picture), pair.AsSpan(clip.EmbeddingWidth));
        }
        AssertSucceeds(CommandLine.Run("condition", Shipped.Path, "--picture", picture, "--for", "ip-adapter-plus", "--output", output), "2 x 1 x 65 x ");
        AssertSucceeds(CommandLine.Run("condition", Shipped.Path, "--picture", picture, "--for", "kandinsky22", "--output", output), "negative_image_embeds");
    }

    [Fact]
    public void What_is_missing_or_does_not_fit_is_said()
    {
        using TemporaryFolder folder = new();
        string sd1 = ConditioningFixture.Directory("sd1"), output = folder["cond"];
        CommandLine.Run("condition", sd1, "--output", output).AssertFails(2, "give a prompt, or pictures");
        CommandLine.Run("condition", sd1, "a", "--picture", "b.png", "--output", output).AssertFails(2, "give a prompt, or pictures");
        CommandLine.Run("condition", sd1, "a").AssertFails(2, "--output");
        CommandLine.Run("condition", sd1, "a", "--dialect", "b", "--output", output).AssertFails(2, "plain or a1111");
        CommandLine.Run("condition", sd1, "a", "--preset", "b", "--output", output).AssertFails(2, "choose one of sd1, sd2");
        CommandLine.Run("condition", sd1, "--picture", "b.png", "--output", output).AssertFails(2, "ip-adapter, ip-adapter-plus");
        CommandLine.Run("condition", folder["none"], "a", "--output", output).AssertFails(1, "neither a directory nor a file");
        CommandLine.Run("condition", Path.Combine(sd1, "text_encoder"), "a", "--output", output).AssertFails(1, "--preset does");
        CommandLine.Run("condition", sd1, "a", "--lora", folder["none"], "--output", output).AssertFails(1, "There is no LoRA");
        Assert.False(File.Exists(output));
    }

    private static void AssertSucceeds(CommandResult result, params string[] parts)
    {
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.All(parts, part => Assert.Contains(part, result.Output, StringComparison.Ordinal));
    }
}

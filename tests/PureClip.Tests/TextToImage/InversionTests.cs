using System.Text;
using PureClip.Files;
using PureClip.Imaging;
using PureClip.Tests.Cli;
using PureClip.TextToImage;
using Shipped = PureClip.Tests.Support.ShippedModel;

namespace PureClip.Tests.TextToImage;

/// <summary>Textual inversions in other places than files of their own: in pictures, made by A1111's program, and in LoRAs.</summary>
public sealed class InversionTests
{
    private static readonly PromptOptions A1111 = new() { Dialect = PromptDialect.A1111 };

    [Theory]
    [InlineData("text"), InlineData("compressed"), InlineData("pixels")]
    public void A_picture_holds_what_its_file_held(string name)
    {
        float[] expected = Encode("a sks toy, red", new() { Inversions = [Of("sks toy.pt")] });
        ConditioningOptions options = new() { Inversions = [Of($"{name}.png")] };
        TensorAssert.SameBits(expected, Encode($"a {name}, red", options), "by the file's name");
        TensorAssert.SameBits(expected, Encode("a a toy of sks, red", options), "by the name inside");
        Assert.NotEqual(expected, Encode("a sks toy, red", options));
    }

    [Fact]
    public void A_picture_without_an_inversion_says_so()
    {
        using TemporaryFolder folder = new();
        foreach (string picture in (string[])[CommandLine.Cat, Shrunk(folder), Cut(folder)])
            Assert.Contains("holds no textual inversion, neither as text nor in its pixels", Refused(picture), StringComparison.Ordinal);
        Assert.Contains("is damaged", Refused(Spoilt(folder, "!")), StringComparison.Ordinal);
        Assert.Contains("is damaged", Refused(Spoilt(folder, "eyJ9")), StringComparison.Ordinal); // {"}
        Assert.Contains("no string_to_param", Refused(Spoilt(folder, "e30=")), StringComparison.Ordinal); // {}
    }

    [Fact]
    public void A_LoRA_brings_along_the_words_that_it_was_trained_with()
    {
        using TemporaryFolder folder = new();
        string kohya = ConditioningFixture.PathOf("lora/kohya-sd1.safetensors"), both = folder["both.safetensors"];
        float[] vectors = ConditioningFixture.Tensors(Of("learned_embeds.safetensors")).Values.Single();
        Bundle(kohya, both, ("bundle_emb.my.toy.string_to_param.*", vectors));
        ConditioningOptions apart = new() { Loras = [new(kohya)], Inversions = [Of("learned_embeds.safetensors")] };
        float[] expected = Encode("a learned_embeds, red", apart);
        TensorAssert.SameBits(expected, Encode("a my.toy, red", new() { Loras = [new(both)] }), "of the LoRA");
        TensorAssert.SameBits(
            Encode("a learned_embeds, red", apart with { Loras = [] }), Encode("a both, red", new() { Inversions = [both] }), "alone");
        TensorAssert.SameBits(
            Encode("a learned_embeds, red", apart with { Loras = [] }), Encode("a my.toy, red", new() { Inversions = [both] }), "alone, by name");
        using Conditioning encoders = Conditioning.Load(ConditioningFixture.Directory("sd1"), new() { Loras = [new(both)] });
        Assert.Empty(encoders.Notes);

        Bundle(kohya, both, ("bundle_emb.one.string_to_param.*", vectors), ("bundle_emb.two.emb_params", [.. vectors.Select(static x => -x)]));
        TensorAssert.SameBits(expected, Encode("a one, red", new() { Loras = [new(both)] }), "first of two");
        Assert.NotEqual(expected, Encode("a two, red", new() { Loras = [new(both)] }));
        Assert.Contains("is a LoRA", Refused(kohya), StringComparison.Ordinal);
    }

    [FixtureFact("conditioning/sdxl.zip")]
    public void What_is_brought_along_for_two_encoders_goes_to_both()
    {
        using TemporaryFolder folder = new();
        string sdxl = ConditioningFixture.Directory("sdxl"), both = folder["both.safetensors"];
        Dictionary<string, float[]> vectors = ConditioningFixture.Tensors(Of("sdxl.safetensors"));
        Bundle(
            ConditioningFixture.PathOf("lora/kohya-sdxl.safetensors"), both, ("bundle_emb.toy.clip_l", vectors["clip_l"]),
            ("bundle_emb.toy.clip_g", vectors["clip_g"]));
        using Conditioning expected = Conditioning.Load(sdxl, new() { Inversions = [Of("sdxl.safetensors")] }),
            found = Conditioning.Load(sdxl, new() { Loras = [new(both, 0)] });
        foreach (string tensor in (string[])["prompt_embeds", "pooled_prompt_embeds"])
            TensorAssert.Equal(
                expected.Encode("a sdxl", null, A1111)[tensor].Values, found.Encode("a toy", null, A1111)[tensor].Values,
                ConditioningFixture.SinglePrecision, tensor);
    }

    /// <summary>The shipped model's vision tower in the files in which image encoders are published without a configuration.</summary>
    [Theory]
    [InlineData(""), InlineData("embedder.model."), InlineData("conditioner.embedders.0.open_clip.model."), InlineData("cond_stage_model.model.")]
    public void An_image_encoder_is_found_in_the_file_of_its_generator(string prefix)
    {
        using TemporaryFolder folder = new();
        string path = folder["generator.safetensors"];
        using (SafetensorsFile file = SafetensorsFile.Open(Path.Combine(Shipped.Path, "model.safetensors")))
            SafetensorsWriter.Write(path, [
                .. file.Tensors.Where(static tensor => tensor.Name.StartsWith("vision_model.", StringComparison.Ordinal) || tensor.Name == "visual_projection.weight")
                    .Select(tensor => TensorSource.FromFile(file, tensor) with { Name = prefix + tensor.Name }),
                .. prefix.Length == 0 ? (TensorSource[])[] : [TensorSource.FromFloats("model.diffusion_model.out.2.bias", [4], new float[4])],
            ]);
        using PictureConditioning expected = PictureConditioning.Load(Shipped.Path), found = PictureConditioning.Load(path);
        TensorAssert.SameBits(
            expected.Encode([CommandLine.Cat], PicturePreset.StableVideo)["image_embeds"].Values,
            found.Encode([CommandLine.Cat], PicturePreset.StableVideo)["image_embeds"].Values, prefix);
        Assert.Contains(
            "takes pictures in place of a prompt", Assert.Throws<InvalidDataException>(() => Conditioning.Load(path)).Message, StringComparison.Ordinal);
    }

    [FixtureFact("checkpoints/tiny/openclip/open_clip_model.safetensors")]
    public void An_image_encoder_with_names_of_open_clip_is_found_as_well()
    {
        using TemporaryFolder folder = new();
        string path = folder["svd.safetensors"], hf = Fixtures.PathOf("checkpoints/tiny/hf");
        using (SafetensorsFile file = SafetensorsFile.Open(Fixtures.PathOf("checkpoints/tiny/openclip/open_clip_model.safetensors")))
            SafetensorsWriter.Write(path, file.Tensors.Select(tensor =>
                TensorSource.FromFile(file, tensor) with { Name = "conditioner.embedders.0.open_clip.model." + tensor.Name }));
        using PictureConditioning expected = PictureConditioning.Load(hf), found = PictureConditioning.Load(path);
        TensorAssert.SameBits(
            expected.Encode([CommandLine.Cat], PicturePreset.IpAdapterPlus)["ip_adapter_image_embeds"].Values,
            found.Encode([CommandLine.Cat], PicturePreset.IpAdapterPlus)["ip_adapter_image_embeds"].Values);
    }

    [Fact]
    public void A_file_without_an_image_encoder_says_so()
    {
        using TemporaryFolder folder = new();
        string path = folder["unet.safetensors"];
        SafetensorsWriter.Write(path, [TensorSource.FromFloats("model.diffusion_model.out.2.bias", [4], new float[4])]);
        Assert.Contains("holds no image encoder", Assert.Throws<InvalidDataException>(() => PictureConditioning.Load(path)).Message, StringComparison.Ordinal);
        SafetensorsWriter.Write(path, [TensorSource.FromFloats("embedder.model.visual.conv1.weight", [64, 3, 8, 8], new float[64 * 3 * 64])]);
        Assert.Contains("embedder.model.visual.positional_embedding", Assert.Throws<InvalidDataException>(() => PictureConditioning.Load(path)).Message, StringComparison.Ordinal);
    }

    private static string Of(string file) => ConditioningFixture.PathOf($"inversion/{file}");

    private static float[] Encode(string prompt, ConditioningOptions options)
    {
        using Conditioning encoders = Conditioning.Load(ConditioningFixture.Directory("sd1"), options);
        return encoders.Encode(prompt, null, A1111)["prompt_embeds"].Values;
    }

    private static string Refused(string inversion) => Assert.Throws<InvalidDataException>(
        () => Conditioning.Load(ConditioningFixture.Directory("sd1"), new() { Inversions = [inversion] })).Message;

    /// <summary>A LoRA with further tensors of vectors.</summary>
    private static void Bundle(string lora, string path, params (string Name, float[] Numbers)[] added)
    {
        using SafetensorsFile file = SafetensorsFile.Open(lora);
        SafetensorsWriter.Write(path, [
            .. file.Tensors.Select(tensor => TensorSource.FromFile(file, tensor)),
            .. added.Select(static one =>
            {
                int width = one.Name.EndsWith("clip_g", StringComparison.Ordinal) ? 128 : 64;
                return TensorSource.FromFloats(one.Name, [one.Numbers.Length / width, width], one.Numbers);
            }),
        ]);
    }

    /// <summary>The pixels of the picture that holds an inversion, without the last of its columns.</summary>
    private static string Cut(TemporaryFolder folder)
    {
        RasterImage image = Pixels();
        byte[] rows = [.. image.Pixels.Chunk(image.Width * 3).SelectMany(static row => row[..^3])];
        return Written(folder["cut.png"], new(image.Width - 1, image.Height, rows));
    }

    /// <summary>Every second pixel of every second row.</summary>
    private static string Shrunk(TemporaryFolder folder)
    {
        RasterImage image = Pixels();
        byte[] half = [.. image.Pixels.Chunk(image.Width * 3).Where(static (_, y) => y % 2 == 0)
            .SelectMany(static row => row.Chunk(3).Where(static (_, x) => x % 2 == 0).SelectMany(static pixel => pixel))];
        return Written(folder["shrunk.png"], new((image.Width + 1) / 2, (image.Height + 1) / 2, half));
    }

    private static RasterImage Pixels() => ImageFormats.Decode(File.ReadAllBytes(Of("pixels.png")));

    private static string Written(string path, RgbImage image)
    {
        using FileStream file = File.Create(path);
        image.WritePng(file);
        return path;
    }

    /// <summary>The picture whose text holds an inversion, with another text of the same length in its place.</summary>
    private static string Spoilt(TemporaryFolder folder, string text)
    {
        byte[] file = File.ReadAllBytes(Of("text.png"));
        int at = file.AsSpan().IndexOf("sd-ti-embedding\0"u8) + "sd-ti-embedding\0".Length;
        int length = file.AsSpan(at).IndexOf("IDAT"u8) - 8; // its checksum and the next length stand between
        file.AsSpan(at, length).Fill((byte)' ');
        Encoding.ASCII.GetBytes(text, file.AsSpan(at));
        string path = folder["spoilt.png"];
        File.WriteAllBytes(path, file);
        return path;
    }
}

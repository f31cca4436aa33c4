using PureClip.Imaging;

namespace PureClip.Tests;

public sealed class ClipOptionsTests
{
    public static TheoryData<ClipOptions, string> Impossible => new()
    {
        { new() { Truncation = (Truncation)7 }, "Truncation is 7; it must be Error or KeepEnd." },
        { new() { Cleaning = (TextCleaning)7 }, "Cleaning is 7; it must be OpenAI, HuggingFace or null." },
        { new() { PixelOrder = (PixelOrder)7 }, "PixelOrder is 7" },
        { new() { CropRounding = (CropRounding)7 }, "CropRounding is 7" },
        { new() { MaxPixels = 0 }, "MaxPixels is 0; it must be at least 1." },
        { new() { MaxFileBytes = 0 }, "MaxFileBytes is 0; it must be at least 1, or null." },
        { new() { Decoders = [] }, "Decoders is empty" },
        { new() { Decoders = [.. ImageFormats.BuiltIn, null!] }, $"Decoders[{ImageFormats.BuiltIn.Count}] is null." },
    };

    [Theory]
    [MemberData(nameof(Impossible))]
    public void An_option_that_cannot_be_is_refused_when_the_model_is_loaded(ClipOptions options, string problem) =>
        Assert.Contains(problem, Assert.Throws<ArgumentException>(() => Clip.Load(ShippedModel.Path, options)).Message);

    [Fact]
    public void Limits_on_pictures_reach_the_decoding()
    {
        using Clip clip = Clip.Load(ShippedModel.Path, new() { MaxFileBytes = 100 });
        string picture = ShippedModel.Gallery.First();
        Assert.Contains("more than 100 bytes", Assert.Throws<InvalidDataException>(() => clip.EncodeImage(picture)).Message);
        clip.EncodeImage(File.ReadAllBytes(picture));
    }
}

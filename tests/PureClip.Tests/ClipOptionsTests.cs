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

    /// <summary>The same bits as mapped, packed files included, and nothing allocated although rows of the token table are read from the file.</summary>
    [Fact]
    public void Weights_that_are_read_give_the_bits_of_mapped_ones()
    {
        using TinyModel model = TinyModel.HuggingFace().As(PureClip.Files.NumberType.F16);
        string directory = model.Save();
        float[] expected;
        using (Clip mapped = Clip.Load(directory))
        {
            expected = mapped.EncodeText("a cat");
            mapped.WritePacked(CancellationToken.None);
        }
        for (int round = 0; round < 2; round++)
        {
            using Clip read = Clip.Load(directory, new() { ReadWeights = true, Threads = 1 });
            Assert.Equal(round == 0, read.PackedPath is not null);
            Assert.Equal(expected, read.EncodeText("a cat"));
            float[] embedding = new float[expected.Length];
            ReadOnlyMemory<int> ids = read.Tokenizer!.Encode("a cat").Ids;
            NoAllocation.Assert(() => read.EncodeTokens(ids.Span, embedding));
            Assert.Equal(expected, embedding);
            if (read.PackedPath is string packed)
                File.Delete(packed);
        }
    }

    [Fact]
    public void Weights_that_are_read_and_cut_are_an_error()
    {
        if (OperatingSystem.IsWindows())
            return; // which keeps others from cutting an open file
        using TinyModel model = TinyModel.HuggingFace();
        string directory = model.Save();
        using Clip clip = Clip.Load(directory, new() { ReadWeights = true });
        using (FileStream file = new(Path.Combine(directory, "model.safetensors"), FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            file.SetLength(4096);
        Assert.Contains("Another program has cut it", Assert.ThrowsAny<IOException>(() => clip.EncodeText("a cat")).Message);
    }
}

using PureClip.Simd;

namespace PureClip.Tests.Checkpoints;

/// <summary>A packed file gives the same bits, is used only where it fits, and is refused where it is damaged.</summary>
public sealed class PackedFileTests
{
    [Theory]
    [InlineData(null)]
    [InlineData(WeightType.BF16)]
    [InlineData(WeightType.F16)]
    [InlineData(WeightType.Int8)]
    public void Packed_matrices_give_the_bits_of_the_weights(WeightType? type)
    {
        using TinyModel model = TinyModel.HuggingFace();
        string directory = model.Save();
        ClipOptions options = new() { Weights = type };
        float[] picture, text;
        string packed;
        using (Clip clip = Clip.Load(directory, options))
        {
            Assert.Null(clip.PackedPath);
            (picture, text) = Embeddings(clip);
            packed = clip.WritePacked(CancellationToken.None);
        }
        using (Clip clip = Clip.Load(directory, options))
        {
            Assert.Equal(packed, clip.PackedPath);
            (float[] samePicture, float[] sameText) = Embeddings(clip);
            Assert.Equal(picture, samePicture);
            Assert.Equal(text, sameText);
        }
        Assert.Equal(2, Directory.GetFiles(directory, "*.safetensors").Length);
    }

    [Fact]
    public void A_packed_file_of_other_weights_is_not_used()
    {
        using TinyModel model = TinyModel.HuggingFace();
        using (Clip clip = model.Load())
            clip.WritePacked(CancellationToken.None);
        model.Tensors["vision_model.encoder.layers.0.mlp.fc1.bias"].Numbers[0] += 1f;
        using (Clip clip = model.Load())
            Assert.Null(clip.PackedPath);
    }

    [Fact]
    public void A_packed_file_is_found_for_its_type_and_tier_only()
    {
        using TinyModel model = TinyModel.HuggingFace();
        string directory = model.Save();
        using (Clip clip = Clip.Load(directory, new() { Weights = WeightType.BF16 }))
            clip.WritePacked(CancellationToken.None);
        using (Clip clip = Clip.Load(directory))
            Assert.Null(clip.PackedPath);
        using (Clip clip = Clip.Load(directory, new() { Weights = WeightType.BF16, Vectors = VectorWidth.Scalar }))
            Assert.Equal(SimdTier.Active.Name == "scalar", clip.PackedPath is not null);
    }

    [Fact]
    public void A_damaged_packed_file_is_refused_or_leads_to_other_numbers_but_to_nothing_else()
    {
        using TinyModel model = TinyModel.HuggingFace();
        string directory = model.Save(), packed;
        ClipOptions options = new() { Weights = WeightType.Int8 };
        using (Clip clip = Clip.Load(directory, options))
            packed = clip.WritePacked(CancellationToken.None);
        byte[] whole = File.ReadAllBytes(packed);
        int header = (int)BitConverter.ToInt64(whole) + 8;
        Random random = new(1);
        for (int i = 0; i < 300; i++)
        {
            byte[] damaged = [.. whole];
            damaged[random.Next(header)] = (byte)random.Next(256);
            File.WriteAllBytes(packed, i % 10 == 0 ? damaged[..random.Next(damaged.Length)] : damaged);
            try
            {
                using Clip clip = Clip.Load(directory, options);
                Embeddings(clip);
            }
            catch (InvalidDataException e)
            {
                Assert.Contains(Path.GetFileName(packed), e.Message, StringComparison.Ordinal);
            }
        }
    }

    /// <summary>What lies in the file is multiplied as it is: a number that is none would make vectors that are none, and nothing would tell why.</summary>
    [Theory]
    [InlineData(WeightType.F32, new byte[] { 0, 0, 0xC0, 0x7F })] // NaN
    [InlineData(WeightType.F32, new byte[] { 0, 0, 0x80, 0xFF })] // -infinity
    [InlineData(WeightType.BF16, new byte[] { 0xC0, 0x7F })]
    [InlineData(WeightType.BF16, new byte[] { 0x80, 0x7F })]
    [InlineData(WeightType.F16, new byte[] { 0, 0x7E })]
    [InlineData(WeightType.F16, new byte[] { 0, 0xFC })]
    public void A_number_that_is_none_is_refused_wherever_it_lies(WeightType type, byte[] none)
    {
        using TinyModel model = TinyModel.HuggingFace();
        string directory = model.Save(), packed;
        ClipOptions options = new() { Weights = type };
        using (Clip clip = Clip.Load(directory, options))
            packed = clip.WritePacked(CancellationToken.None);
        byte[] whole = File.ReadAllBytes(packed);
        int header = (int)BitConverter.ToInt64(whole) + 8;
        Random random = new(2);
        for (int i = 0; i < 20; i++)
        {
            byte[] damaged = [.. whole];
            none.CopyTo(damaged, header + random.Next((whole.Length - header) / none.Length) * none.Length);
            File.WriteAllBytes(packed, damaged);
            using Clip clip = Clip.Load(directory, options);
            Assert.Contains($"{packed}: ", Assert.Throws<InvalidDataException>(() => Embeddings(clip)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Data_begin_at_a_cache_line()
    {
        using TinyModel model = TinyModel.HuggingFace();
        string directory = model.Save();
        using Clip clip = Clip.Load(directory);
        byte[] file = File.ReadAllBytes(clip.WritePacked(CancellationToken.None));
        Assert.Equal(0, (BitConverter.ToInt64(file) + 8) % 64);
    }

    private static (float[] Picture, float[] Text) Embeddings(Clip clip)
    {
        float[] pixels = Matrices.Random(clip.Preprocessor!.OutputLength, 1), picture = new float[clip.EmbeddingWidth];
        clip.EncodePixels(pixels, 1, picture);
        return (picture, clip.EncodeText("the cat and the dog"));
    }
}

using System.Text;
using PureClip.Convert.Tests.Support;
using PureClip.Files;
using PureClip.Model;

namespace PureClip.Convert.Tests.Gguf;

public sealed class GgufFileTests
{
    [Fact]
    public void Every_element_is_what_the_formats_formulas_give()
    {
        using SourceCheckpoint types = Fixture.Open("every_type.gguf"), model = Fixture.Open("clip_cpp.gguf");
        Fixture.Matches("every_type.gguf", types.Tensors);
        Fixture.Matches("clip_cpp.gguf", [.. model.Tensors.Select(static t => t.WithName(MiniModel.FromClipCpp(t.Name)))]);
    }

    [Fact]
    public void Keys_say_what_the_model_is()
    {
        using SourceCheckpoint checkpoint = Fixture.Open("clip_cpp.gguf");
        SourceFacts facts = checkpoint.Facts;
        Assert.Equal(GeluKind.Quick, facts.Vision.Gelu);
        Assert.Equal((12, 8), (facts.Vision.Heads, facts.Text.Heads));
        Assert.Equal((224, 32), (facts.ImageSize, facts.PatchSize));
        Assert.Equal(1e-5f, facts.Vision.LayerNormEps);
        Assert.Equal([0.48145466f, 0.4578275f, 0.40821073f], facts.ImageMean);
        Assert.Equal(["!", "\"", "é", "<|endoftext|>"], facts.Vocabulary);
        Assert.True(facts.LogitScaleMissing);
        Assert.Contains(checkpoint.Notes, static n => n.Contains("logit scale"));
        Assert.Contains(checkpoint.Notes, static n => n.Contains("merges"));
    }

    [Fact]
    public void Quantised_tensors_tell_their_type()
    {
        using SourceCheckpoint checkpoint = Fixture.Open("every_type.gguf");
        Assert.Equal("Q4_0", checkpoint.Tensors.Single(static t => t.Name == "tensor.Q4_0").StoredAs);
        Assert.Null(checkpoint.Tensors.Single(static t => t.Name == "tensor.F16").StoredAs);
    }

    /// <summary>One block of each type with every code, the values worked out by hand from the table of the format.</summary>
    [Theory]
    [InlineData(2, "0038", "F01E2D3C4B5A69788796A5B4C3D2E1F0", new[] { 0, -4f }, new[] { 16, 3.5f })] // Q4_0: d 0.5, nibble 0 is -8·0.5
    [InlineData(8, "0038", "80FF017F00000000000000000000000000000000000000000000000000000000", new[] { 0, -64f }, new[] { 3, 63.5f })] // Q8_0
    public void Blocks_decode_as_worked_out_by_hand(uint type, string scale, string codes, float[] first, float[] second)
    {
        byte[] block = [.. System.Convert.FromHexString(scale), .. System.Convert.FromHexString(codes)];
        using SourceCheckpoint checkpoint = CheckpointOpener.Open(Lease.FromBytes(new GgufBuilder().Tensor("x", type, [32], block).Build()));
        float[] values = new float[32];
        checkpoint.Tensors[0].ReadSingles(0, values);
        Assert.Equal(first[1], values[(int)first[0]]);
        Assert.Equal(second[1], values[(int)second[0]]);
    }

    [Fact]
    public void Mmproj_files_are_refused_with_the_reason() =>
        Hostile.IsRefused(new GgufBuilder().Key("clip.projector_type", 8, Text("mlp")).Build(), "llama.cpp mmproj");

    [Fact]
    public void Other_architectures_are_refused_by_name() =>
        Hostile.IsRefused(new GgufBuilder().Key("general.architecture", 8, Text("llama")).Build(), "'llama'");

    [Theory]
    [InlineData(1u, "version 1")]
    [InlineData(4u, "version 4")]
    [InlineData(0x03000000u, "big-endian")]
    public void Other_versions_are_refused(uint version, string about) => Hostile.IsRefused(new GgufBuilder { Version = version }.Build(), about);

    [Fact]
    public void Counts_beyond_the_file_are_refused()
    {
        Hostile.IsRefused(new GgufBuilder { TensorCount = ulong.MaxValue }.Build(), "claims 18446744073709551615 tensors");
        Hostile.IsRefused(new GgufBuilder { TensorCount = 3 }.Build(), "claims 3 tensors");
        Hostile.IsRefused(new GgufBuilder { KeyCount = ulong.MaxValue }.Build(), "claims 18446744073709551615 keys");
        Hostile.IsRefused(new GgufBuilder { KeyCount = 5 }.Build(), "the file has");
    }

    [Theory]
    [InlineData(13u, "value type 13")]
    [InlineData(0xFFFFFFFFu, "value type")]
    public void Unknown_value_types_are_refused(uint type, string about) => Hostile.IsRefused(new GgufBuilder().Key("a", type, new byte[8]).Build(), about);

    [Fact]
    public void Strings_and_arrays_beyond_the_file_are_refused()
    {
        Hostile.IsRefused(new GgufBuilder().Key("a", 8, new Bytes().U64(ulong.MaxValue).ToArray()).Build(), "18446744073709551615 bytes");
        Hostile.IsRefused(new GgufBuilder().Key("a", 8, new Bytes().U64(1 << 20).ToArray()).Build(), "the file has");
        Hostile.IsRefused(new GgufBuilder().Key("a", 9, new Bytes().U32(8).U64(1UL << 61).ToArray()).Build(), "items of 'a'");
        Hostile.IsRefused(new GgufBuilder().Key("a", 9, new Bytes().U32(8).U64(100).ToArray()).Build(), "items of 'a'");
        Hostile.IsRefused(new GgufBuilder().Key("a", 9, new Bytes().U32(9).U64(1).U32(0).U64(0).ToArray()).Build(), "array of type 9");
        Hostile.IsRefused(new GgufBuilder().Key("a", 8, new Bytes().U64(1).Add(0xFF).ToArray()).Build(), "UTF-8");
        Hostile.IsRefused(new GgufBuilder().Key("a", 7, [2]).Build(), "boolean 2");
    }

    [Fact]
    public void Arrays_are_bounded_altogether()
    {
        byte[] array = new Bytes().U32(0).U64(3_000_000).Add(new byte[3_000_000]).ToArray();
        Hostile.IsRefused(new GgufBuilder().Key("a", 9, array).Key("b", 9, array).Build(), "at most 1000000 are allowed");
    }

    [Fact]
    public void Two_values_of_one_key_are_refused() => Hostile.IsRefused(new GgufBuilder().Key("a", 0, [1]).Key("a", 0, [2]).Build(), "twice");

    [Theory]
    [InlineData(0u)]
    [InlineData(4u)]
    [InlineData(24u)]
    [InlineData(1u << 31)]
    public void Alignments_are_powers_of_two_from_8(uint alignment) =>
        Hostile.IsRefused(new GgufBuilder().Key("general.alignment", 4, new Bytes().U32(alignment).ToArray()).Build(), "general.alignment");

    [Fact]
    public void Tensors_that_break_a_rule_are_refused()
    {
        Hostile.IsRefused(new GgufBuilder().Tensor(new string('a', 64), 0, [1], new byte[4]).Build(), "64 bytes");
        Hostile.IsRefused(new GgufBuilder().Tensor("x", 0, [1, 1, 1, 1, 1], new byte[4]).Build(), "5 dimensions");
        Hostile.IsRefused(new GgufBuilder().Tensor("x", 0, [1UL << 32, 1UL << 32], new byte[4]).Build(), "2^40");
        Hostile.IsRefused(new GgufBuilder().Tensor("x", 0, [ulong.MaxValue], new byte[4]).Build(), "2^40");
        Hostile.IsRefused(new GgufBuilder().Tensor("x", 2, [33], new byte[36]).Build(), "multiples of 32");
        Hostile.IsRefused(new GgufBuilder().Tensor("x", 2, [], new byte[18]).Build(), "multiples of 32");
        Hostile.IsRefused(new GgufBuilder().Tensor("x", 12, [256], new byte[144]).Build(), "ggml type 12");
        Hostile.IsRefused(new GgufBuilder().Tensor("x", 0, [100], new byte[4]).Build(), "the file has");
        Hostile.IsRefused(new GgufBuilder().Tensor("x", 0, [1], new byte[4], offset: 32).Build(), "data offset 32");
        Hostile.IsRefused(new GgufBuilder().Tensor("x", 0, [1], new byte[4]).Tensor("x", 0, [1], new byte[4]).Build(), "two tensors");
        Hostile.IsRefused(new GgufBuilder().Tensor("x", 0, [1], new byte[4]).Tensor("y", 0, [1], new byte[4], offset: 0).Build(), "data offset 0");
    }

    private static byte[] Text(string text) => new Bytes().U64((ulong)text.Length).Add(Encoding.UTF8.GetBytes(text)).ToArray();
}

using PureClip.Convert.Onnx;
using PureClip.Convert.Tensors;
using PureClip.Convert.Tests.Support;
using PureClip.Files;
using PureClip.Model;

namespace PureClip.Convert.Tests.Onnx;

public sealed class OnnxCheckpointTests
{
    [Theory]
    [InlineData("merged.onnx")]
    [InlineData("half.onnx")]
    [InlineData("dynamic_int8.onnx")]
    [InlineData("static_int8.onnx")]
    [InlineData("without_aliases.onnx")]
    [InlineData("without_scopes.onnx")]
    public void Names_orientations_and_elements_are_the_exported_models(string name)
    {
        using SourceCheckpoint checkpoint = Fixture.Open(name);
        Fixture.Matches(name, checkpoint.Tensors);
    }

    [Fact]
    public void Constants_that_nothing_names_are_noted()
    {
        byte[] model = Protobuf.Model(new Protobuf()
            .Message(5, Protobuf.Tensor("a.weight", 1, 2).Message(9, new byte[8])).Message(5, Protobuf.Tensor("12", 1, 2, 2).Message(9, new byte[16]))
            .Message(1, Protobuf.Node("Mul", ["x", "a.weight"], ["y"])).Message(1, Protobuf.Node("MatMul", ["y", "12"], ["z"])));
        using SourceCheckpoint checkpoint = CheckpointOpener.Open(Lease.FromBytes(model));
        Assert.Contains(checkpoint.Notes, static n => n.Contains("'12' of shape [2, 2] was not recognised"));
    }

    [Theory]
    [InlineData("merged.onnx")]
    [InlineData("dynamic_int8.onnx")]
    public void The_graph_says_gelu_pooling_and_normalisation(string name)
    {
        using SourceCheckpoint checkpoint = Fixture.Open(name);
        Assert.Equal(GeluKind.Quick, checkpoint.Facts.Vision.Gelu);
        Assert.Equal(GeluKind.Erf, checkpoint.Facts.Text.Gelu);
        Assert.Equal(1e-5f, checkpoint.Facts.Vision.LayerNormEps);
        Assert.Equal(1e-5f, checkpoint.Facts.Text.LayerNormEps);
        Assert.Equal(TextPooling.EndOfTextId, checkpoint.Facts.TextPooling);
        Assert.Equal(9, checkpoint.Facts.EndOfTextId);
        Assert.True(checkpoint.Facts.OutputsNormalized);
        Assert.Equal(4, checkpoint.Facts.PatchSize);
        Assert.False(checkpoint.Facts.LogitScaleMissing);
    }

    [Fact]
    public void What_a_tensor_was_quantised_as_is_told()
    {
        using SourceCheckpoint checkpoint = Fixture.Open("dynamic_int8.onnx");
        SourceTensor table = checkpoint.Tensors.Single(static t => t.Name == "text_model.embeddings.token_embedding.weight");
        Assert.Equal("U8 with one scale", table.StoredAs);
        Assert.Contains(checkpoint.Tensors, static t => t.StoredAs == "I8 with a scale for each of 8");
    }

    [Fact]
    public void External_data_beside_the_model_is_read()
    {
        using TemporaryDirectory directory = new();
        string model = directory.Write("model.onnx", Fixture.Bytes("external.onnx"));
        directory.Write("external.onnx_data", Fixture.Bytes("external.onnx_data"));
        using SourceCheckpoint checkpoint = CheckpointOpener.OpenFile(model);
        Fixture.Matches("external.onnx", checkpoint.Tensors);
        Assert.Equal(2, checkpoint.Files.Count);
    }

    [Fact]
    public void External_data_that_is_missing_is_named()
    {
        using TemporaryDirectory directory = new();
        string model = directory.Write("model.onnx", Fixture.Bytes("external.onnx"));
        Assert.Contains("'external.onnx_data'", Assert.Throws<InvalidDataException>(() => CheckpointOpener.OpenFile(model)).Message);
    }

    [Fact]
    public void Tensors_of_two_graphs_are_joined()
    {
        byte[] first = OneWeight("vision_model.a.weight"), second = OneWeight("text_model.a.weight");
        using SourceCheckpoint checkpoint = OnnxCheckpoint.Open(Lease.FromBytes(first), Lease.FromBytes(second));
        Assert.Equal(["vision_model.a.weight", "text_model.a.weight"], checkpoint.Tensors.Select(static t => t.Name));
        Assert.True(checkpoint.Facts.LogitScaleMissing);
    }

    /// <summary>The numbers 1 and 2 in each form that TensorProto has for them.</summary>
    [Theory]
    [InlineData(1, 4, new byte[] { 0, 0, 0x80, 0x3F, 0, 0, 0, 0x40 })]
    [InlineData(11, 10, new byte[] { 0, 0, 0, 0, 0, 0, 0xF0, 0x3F, 0, 0, 0, 0, 0, 0, 0, 0x40 })]
    [InlineData(10, 5, new byte[] { 0x80, 0x78, 0x80, 0x80, 0x01 })] // bit patterns 0x3C00 and 0x4000 as varints
    [InlineData(16, 5, new byte[] { 0x80, 0x7F, 0x80, 0x80, 0x01 })]
    [InlineData(3, 5, new byte[] { 1, 2 })]
    [InlineData(7, 7, new byte[] { 1, 2 })]
    [InlineData(12, 11, new byte[] { 1, 2 })]
    public void Typed_data_fields_are_read_for_every_type(int type, int field, byte[] packed)
    {
        Protobuf tensor = Protobuf.Tensor("a.weight", type, 2).Message(field, packed);
        using SourceCheckpoint checkpoint = Read(tensor);
        float[] values = new float[2];
        checkpoint.Tensors[0].ReadSingles(0, values);
        Assert.Equal([1f, 2f], values);
    }

    [Fact]
    public void Typed_data_and_dimensions_may_be_packed_or_not()
    {
        Protobuf tensor = new Protobuf().Message(1, [2, 1]).Varint(2, 7).Text(8, "a.weight").Varint(7, 5).Varint(7, 300);
        using SourceCheckpoint checkpoint = Read(tensor);
        long[] values = new long[2];
        checkpoint.Tensors[0].Read(0, System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
        Assert.Equal([5L, 300L], values);
        Assert.Equal([2L, 1L], checkpoint.Tensors[0].Shape.ToArray());
    }

    private static byte[] OneWeight(string name) => Model(name, Protobuf.Tensor(name, 1, 2).Message(9, new byte[8]));

    private static SourceCheckpoint Read(Protobuf tensor) => CheckpointOpener.Open(Lease.FromBytes(Model("a.weight", tensor)));

    private static byte[] Model(string name, Protobuf tensor) =>
        Protobuf.Model(new Protobuf().Message(5, tensor).Message(1, Protobuf.Node("Mul", ["x", name], ["y"])));
}

using PureClip.Convert.Tests.Support;

namespace PureClip.Convert.Tests.Onnx;

public sealed class OnnxHostileTests
{
    [Fact]
    public void A_length_beyond_its_message_is_refused() =>
        Hostile.IsRefused(new Protobuf().Varint(1, 7).Raw(0x3A, 0xFF, 0xFF, 0xFF, 0xFF, 0x07).ToArray(), "claims 2147483647 bytes");

    [Fact]
    public void A_length_of_64_bits_is_refused() =>
        Hostile.IsRefused(new Protobuf().Varint(1, 7).Raw(0x3A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01).ToArray(), "claims 4294967295 bytes");

    [Fact]
    public void A_number_of_more_than_ten_bytes_is_refused() =>
        Hostile.IsRefused([0x08, 0x07, 0x28, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], "malformed varint");

    [Theory]
    [InlineData(new byte[] { 0x08, 0x07, 0x3B }, "wire type 3")] // group start
    [InlineData(new byte[] { 0x08, 0x07, 0x00 }, "invalid tag")]
    [InlineData(new byte[] { 0x08, 0x07, 0x38, 0x01 }, "wire type")] // a graph that is a varint
    [InlineData(new byte[] { 0x08, 0x07, 0x3A, 0x02, 0x0A, 0x00, 0x00 }, "invalid tag")] // behind the graph
    [InlineData(new byte[] { 0x08, 0x07, 0x3A, 0x03, 0x0A, 0x7F, 0x00, 0x00 }, "claims 127 bytes")] // a node beyond its graph
    [InlineData(new byte[] { 0x08, 0x07, 0x3A, 0x04, 0x0A, 0x02, 0x22, 0x01, 0x41, 0x41 }, "ends at offset 8")] // a text beyond its node
    [InlineData(new byte[] { 0x08, 0x07 }, "no graph")]
    [InlineData(new byte[] { 0x08, 0x07, 0x28 }, "ended unexpectedly")]
    public void Malformed_messages_are_refused(byte[] file, string about) => Hostile.IsRefused(file, about);

    [Fact]
    public void Identity_nodes_in_a_circle_are_refused() => IsRefused(
        new Protobuf().Message(1, Protobuf.Node("Identity", ["a"], ["b"])).Message(1, Protobuf.Node("Identity", ["b"], ["a"]))
            .Message(1, Protobuf.Node("MatMul", ["x", "a"], ["y"])),
        "depends on itself");

    [Theory]
    [InlineData("a", "s")] // the integers are the result
    [InlineData("b", "s")] // the same behind an Identity
    [InlineData("w", "a")] // the scale is the result
    [InlineData("w", "b")]
    public void Dequantisation_of_its_own_result_is_no_constant(string integers, string scale) => IsRefused(
        new Protobuf()
            .Message(5, Protobuf.Tensor("w", 3, 2, 2).Message(9, new byte[4]))
            .Message(5, Protobuf.Tensor("s", 1).Message(9, new byte[4]))
            .Message(1, Protobuf.Node("DequantizeLinear", [integers, scale], ["a"]))
            .Message(1, Protobuf.Node("Identity", ["a"], ["b"]))
            .Message(1, Protobuf.Node("MatMul", ["x", "b"], ["y"])),
        "no parameters");

    [Fact]
    public void A_value_made_twice_is_refused() => IsRefused(
        new Protobuf().Message(1, Protobuf.Node("Identity", ["a"], ["b"])).Message(1, Protobuf.Node("Identity", ["c"], ["b"])), "twice");

    [Fact]
    public void Two_initialisers_of_one_name_are_refused() => IsRefused(
        new Protobuf().Message(5, Protobuf.Tensor("a", 1, 1)).Message(5, Protobuf.Tensor("a", 1, 1)), "two initialisers");

    [Theory]
    [InlineData(new ulong[] { 1UL << 62, 4 }, "2^40")]
    [InlineData(new ulong[] { ulong.MaxValue }, "negative dimension")]
    [InlineData(new ulong[] { 1 << 20, 1 << 19 }, "needs")] // 2 TB that the file does not have
    [InlineData(new ulong[] { 1, 1, 1, 1, 1, 1, 1, 1, 1 }, "9 dimensions")]
    public void Impossible_shapes_are_refused(ulong[] shape, string about) => WeightIsRefused(Protobuf.Tensor("a.weight", 1, shape).Message(9, new byte[8]), about);

    [Fact]
    public void A_huge_tensor_without_data_is_refused_before_anything_is_allocated() =>
        WeightIsRefused(Protobuf.Tensor("a.weight", 7, 1UL << 33).Message(7, [1, 2]), "has only 2 bytes");

    [Theory]
    [InlineData(8)] // strings
    [InlineData(14)] // complex
    [InlineData(22)] // 4-bit
    [InlineData(900)]
    public void Types_that_no_weight_has_are_refused(int type) => WeightIsRefused(Protobuf.Tensor("a.weight", type, 2).Message(9, new byte[8]), "data type");

    [Fact]
    public void Data_of_another_length_than_the_shape_needs_is_refused()
    {
        WeightIsRefused(Protobuf.Tensor("a.weight", 1, 3).Message(9, new byte[8]), "needs 12 bytes");
        WeightIsRefused(Protobuf.Tensor("a.weight", 1, 3).Message(4, new byte[8]), "12 bytes");
        WeightIsRefused(Protobuf.Tensor("a.weight", 7, 3).Message(7, [1, 2, 3, 4]), "more data");
        WeightIsRefused(Protobuf.Tensor("a.weight", 7, 2).Message(7, [0x80, 0x01]), "gives 8");
    }

    [Fact]
    public void Four_bit_weights_are_refused_with_what_to_do() => IsRefused(
        new Protobuf().Message(1, Protobuf.Node("MatMulNBits", ["x", "q", "s"], ["y"])), "4-bit");

    [Fact]
    public void A_scale_that_does_not_fit_is_refused() => IsRefused(
        new Protobuf()
            .Message(5, Protobuf.Tensor("w", 3, 2, 2).Message(9, new byte[4])).Message(5, Protobuf.Tensor("s", 1, 3).Message(9, new byte[12]))
            .Message(1, Protobuf.Node("DequantizeLinear", ["w", "s"], ["d"])).Message(1, Protobuf.Node("MatMul", ["x", "d"], ["y"])),
        "cannot have 3 scales");

    [Fact]
    public void A_graph_without_parameters_is_refused() => IsRefused(new Protobuf().Message(1, Protobuf.Node("Add", ["x", "x"], ["y"])), "no parameters");

    [Fact]
    public void Names_and_numbers_are_bounded_altogether()
    {
        Protobuf tensor = Protobuf.Tensor("a", 7).Message(7, []);
        for (int i = 0; i < 99_999; i++)
            tensor.Varint(7, 1);
        Protobuf graph = new();
        for (int i = 0; i < 41; i++)
            graph.Message(1, new Protobuf().Message(5, new Protobuf().Message(5, tensor)));
        IsRefused(graph, "altogether");
    }

    [Fact]
    public void Sparse_initialisers_are_refused() => IsRefused(new Protobuf().Message(15, []), "sparse");

    [Fact]
    public void Attributes_with_subgraphs_are_skipped_however_deep_they_are()
    {
        byte[] nested = [];
        for (int i = 0; i < 10_000; i++)
            nested = i % 100 == 0 ? new Protobuf().Message(6, new Protobuf().Message(1, nested)).ToArray() : nested;
        Protobuf node = Protobuf.Node("If", ["x"], ["y"]).Message(5, new Protobuf().Text(1, "then_branch").Message(6, nested));
        IsRefused(new Protobuf().Message(1, node), "no parameters");
    }

    private static void WeightIsRefused(Protobuf tensor, string about) =>
        IsRefused(new Protobuf().Message(5, tensor).Message(1, Protobuf.Node("Mul", ["x", "a.weight"], ["y"])), about);

    private static void IsRefused(Protobuf graph, string about) => Hostile.IsRefused(Protobuf.Model(graph), about);
}

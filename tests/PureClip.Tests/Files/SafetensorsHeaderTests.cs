using PureClip.Files;
using static PureClip.Tests.Files.Bytes;

namespace PureClip.Tests.Files;

/// <summary>
/// One test a rule, named after the attack on it. The attacks are those of the reference's own tests and audit, and more.
/// </summary>
public sealed class SafetensorsHeaderTests
{
    private const string Matrix = "\"m\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[0,16]}";

    [Fact]
    public void Empty_header_of_the_reference_writer_is_read()
    {
        byte[] golden = [0x08, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0x7D, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20];
        SafetensorsHeader header = Parse(golden);
        Assert.Empty(header.Tensors);
        Assert.Empty(header.Metadata);
        Assert.Equal(16, header.DataStart);
    }

    [Fact]
    public void Entry_is_read_with_all_its_facts()
    {
        SafetensorsHeader header = Parse(File("{\"__metadata__\":{\"format\":\"pt\"}," + Entry("b", "BF16", "3", "16,22") + "," + Matrix + "}", 22));
        Assert.Equal("pt", header.Metadata["format"]);
        Assert.Equal(["m", "b"], header.Tensors.Select(tensor => tensor.Name));
        TensorInfo b = header.TensorsByName["b"];
        Assert.Equal((NumberType.BF16, 3L, 16L, 6L), (b.Type, b.ElementCount, b.ByteOffset, b.ByteLength));
        Assert.Equal([3L], b.Shape.AsEnumerable());
        Assert.Equal("\"m\" F32 [2, 2]", header.Tensors[0].ToString());
    }

    [Fact]
    public void Scalar_zero_dimensions_and_tensors_sharing_an_offset_are_read()
    {
        string json = "{" + Entry("scalar", "F32", "", "0,4") + "," + Entry("z1", "F32", "0", "4,4") + "," + Entry("z2", "U8", "5,0,7", "4,4") + "," +
            Entry("z0", "I64", "0,9", "0,0") + "," + Entry("last", "U8", "1", "4,5") + "}";
        SafetensorsHeader header = Parse(File(json, 5));
        Assert.Equal(["z0", "scalar", "z1", "z2", "last"], header.Tensors.Select(tensor => tensor.Name));
        Assert.Equal([0L, 1, 0, 0, 1], header.Tensors.Select(tensor => tensor.ElementCount));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void File_too_short_for_its_length_field_is_rejected(int bytes) => Assert.Contains("at least 8", Refusal(new byte[bytes]));

    [Fact]
    public void Length_without_a_header_is_rejected() => Assert.Contains("a header inside the file", Refusal([0x3C, 0, 0, 0, 0, 0, 0, 0]));

    [Fact]
    public void Header_of_no_bytes_is_rejected() => Assert.Contains("not JSON", Refusal(Prefix(0)));

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(ulong.MaxValue - 7)]
    [InlineData(1UL << 63)]
    [InlineData(100_000_001)]
    public void Header_longer_than_the_limit_is_rejected(ulong length) => Assert.Contains("100000000", Refusal([.. Prefix(length), .. "{}"u8]));

    [Theory]
    [InlineData(100_000_000)]
    [InlineData(1000)]
    [InlineData(3)]
    public void Header_longer_than_the_file_is_rejected_before_memory_is_taken(ulong length)
    {
        byte[] file = [.. Prefix(length), .. "{}"u8];
        long before = GC.GetAllocatedBytesForCurrentThread();
        Refusal(file);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    [Fact]
    public void Header_that_is_not_utf8_is_rejected() => Assert.Contains("UTF-8", Refusal(File([0xFF], [])));

    [Fact]
    public void Name_that_is_not_utf8_is_rejected() => Assert.Contains("UTF-8", Refusal(File([.. "{\""u8, 0xC3, 0x28, .. "\":{}}"u8], [])));

    [Theory]
    [InlineData("{")]
    [InlineData("{}}")]
    [InlineData("{},")]
    [InlineData("{} {}")]
    [InlineData("{\"a\"")]
    [InlineData("{" + Matrix + ",}")]
    [InlineData("{/* comment */}")]
    [InlineData("{'m':1}")]
    [InlineData("{}\0")]
    public void Header_that_is_not_one_json_value_is_rejected(string json) => Assert.Contains("not JSON", Refusal(File(json)));

    [Theory]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("\"{}\"")]
    [InlineData("7")]
    public void Header_that_is_not_an_object_is_rejected(string json) => Assert.Contains("an object", Refusal(File(json)));

    [Fact]
    public void Hundred_thousand_overlapping_tensors_are_rejected_quickly()
    {
        string json = "{" + string.Join(',', Enumerable.Range(0, 100_000).Select(i => Entry($"t{i}", "F32", "200,200", "0,160000"))) + "}";
        AssertEnds(() => Assert.Contains("no overlap", Refusal(File(json, 160_000))));
    }

    [Fact]
    public void Many_empty_tensors_at_one_offset_are_read_quickly()
    {
        string json = "{" + string.Join(',', Enumerable.Range(0, 200_000).Select(i => Entry($"t{i}", "F32", "0", "0,0"))) + "}";
        AssertEnds(() => Assert.Equal(200_000, Parse(File(json)).Tensors.Length));
    }

    [Fact]
    public void Ten_tensors_on_the_same_bytes_are_rejected()
    {
        string json = "{" + string.Join(',', Enumerable.Range(0, 10).Select(i => Entry($"t{i}", "F32", "2,2", "0,16"))) + "}";
        Assert.Contains("no overlap", Refusal(File(json, 16)));
    }

    [Fact]
    public void Polyglot_with_bytes_behind_the_data_is_rejected() =>
        Assert.Contains("20 bytes follow", Refusal([.. File("{" + Matrix + "}", 16), .. "PK\u0005\u0006"u8]));

    [Fact]
    public void Bytes_behind_an_empty_header_are_rejected() => Assert.Contains("ends with its last tensor", Refusal(File("{}", 1)));

    [Fact]
    public void Data_two_bytes_short_is_rejected() => Assert.Contains("14 bytes follow", Refusal(File("{" + Matrix + "}", 14)));

    [Theory]
    [InlineData("F32", "2,2", 4)]
    [InlineData("F32", "2,2", 17)]
    [InlineData("F32", "", 0)]
    [InlineData("F16", "0", 2)]
    [InlineData("BOOL", "3", 4)]
    public void Shape_that_does_not_fit_the_offsets_is_rejected(string dtype, string shape, int bytes) =>
        Assert.Contains($"has {bytes} bytes for {dtype}", Refusal(File("{" + Entry("t", dtype, shape, $"0,{bytes}") + "}", bytes)));

    [Theory]
    [InlineData("2,18446744073709551614")]
    [InlineData("2,9223372036854775808")]
    [InlineData("2,9223372036854775807")]
    [InlineData("4294967296,4294967296")]
    [InlineData("4611686018427387904,4,0")]
    [InlineData("2305843009213693952")]
    public void Shape_whose_product_overflows_is_rejected(string shape) => Refusal(File("{" + Entry("t", "F32", shape, "0,0") + "}"));

    [Theory]
    [InlineData("1", 1, "F4")]
    [InlineData("3,3", 5, "F4")]
    [InlineData("1", 0, "F4")]
    [InlineData("2", 1, "F6_E2M3")]
    [InlineData("3", 2, "F6_E3M2")]
    public void Sub_byte_tensor_that_ends_inside_a_byte_is_rejected(string shape, int bytes, string dtype) =>
        Assert.Contains("whole number of bytes", Refusal(File("{" + Entry("t", dtype, shape, $"0,{bytes}") + "}", bytes)));

    [Theory]
    [InlineData("4", 2, "F4")]
    [InlineData("4", 3, "F6_E2M3")]
    public void Sub_byte_tensor_of_whole_bytes_is_read(string shape, int bytes, string dtype) =>
        Assert.Equal(4, Parse(File("{" + Entry("t", dtype, shape, $"0,{bytes}") + "}", bytes)).Tensors[0].ElementCount);

    [Fact]
    public void Hole_before_the_first_tensor_is_rejected() =>
        Assert.Contains("no holes", Refusal(File("{" + Entry("t", "U8", "4", "4,8") + "}", 8)));

    [Fact]
    public void Hole_between_tensors_is_rejected() =>
        Assert.Contains("no holes", Refusal(File("{" + Entry("a", "U8", "4", "0,4") + "," + Entry("b", "U8", "2", "6,8") + "}", 8)));

    [Fact]
    public void Partial_overlap_is_rejected() =>
        Assert.Contains("no overlap", Refusal(File("{" + Entry("a", "U8", "4", "0,4") + "," + Entry("b", "U8", "5", "3,8") + "}", 8)));

    [Fact]
    public void Empty_tensor_inside_another_is_rejected() =>
        Assert.Contains("no overlap", Refusal(File("{" + Entry("a", "U8", "4", "0,4") + "," + Entry("z", "U8", "0", "2,2") + "}", 4)));

    [Theory]
    [InlineData("16,0")]
    [InlineData("")]
    [InlineData("0")]
    public void Offsets_that_are_no_range_are_rejected(string offsets) =>
        Assert.Contains("[begin, end]", Refusal(File("{" + Entry("t", "F32", "2,2", offsets) + "}", 16)));

    [Fact]
    public void Three_offsets_are_rejected() => Assert.Contains("more than 2", Refusal(File("{" + Entry("t", "F32", "2,2", "0,16,16") + "}", 16)));

    [Theory]
    [InlineData("-1")]
    [InlineData("-0")]
    [InlineData("16.0")]
    [InlineData("1.6e1")]
    [InlineData("16e0")]
    [InlineData("\"16\"")]
    [InlineData("null")]
    [InlineData("true")]
    [InlineData("[16]")]
    [InlineData("9223372036854775808")]
    [InlineData("99999999999999999999999999999999")]
    public void Number_that_is_not_a_plain_integer_is_rejected(string number)
    {
        Assert.Contains("data_offsets", Refusal(File("{" + Entry("t", "U8", "16", $"0,{number}") + "}", 16)));
        Assert.Contains("shape", Refusal(File("{" + Entry("t", "U8", number, "0,16") + "}", 16)));
    }

    [Theory]
    [InlineData("+16")]
    [InlineData("016")]
    [InlineData("0x10")]
    [InlineData("NaN")]
    public void Number_that_is_not_json_is_rejected(string number) => Assert.Contains("not JSON", Refusal(File("{" + Entry("t", "U8", "16", $"0,{number}") + "}", 16)));

    [Fact]
    public void Tensor_that_comes_twice_is_rejected() => Assert.Contains("comes twice", Refusal(File("{" + Matrix + "," + Matrix + "}", 16)));

    [Fact]
    public void Tensor_that_comes_twice_by_an_escape_is_rejected() =>
        Assert.Contains("comes twice", Refusal(File("{" + Matrix + "," + Matrix.Replace("\"m\"", "\"\\u006d\"") + "}", 16)));

    [Fact]
    public void Metadata_that_comes_twice_is_rejected() => Assert.Contains("__metadata__ comes twice", Refusal(File("{\"__metadata__\":{},\"__metadata__\":{}}")));

    [Fact]
    public void Metadata_key_that_comes_twice_is_rejected() => Assert.Contains("twice", Refusal(File("{\"__metadata__\":{\"a\":\"1\",\"a\":\"1\"}}")));

    [Theory]
    [InlineData("{\"a\":1}")]
    [InlineData("{\"a\":null}")]
    [InlineData("{\"a\":{\"b\":\"c\"}}")]
    [InlineData("{\"a\":[\"b\"]}")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    public void Metadata_that_is_not_text_by_text_is_rejected(string metadata) =>
        Assert.Contains("__metadata__", Refusal(File("{\"__metadata__\":" + metadata + "}")));

    [Theory]
    [InlineData("dtype", "\"F32\"")]
    [InlineData("shape", "[2,2]")]
    [InlineData("data_offsets", "[0,16]")]
    public void Member_that_comes_twice_is_rejected(string member, string value) =>
        Assert.Contains($"{member} twice", Refusal(File("{" + Matrix[..^1] + $",\"{member}\":{value}}}}}", 16)));

    [Theory]
    [InlineData("F31")]
    [InlineData("f32")]
    [InlineData("float32")]
    [InlineData("")]
    [InlineData(" F32")]
    public void Unknown_dtype_is_rejected(string dtype) =>
        Assert.Contains("BOOL, F4, F6_E2M3", Refusal(File("{" + Entry("t", dtype, "2,2", "0,16") + "}", 16)));

    [Theory]
    [InlineData("{\"shape\":[2,2],\"data_offsets\":[0,16]}")]
    [InlineData("{\"dtype\":\"F32\",\"data_offsets\":[0,16]}")]
    [InlineData("{\"dtype\":\"F32\",\"shape\":[2,2]}")]
    [InlineData("{}")]
    public void Missing_member_is_rejected(string entry) => Assert.Contains("lacks", Refusal(File("{\"t\":" + entry + "}", 16)));

    [Theory]
    [InlineData("[\"F32\",[2,2],[0,16]]")]
    [InlineData("null")]
    [InlineData("\"F32\"")]
    public void Entry_that_is_not_an_object_is_rejected(string entry) => Assert.Contains("entry", Refusal(File("{\"t\":" + entry + "}", 16)));

    [Theory]
    [InlineData("{\"dtype\":1,\"shape\":[2,2],\"data_offsets\":[0,16]}")]
    [InlineData("{\"dtype\":\"F32\",\"shape\":4,\"data_offsets\":[0,16]}")]
    [InlineData("{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":{\"0\":16}}")]
    public void Member_of_the_wrong_kind_is_rejected(string entry) => Refusal(File("{\"t\":" + entry + "}", 16));

    [Fact]
    public void Unknown_member_is_ignored() =>
        Assert.Single(Parse(File("{" + Matrix[..^1] + ",\"strides\":[{\"a\":[1.5,null]}]}}", 16)).Tensors);

    [Fact]
    public void Deep_nesting_is_rejected()
    {
        string deep = new string('[', 100_000) + new string(']', 100_000);
        Assert.Contains("not JSON", Refusal(File("{" + Matrix[..^1] + ",\"x\":" + deep + "}}", 16)));
    }

    [Fact]
    public void Shape_of_too_many_dimensions_is_rejected()
    {
        string ones = string.Join(',', Enumerable.Repeat("1", 65));
        Assert.Contains("more than 64", Refusal(File("{" + Entry("t", "U8", ones, "0,1") + "}", 1)));
        Assert.Equal(64, Parse(File("{" + Entry("t", "U8", ones[2..], "0,1") + "}", 1)).Tensors[0].Shape.Length);
    }

    [Fact]
    public void Huge_name_is_shortened_in_the_message()
    {
        string message = Refusal(File("{" + Entry(new string('n', 1_000_000), "F32", "1", "0,1") + "}", 1));
        Assert.InRange(message.Length, 100, 1000);
        Assert.Contains("(1000000 characters)", message);
    }

    [Fact]
    public void Control_characters_of_a_name_are_escaped_in_the_message() =>
        Assert.Contains("\"a\\u0000\\u001b[31m\\u000a\"", Refusal(File("{" + Entry("a\\u0000\\u001b[31m\\n", "F32", "1", "0,1") + "}", 1)));

    [Theory]
    [InlineData("\\u0000", "\0")]
    [InlineData("../x", "../x")]
    [InlineData("/etc/passwd", "/etc/passwd")]
    [InlineData("", "")]
    [InlineData("\\ud83d\\ude00", "😀")]
    [InlineData("grüße 図 😀", "grüße 図 😀")]
    public void Name_is_any_text_and_no_file_name(string json, string name) =>
        Assert.Equal(name, Parse(File("{" + Entry(json, "U8", "1", "0,1") + "}", 1)).Tensors[0].Name);

    [Theory]
    [InlineData("\\ud800")]
    [InlineData("\\udc00x")]
    [InlineData("\\ud800\\u0041")]
    public void Half_a_surrogate_pair_is_rejected(string name)
    {
        Assert.Contains("surrogate", Refusal(File("{" + Entry(name, "U8", "1", "0,1") + "}", 1)));
        Assert.Contains("surrogate", Refusal(File("{\"__metadata__\":{\"a\":\"" + name + "\"}}")));
    }

    [Fact]
    public void Raw_control_character_in_a_name_is_rejected() => Assert.Contains("not JSON", Refusal(File("{" + Entry("a\nb", "U8", "1", "0,1") + "}", 1)));

    [Theory]
    [InlineData(" \t\r\n", "")]
    [InlineData("", " \t\r\n")]
    [InlineData("\n", "\n")]
    public void White_space_around_the_object_is_accepted_as_the_reference_reader_does(string before, string after) =>
        Assert.Single(Parse(File(before + "{ " + Matrix + " }" + after, 16)).Tensors);

    [Fact]
    public void Byte_order_mark_is_rejected() => Assert.Contains("not JSON", Refusal(File([0xEF, 0xBB, 0xBF, .. "{}"u8], [])));

    [Fact]
    public void Other_white_space_is_rejected() => Assert.Contains("not JSON", Refusal(File("\u00A0{}")));

    private static void AssertEnds(Action action) => Until.Ended(action);
}

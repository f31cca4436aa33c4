using System.Text;
using PureClip.Files;

namespace PureClip.Tests.Files;

/// <summary>Fields of a JSON object: found, absent, or of the wrong kind with a message that names file and field.</summary>
public sealed class JsonReaderTests
{
    private const string NextStep = "Correct the file, or download it again.";

    [Fact]
    public void Fields_are_read_by_their_kind()
    {
        JsonFile file = Read("""{"s":"text","b":true,"i":7,"n":0.5,"l":["first","second"],"t":[1,2.5,3],"o":{"i":8},"null":null}""");
        Assert.Equal("text", file.String("s"));
        Assert.True(file.Bool("b", false));
        Assert.Equal(7, file.Int("i", 0));
        Assert.Equal(7, file.RequiredInt("i"));
        Assert.Equal(0.5, file.Number("n", 0));
        Assert.Equal("first", file.FirstString("l"));
        Assert.Equal((1f, 2.5f, 3f), file.Triple("t"));
        Assert.Equal(8, file.Object("o")!.Value.Int("i", 0));
        Assert.True(file.IsList("l"));
        Assert.True(file.IsNumber("i"));
        Assert.True(file.Has("s"));
    }

    [Theory]
    [InlineData("absent")]
    [InlineData("null")]
    public void An_absent_field_and_null_give_the_default(string name)
    {
        JsonFile file = Read("""{"null":null}""");
        Assert.Null(file.String(name));
        Assert.Null(file.Object(name));
        Assert.Null(file.FirstString(name));
        Assert.Null(file.Triple(name));
        Assert.Null(file.IntOrNull(name));
        Assert.True(file.Bool(name, true));
        Assert.Equal(3, file.Int(name, 3));
        Assert.Equal(0.5, file.Number(name, 0.5));
        Assert.False(file.Has(name));
        Assert.False(file.IsNumber(name));
        Assert.False(file.IsList(name));
        string message = Assert.Throws<InvalidDataException>(() => file.RequiredInt(name)).Message;
        Assert.EndsWith($"x.json has no '{name}', which says a size of the model. Check that the file belongs to the weights.", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_field_of_another_kind_is_refused()
    {
        JsonFile file = Read("""{"f":"text","n":1.5,"big":99999999999,"t":[1,2],"u":[1,"2",3],"l":[5]}""");
        AssertRefusal(() => file.Int("f", 0), "x.json: 'f' is \"text\"; expected is a whole number.");
        AssertRefusal(() => file.Int("n", 0), "x.json: 'n' is 1.5; expected is a whole number.");
        AssertRefusal(() => file.Int("big", 0), "x.json: 'big' is 99999999999; expected is a whole number.");
        AssertRefusal(() => file.Bool("f", false), "x.json: 'f' is \"text\"; expected is true or false.");
        AssertRefusal(() => file.Number("f", 0), "x.json: 'f' is a string; expected is a number.");
        AssertRefusal(() => file.String("n"), "x.json: 'n' is a number; expected is a string.");
        AssertRefusal(() => file.Object("f"), "x.json: 'f' is a string; expected is an object.");
        AssertRefusal(() => file.FirstString("f"), "x.json: 'f' is a string; expected is a list.");
        AssertRefusal(() => file.FirstString("l"), "x.json: 'l' is a number; expected is a string.");
        AssertRefusal(() => file.Triple("t"), "x.json: 't' is [1,2]; expected is a list of three numbers.");
        AssertRefusal(() => file.Triple("u"), "x.json: 'u' is a string; expected is a number.");
    }

    [Fact]
    public void A_long_value_is_cut_in_the_message() =>
        AssertRefusal(() => Read($$"""{"f":"{{new string('a', 500)}}"}""").Int("f", 0), $"'f' is \"{new string('a', 59)}…; expected is");

    [Fact]
    public void Messages_of_an_inner_object_name_the_way_to_it() =>
        AssertRefusal(() => Read("""{"text_config":{"f":true}}""").Object("text_config")!.Value.Int("f", 0), "x.json, text_config: 'f' is true");

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{\"a\":1,}")]
    [InlineData("not json")]
    [InlineData("\0\0\0\0")]
    public void What_is_not_JSON_is_refused(string text) => AssertRefusal(() => Read(text), "x.json is not valid JSON (", "Download it again.");

    [Theory]
    [InlineData("[]", "a list")]
    [InlineData("1", "a number")]
    [InlineData("null", "null")]
    public void A_root_that_is_no_object_is_refused(string text, string kind) =>
        AssertRefusal(() => Read(text), $"x.json: 'the root' is {kind}; expected is an object.", NextStep);

    [Theory]
    [InlineData("""{"f":"\ud800"}""")]
    [InlineData("""{"\ud800":1,"f":"\udfff\ud800"}""")]
    public void Half_a_surrogate_pair_in_a_string_is_refused(string text) => AssertRefusal(() => Read(text).String("f"), "x.json", NextStep);

    [Theory]
    [InlineData("""{"\ud800":1,"f":"text"}""")]
    [InlineData("""{"\uzzzz":1,"f":"text"}""")]
    [InlineData("""{"f\ud800":1,"f":"text"}""")]
    public void Half_a_surrogate_pair_in_a_name_does_no_harm_or_is_refused(string text)
    {
        try
        {
            Assert.Equal("text", Read(text).String("f"));
        }
        catch (InvalidDataException e)
        {
            Assert.Contains("x.json", e.Message);
        }
    }

    [Fact]
    public void A_byte_order_mark_is_skipped() => Assert.Equal(1, Read("\uFEFF{\"f\":1}").Int("f", 0));

    [Fact]
    public void Bytes_that_are_no_UTF8_are_refused() => AssertRefusal(() => Read([.. "{\"f\":\""u8, 0xFF, .. "\"}"u8]).Int("f", 0), "x.json", "Download it again.");

    [Fact]
    public void Nesting_beyond_64_levels_is_refused() => AssertRefusal(() => Read($"{{\"a\":{new string('[', 100)}{new string(']', 100)}}}"), "is not valid JSON");

    [Fact]
    public void A_file_beyond_16_MiB_is_refused_unread()
    {
        string path = Path.GetTempFileName();
        try
        {
            using (FileStream file = File.OpenWrite(path))
                file.SetLength((16 << 20) + 1);
            AssertRefusal(() => JsonFile.Read(path), $"{path} has 16777217 bytes; a configuration has at most 16777216. Is it the right file?");
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void What_is_not_supported_names_field_found_and_supported()
    {
        Assert.EndsWith("x.json: 'f' is \"a\"; supported is b or c. Use a model of that kind, or correct the file if it is wrong about the model.", Read("{}").NotSupported("f", "\"a\"", "b or c").Message, StringComparison.Ordinal);
        Assert.Contains("'f' is absent; supported is b", Read("{}").NotSupported("f", null, "b").Message);
    }

    private static void AssertRefusal(Func<object?> read, params string[] parts)
    {
        string message = Assert.Throws<InvalidDataException>(read).Message;
        Assert.All(parts, part => Assert.Contains(part, message));
    }

    private static JsonFile Read(string text) => Read(Encoding.UTF8.GetBytes(text));

    private static JsonFile Read(byte[] bytes)
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("pureclip-json-");
        try
        {
            string path = Path.Combine(directory.FullName, "x.json");
            File.WriteAllBytes(path, bytes);
            return JsonFile.Read(path);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}

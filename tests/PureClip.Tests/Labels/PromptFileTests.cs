using System.Text;
using PureClip.Labels;
using TemporaryFolder = PureClip.Tests.Cli.TemporaryFolder;

namespace PureClip.Tests.Labels;

public sealed class PromptFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    [Fact]
    public void One_a_line() => Assert.Equal(["cat", "fire engine", "[g]", "'s-Hertogenbosch", "\"quoted\"", "a, b"],
        Labels("cat\r\n\n  fire engine \n[g]\n's-Hertogenbosch\n\"quoted\"\na, b"));

    [Fact]
    public void A_json_array() => Assert.Equal(["cat", "a \"b\" é", "d/e\\"], Labels("\uFEFF [\"cat\",\n \"a \\\"b\\\" "
        + "\\u00e9\",\"d\\/e\\\\\"]\n"));

    [Fact]
    public void The_list_of_a_notebook() =>
        Assert.Equal(["a bad photo of a {}.", "a photo of many {}.", "a rendition of the {}.", "it's {}."],
        Templates("imagenet_templates = [\n    'a bad photo of a {}.',  # bad\n    'a photo of many {}.',\n    \"a rendition of the "
            + "{}.\",\n    'it\\'s {}.',\n]\n\nprint(f\"{len(imagenet_templates)} templates\")\n"));

    [Fact]
    public void Lines_of_such_a_list_alone() => Assert.Equal(["a bad photo of a {}.", "the {}."], Templates("    'a bad photo of a "
        + "{}.',\n    'the {}.',\n"));

    [Fact]
    public void The_lambdas_of_openclip() => Assert.Equal(["a bad photo of a {}.", "a {} in a video game."],
        Templates("OPENAI_IMAGENET_TEMPLATES = (\n    lambda c: f'a bad photo of a {c}.',\n    lambda c: f\"a {c} in a video game.\",\n)\n"));

    [Fact]
    public void Labels_in_one_long_line() => Assert.Equal(["tench", "great white shark", "hair dryer"], Labels("imagenet_classes = "
        + "[\"tench\", \"great white shark\", 'hair dryer']"));

    [Theory]
    [InlineData("cat\rdog\rhouse")]
    [InlineData("\uFEFFcat\r\r  dog \rhouse\r")]
    [InlineData("cat\r\ndog\rhouse\n")]
    [InlineData("x = [\r 'cat', # a comment\r 'dog',\r 'house',\r]\r")]
    [InlineData("'cat',\r'dog',\r'house',\r")]
    [InlineData("{\r\"0\": \"cat\",\r\"1\": \"dog\",\r\"2\": \"house\"\r}\r")]
    public void A_carriage_return_ends_a_line(string text) => Assert.Equal(["cat", "dog", "house"], Labels(text));

    [Fact]
    public void Lines_that_end_in_carriage_returns_are_counted() =>
        Assert.Contains("line 3", Assert.Throws<InvalidDataException>(() => Templates("a {}\rb {}\rc\r")).Message);

    [Theory]
    [InlineData("{\"0\": \"cat\", \"1\": \"dog\"}")] // id2label
    [InlineData(" \n{\"cat\": 0,\n\"dog\": 1}")] // label2id
    [InlineData("{0: 'cat',\n 1: \"dog\",}")] // Python, as ImageNet's names are passed around
    [InlineData("classes = {\n  # by number\n  0: 'cat', 1: 'dog'\n}\nprint(classes[0])\n")]
    [InlineData("{\"n02121808\": \"cat\", \"n02084071\": \"dog\"}")]
    [InlineData("{\n \"architectures\": [\"X\"], \"id2label\": {\"0\": \"cat\", \"1\": \"dog\"},\n \"label2id\": {\"x\": 1}\n}")]
    public void A_dictionary_of_names_by_number_or_the_other_way_round(string text) => Assert.Equal(["cat", "dog"], Labels(text));

    [Theory]
    [InlineData("{\"id\": 1, \"label\": \"cat\"}", "line 1", "a number for every name")]
    [InlineData("{\"label\": \"cat\"}\n{\"label\": \"dog\"}", "line 2", "the end of the file")]
    [InlineData("{\"0\": [\"n01440764\", \"tench\"]}", "line 1", "a quoted string")]
    [InlineData("{\"0\", \"1\": \"cat\"}", "line 1", "a colon")]
    [InlineData("{\"hidden_size\": 768}\n{", "the end of the file")]
    [InlineData("[{\"id\": 0, \"name\": \"cat\"}]", "line 1", "a quoted string")]
    [InlineData("[[\"n01440764\", \"tench\"]]", "line 1", "a quoted string")]
    [InlineData("[0, 1]", "line 1", "a quoted string")]
    [InlineData("[null, \"cat\"]", "line 1", "a quoted string")]
    public void A_table_of_other_things_is_refused_and_no_label_is_made_of_brackets(string text, params string[] words)
    {
        string message = Assert.Throws<InvalidDataException>(() => Labels(text)).Message;
        Assert.All(words, word => Assert.Contains(word, message));
    }

    [Theory]
    [InlineData("{} in the snow\nthe {}")]
    [InlineData("[{}] in the snow\nthe {}")]
    public void Braces_may_begin_a_template(string text) => Assert.Equal(2, Templates(text).Length);

    [Theory]
    [InlineData("[\"a\", b]", "line 1", "a quoted string")]
    [InlineData("[\n'a'\n'b']", "line 3", "a comma")]
    [InlineData("[\n'a',\n'b", "line 3", "a closing '")]
    [InlineData("['a\nb']", "line 1", "end of line")]
    [InlineData("['\\q']", "line 1", "an escape")]
    [InlineData("['\\u12']", "line 1", "an escape")]
    [InlineData("['a', lambda x]", "line 1", "a quoted string")]
    [InlineData("", "no label")]
    [InlineData(" \n\n", "no label")]
    [InlineData("[]", "no label")]
    [InlineData("['']", "no label")]
    public void Broken_lists_are_refused_with_the_line(string text, params string[] words)
    {
        string message = Assert.Throws<InvalidDataException>(() => Labels(text)).Message;
        Assert.All(words, word => Assert.Contains(word, message));
    }

    [Theory]
    [InlineData("a {}\na photo\n", "line 2", "\"a photo\"")]
    [InlineData("['a {}',\n '{} and {}']", "line 2", "exactly one {}")]
    public void Templates_have_exactly_one_place(string text, params string[] words)
    {
        string message = Assert.Throws<InvalidDataException>(() => Templates(text)).Message;
        Assert.All(words, word => Assert.Contains(word, message));
    }

    [Fact]
    public void What_is_no_text_is_refused()
    {
        string file = _folder.Write("labels", [0xFF, 0xFE, 0x00]);
        Assert.Contains("UTF-8", Assert.Throws<InvalidDataException>(() => PromptFile.ReadLabels(file)).Message);
        Assert.Throws<FileNotFoundException>(() => PromptFile.ReadLabels(_folder["none"]));
    }

    [Fact]
    public void Damaged_lists_are_read_or_refused_and_nothing_else()
    {
        byte[] original = Encoding.UTF8.GetBytes("x = [\n 'a \\u00e9', # b\n lambda c: f\"a {c}\",\n '\\x41',\n]");
        Random random = new(5);
        for (int i = 0; i < 1000; i++)
            try
            {
                PromptFile.ReadLabels(_folder.Write("mutant", Mutator.Mutate(original, random)));
            }
            catch (InvalidDataException)
            {
                // Most are.
            }
    }

    [Fact]
    public void A_long_list_takes_time_in_proportion()
    {
        string[] labels = Labels("[" + string.Join(",\n", Enumerable.Range(0, 200_000).Select(i => $"\"label {i}\"")) + "]");
        Assert.Equal((200_000, "label 199999"), (labels.Length, labels[^1]));
    }

    private string[] Labels(string text) => PromptFile.ReadLabels(_folder.Write("labels", Encoding.UTF8.GetBytes(text)));

    private string[] Templates(string text) =>
        [.. PromptFile.ReadTemplates(_folder.Write("templates", Encoding.UTF8.GetBytes(text))).Select(template => template.Text)];
}

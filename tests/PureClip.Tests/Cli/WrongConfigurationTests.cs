using System.Text.Json.Nodes;

namespace PureClip.Tests.Cli;

/// <summary>
/// Every member of a model's files set to something that it cannot be: the command line works all the same, or says in words of the file
/// what is wrong. What it must not say, and what it must not recommend, <see cref="CommandLine"/> looks at.
/// </summary>
public sealed class WrongConfigurationTests : IDisposable
{
    private static readonly string[] Wrong = ["7", "-1", "1e99", "\"word\"", "[]", "{}", "true"];

    // The parser's own sentences, which name neither file nor member.
    private static readonly string[] OfTheParser =
        ["The requested operation", "element of type", "LineNumber", "BytePosition", "could not be converted", "given key", "Parameter"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("config.json", 0)]
    [InlineData("config.json", 1)]
    [InlineData("preprocessor_config.json", 0)]
    [InlineData("preprocessor_config.json", 1)]
    [InlineData("tokenizer_config.json", 0)]
    [InlineData("tokenizer_config.json", 1)]
    public void What_a_file_says_wrongly_is_named_in_its_own_words(string file, int first)
    {
        string model = _folder["model"];
        Directory.CreateDirectory(model);
        foreach (string path in Directory.GetFiles(TestData.Weights("pictogram-mini")))
            File.CreateSymbolicLink(Path.Combine(model, Path.GetFileName(path)), path);
        string place = Path.Combine(model, file), text = File.ReadAllText(place);
        File.Delete(place);
        int refused = 0, turn = first;
        foreach (string member in Members(JsonNode.Parse(text)!.AsObject()))
        {
            JsonNode changed = JsonNode.Parse(text)!;
            string value = Wrong[turn++ % Wrong.Length];
            Set(changed, member, JsonNode.Parse(value));
            File.WriteAllText(place, changed.ToJsonString());

            CommandResult result = CommandLine.Run("embed", CommandLine.Cat, "--text", "cat", "--model", model);
            if (result.ExitCode == 0)
                continue;
            refused++;
            Assert.All(OfTheParser, words => Assert.DoesNotContain(words, result.Error));
            Assert.True(result.ExitCode == 1 && result.Error.Contains(model), $"{member} = {value}: {result.Error}");
        }
        Assert.True(refused > 2, $"{refused} of {turn - first} were refused.");
    }

    [Theory]
    [InlineData("config.json", "{\"model_type\": \"clip\",,}")]
    [InlineData("config.json", "[]")]
    [InlineData("config.json", "")]
    [InlineData("tokenizer_config.json", "{\"bos_token\": \"\\ud800\"}")]
    [InlineData("vocab.json", "{\"!\": }")]
    [InlineData("vocab.json", "[1, 2]")]
    [InlineData("preprocessor_config.json", "{\"size\": ")]
    public void A_file_that_is_no_JSON_of_its_kind_is_named(string file, string text)
    {
        string model = _folder["model"];
        Directory.CreateDirectory(model);
        foreach (string path in Directory.GetFiles(TestData.Weights("pictogram-mini")).Where(path => Path.GetFileName(path) != file))
            File.CreateSymbolicLink(Path.Combine(model, Path.GetFileName(path)), path);
        File.WriteAllText(Path.Combine(model, file), text);
        CommandResult result = CommandLine.Run("embed", CommandLine.Cat, "--text", "cat", "--model", model);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(Path.Combine(model, file), result.Error);
        Assert.All(OfTheParser, words => Assert.DoesNotContain(words, result.Error));
    }

    /// <summary>Names of all members, those inside others as "outer.inner".</summary>
    private static IEnumerable<string> Members(JsonObject parent, string prefix = "") => parent.SelectMany(member =>
        member.Value is JsonObject inner ? Members(inner, prefix + member.Key + ".").Append(prefix + member.Key) : [prefix + member.Key]);

    private static void Set(JsonNode root, string member, JsonNode? value)
    {
        string[] names = member.Split('.');
        foreach (string name in names[..^1])
            root = root[name]!;
        root[names[^1]] = value;
    }
}

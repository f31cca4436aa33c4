using System.Text.Json.Nodes;
using PureClip.Tokenization;

namespace PureClip.Tests.Tokenization;

/// <summary><c>tokenizer.json</c> says how a text is cleaned, split and framed: CLIP's way is read in all its spellings, any other refused.</summary>
public sealed class TokenizerProgramTests : IDisposable
{
    private const string Program = """
        {
          "added_tokens": [{"id":6,"content":"<|startoftext|>"},{"id":7,"content":"<|endoftext|>"}],
          "normalizer": {"type":"Sequence","normalizers":[
            {"type":"NFC"},{"type":"Replace","pattern":{"Regex":"\\s+"},"content":" "},{"type":"Lowercase"}]},
          "pre_tokenizer": {"type":"Sequence","pretokenizers":[
            {"type":"Split","pattern":{"Regex":"'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+"},"behavior":"Removed","invert":true},
            {"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true}]},
          "post_processor": {"type":"RobertaProcessing","sep":["<|endoftext|>",7],"cls":["<|startoftext|>",6],"trim_offsets":false},
          "model": {"type":"BPE","unk_token":"<|endoftext|>","end_of_word_suffix":"</w>","merges":["a b</w>"],"vocab":
            {"a":0,"b":1,"a</w>":2,"b</w>":3,"ab</w>":4,"x</w>":5,"<|startoftext|>":6,"<|endoftext|>":7}}
        }
        """;

    private const string Template = """
        {"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<|startoftext|>"}},{"Sequence":{"id":"A"}},{"SpecialToken":{"id":"<|endoftext|>"}}]}
        """;

    private readonly string _directory = Directory.CreateTempSubdirectory("pureclip-program-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("version", "\"1.0\"")]
    [InlineData("post_processor", Template)]
    [InlineData("post_processor", """{"type":"Sequence","processors":[{"type":"ByteLevel","trim_offsets":false},""" + Template + "]}")]
    [InlineData("post_processor", """{"type":"BertProcessing","sep":["<|endoftext|>",7],"cls":["<|startoftext|>",6]}""")]
    [InlineData("model.dropout", "null")]
    [InlineData("model.dropout", "0.0")]
    [InlineData("model.ignore_merges", "false")]
    [InlineData("pre_tokenizer.pretokenizers.1.use_regex", "true")]
    [InlineData("pre_tokenizer.pretokenizers.0.pattern.Regex",
        "\"<\\\\|startoftext\\\\|>|<\\\\|endoftext\\\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\\\p{L}]+|[\\\\p{N}]|[^\\\\s\\\\p{L}\\\\p{N}]+\"")]
    public void CLIPs_own_is_read_in_every_spelling(string field, string value) =>
        Assert.Equal([6, 4, 2, 7], Load(field, value).Encode(" AB a").Ids.ToArray());

    [Theory]
    [InlineData("normalizer", "null", "normalizer")]
    [InlineData("normalizer", """{"type":"Lowercase"}""", "normalizer")]
    [InlineData("normalizer", """{"type":"BertNormalizer","lowercase":true}""", "normalizer")]
    [InlineData("normalizer.normalizers.0", """{"type":"NFKC"}""", "normalizer")]
    [InlineData("normalizer.normalizers.1.content", "\"\"", "normalizer")]
    [InlineData("normalizer.normalizers.1.pattern", """{"String":" "}""", "normalizer")]
    [InlineData("pre_tokenizer", "null", "pre_tokenizer")]
    [InlineData("pre_tokenizer", """{"type":"Whitespace"}""", "pre_tokenizer")]
    [InlineData("pre_tokenizer", """{"type":"ByteLevel","add_prefix_space":false}""", "pre_tokenizer")]
    [InlineData("pre_tokenizer.pretokenizers.0.invert", "false", "pre_tokenizer")]
    [InlineData("pre_tokenizer.pretokenizers.0.behavior", "\"Isolated\"", "pre_tokenizer")]
    [InlineData("pre_tokenizer.pretokenizers.0.pattern.Regex", "\"[^ ]+\"", "pre_tokenizer")]
    [InlineData("pre_tokenizer.pretokenizers.1.add_prefix_space", "true", "pre_tokenizer")]
    [InlineData("post_processor", "null", "post_processor")]
    [InlineData("post_processor", """{"type":"ByteLevel"}""", "post_processor")]
    [InlineData("post_processor", """{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<|startoftext|>"}},{"Sequence":{"id":"A"}}]}""", "post_processor")]
    [InlineData("post_processor", "[]", "post_processor")]
    [InlineData("post_processor.cls", "[\"<|endoftext|>\",7]", null)] // another start is a start
    [InlineData("model.ignore_merges", "true", "ignore_merges")]
    [InlineData("model.dropout", "0.1", "dropout")]
    public void Another_program_is_refused_by_the_name_of_its_part(string field, string value, string? part)
    {
        if (part is null)
            Assert.Equal([7, 4, 7], Load(field, value).Encode("ab").Ids.ToArray());
        else
            Assert.StartsWith($"{Path.Combine(_directory, "tokenizer.json")}: ", Refusal(field, value, part), StringComparison.Ordinal);
    }

    [Fact]
    public void Start_and_end_may_not_contradict_the_configuration_beside_the_file()
    {
        File.WriteAllText(Path.Combine(_directory, "tokenizer_config.json"), """{"bos_token":"x</w>"}""");
        Assert.Contains("post_processor begins texts with \"<|startoftext|>\", tokenizer_config.json with \"x</w>\"", Refusal("version", "1", "post_processor"));
    }

    [Theory]
    [InlineData("TokenizersBackend")]
    [InlineData("PreTrainedTokenizerFast")]
    public void A_class_that_says_nothing_needs_a_file_that_says_all(string name)
    {
        File.WriteAllText(Path.Combine(_directory, "tokenizer_config.json"), $$"""{"tokenizer_class":"{{name}}"}""");
        Assert.Equal([6, 4, 7], Load("version", "1").Encode("AB").Ids.ToArray());
        foreach (string part in (string[])["normalizer", "pre_tokenizer", "post_processor"])
            Assert.Contains($"has no {part}, and the tokenizer's class, {name}, does not say which it is", Refusal(part, null, part));
    }

    private string Refusal(string field, string? value, string part)
    {
        string message = Assert.Throws<InvalidDataException>(() => Load(field, value)).Message;
        Assert.Contains(part, message);
        return message;
    }

    /// <summary>CLIP's program with one field changed, or removed; a number is a place in a list.</summary>
    private BpeTokenizer Load(string field, string? value)
    {
        JsonNode program = JsonNode.Parse(Program)!, at = program;
        string[] names = field.Split('.');
        foreach (string name in names[..^1])
            at = int.TryParse(name, out int place) ? at[place]! : at[name]!;
        if (value is null)
            at.AsObject().Remove(names[^1]);
        else if (int.TryParse(names[^1], out int last))
            at[last] = JsonNode.Parse(value);
        else
            at[names[^1]] = JsonNode.Parse(value);
        File.WriteAllText(Path.Combine(_directory, "tokenizer.json"), program.ToJsonString());
        return BpeTokenizer.FromDirectory(_directory, TokenizerOptions.HuggingFace);
    }
}

using System.IO.Compression;
using System.Text.Json.Nodes;
using PureClip.Tests.Files;
using PureClip.Tokenization;

namespace PureClip.Tests.Tokenization;

/// <summary>
/// Small tokenizers in the layouts in which they are published, with the ids that the reference libraries give 280 texts
/// (tests/data/tokenizer/subwords: the Rust library 0.22.2 on tokenizer.json, SentencePiece 0.1.97 on the models).
/// </summary>
internal sealed class SubwordFixture : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly string _source;

    /// <param name="name">The folder.</param>
    public SubwordFixture(string name)
    {
        _source = TestData.PathOf($"tokenizer/subwords/{name}");
        Goldens = JsonNode.Parse(File.ReadAllText(Path.Combine(_source, "goldens.json")))!;
    }

    /// <summary>The texts that all have in common.</summary>
    public static string[] Texts { get; } =
        JsonNode.Parse(File.ReadAllText(TestData.PathOf("tokenizer/subwords/texts.json")))!.AsArray().Select(text => text!.GetValue<string>()).ToArray();

    /// <summary>The ids.</summary>
    public JsonNode Goldens { get; }

    /// <summary>A directory with some of the folder's files.</summary>
    public string Folder => _directory.Path;

    /// <summary>Takes a file over, unzipped where it is stored so.</summary>
    public SubwordFixture With(string name)
    {
        string source = Path.Combine(_source, name);
        if (File.Exists(source))
        {
            _directory.Write(name, File.ReadAllBytes(source));
            return this;
        }
        using GZipStream zipped = new(File.OpenRead(source + ".gz"), CompressionMode.Decompress);
        using FileStream target = File.Create(_directory.File(name));
        zipped.CopyTo(target);
        return this;
    }

    /// <summary>Writes a file of the test's own.</summary>
    public SubwordFixture With(string name, string text)
    {
        File.WriteAllText(_directory.File(name), text);
        return this;
    }

    /// <summary>Takes a JSON file over with a change.</summary>
    public SubwordFixture With(string name, Action<JsonObject> change)
    {
        JsonObject json = JsonNode.Parse(File.ReadAllText(Path.Combine(_source, name)))!.AsObject();
        change(json);
        return With(name, json.ToJsonString());
    }

    /// <summary>The tokenizer of the directory as it is now.</summary>
    public ITokenizer Open(TokenizerOptions? options = null) => Tokenizers.FromDirectory(_directory.Path, options ?? Plain);

    /// <summary>As the files say, nothing before, and no limit that a text here reaches.</summary>
    public static TokenizerOptions Plain { get; } = new() { Cleaning = TextCleaning.HuggingFace, ContextLength = 5000 };

    /// <summary>Ids of a text, of those that differ where a list has only these.</summary>
    public static int[] Ids(JsonNode ids) => [.. ids.AsArray().Select(id => id!.GetValue<int>())];

    public void Dispose() => _directory.Dispose();
}

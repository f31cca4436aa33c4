using System.Text.Json.Nodes;
using PureClip.Tokenization;

namespace PureClip.Tests.Tokenization;

/// <summary>What all tokenizers that are not CLIP's own have in common: choice of the file, frame, spans, decoding, limits, memory.</summary>
public sealed class SubwordTokenizerTests
{
    public static TheoryData<string, string> Kinds { get; } = new()
    {
        { "siglip", "spiece.model" }, { "xlmr", "tokenizer.json" }, { "xlmr", "sentencepiece.bpe.model" }, { "gemma", "tokenizer.json" },
        { "gemma", "tokenizer.model" }, { "bert-uncased", "vocab.txt" }, { "bert-cased", "tokenizer.json" },
    };

    [Theory]
    [InlineData("siglip", "spiece.model", "unigram (spiece.model)")]
    [InlineData("xlmr", "tokenizer.json,sentencepiece.bpe.model", "unigram (tokenizer.json)")]
    [InlineData("xlmr", "sentencepiece.bpe.model,tokenizer_config.json", "unigram (sentencepiece.bpe.model)")]
    [InlineData("gemma", "tokenizer.json,tokenizer.model", "BPE with byte fallback (tokenizer.json)")]
    [InlineData("gemma", "tokenizer.model", "BPE with byte fallback (tokenizer.model)")]
    [InlineData("bert-cased", "tokenizer.json,vocab.txt", "WordPiece (tokenizer.json)")]
    [InlineData("bert-cased", "vocab.txt", "WordPiece (vocab.txt)")]
    public void A_directory_gets_the_tokenizer_of_its_files(string name, string files, string kind)
    {
        using SubwordFixture fixture = new(name);
        foreach (string file in files.Split(','))
            fixture.With(file);
        Assert.Equal(kind, fixture.Open().Kind);
        Assert.False(Tokenizers.IsClip(fixture.Folder));
    }

    [Fact]
    public void A_directory_without_any_gets_CLIPs_own()
    {
        using SubwordFixture fixture = new("siglip");
        Assert.True(Tokenizers.IsClip(fixture.Folder));
        Assert.IsType<BpeTokenizer>(Tokenizers.FromDirectory(fixture.Folder));
        Assert.Throws<FileNotFoundException>(
            () => Tokenizers.FromDirectory(fixture.Folder, new() { AllowEmbeddedVocabulary = false }));
        Assert.Throws<DirectoryNotFoundException>(() => Tokenizers.FromDirectory(fixture.Folder + "-"));
    }

    [Theory, MemberData(nameof(Kinds))]
    public void A_text_is_framed_padded_and_cut_before_its_end(string name, string file)
    {
        using SubwordFixture fixture = new SubwordFixture(name).With(file);
        ITokenizer all = fixture.Open(), tokenizer = fixture.Open(SubwordFixture.Plain with { ContextLength = 6 });
        int[] ids = all.EncodeWithoutSpecials("a photo of a red hat on the table");
        int[] whole = [.. all.StartId is int start ? [start] : Array.Empty<int>(), .. ids, all.EndId];
        Assert.Equal(whole, all.Encode("a photo of a red hat on the table").Ids.ToArray());

        string message = Assert.Throws<ArgumentException>(() => tokenizer.Encode("a photo of a red hat on the table")).Message;
        Assert.Contains($"The text has {ids.Length} tokens, and {tokenizer.MaxTextTokens} fit", message);
        TokenizedText cut = tokenizer.Encode("a photo of a red hat on the table", Truncation.KeepEnd);
        Assert.Equal([.. whole[..5], all.EndId], cut.Ids.ToArray());
        Assert.Equal(ids.Length - tokenizer.MaxTextTokens, cut.DroppedTokens);
        Assert.EndsWith(cut.DroppedText, "a photo of a red hat on the table");

        int[] padded = new int[20];
        int count = fixture.Open(SubwordFixture.Plain with { ContextLength = 20 }).Encode("a", padded, pad: true);
        Assert.Equal(all.EndId, padded[count - 1]);
        Assert.All(padded[count..], id => Assert.Equal(all.PadId, id));
        Assert.Throws<ArgumentException>(() => all.Encode("a photo", new int[1]));
        Assert.Throws<ArgumentException>(() => fixture.Open(SubwordFixture.Plain with { ContextLength = 2 }));
    }

    /// <summary>Every token says which part of the text it stands for: in order, without holes but white space and what cleaning drops.</summary>
    [Theory, MemberData(nameof(Kinds))]
    public void Spans_lead_back_to_the_text(string name, string file)
    {
        using SubwordFixture fixture = new SubwordFixture(name).With(file);
        ITokenizer tokenizer = fixture.Open();
        foreach (string text in SubwordFixture.Texts.Append("a red hat"))
        {
            TokenizedText encoded = tokenizer.Encode(text);
            int last = 0;
            for (int i = tokenizer.StartId is null ? 0 : 1; i < encoded.Count - 1; i++)
            {
                TokenSpan span = encoded.Spans[i];
                Assert.InRange(span.SourceStart, 0, span.SourceEnd);
                Assert.InRange(span.SourceEnd, span.SourceStart, text.Length);
                Assert.InRange(span.End, span.Start, encoded.Text.Length);
                Assert.True(span.Start >= last, $"{text}: token {i} begins before the one before it");
                last = span.Start;
            }
        }
        TokenizedText simple = tokenizer.Encode("a red hat");
        string joined = string.Concat(simple.Spans.Select(span => simple.Source[span.SourceStart..span.SourceEnd]));
        Assert.Equal("aredhat", joined.Replace(" ", ""));
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Ids_decode_to_the_text(string name, string file)
    {
        using SubwordFixture fixture = new SubwordFixture(name).With(file);
        ITokenizer tokenizer = fixture.Open();
        foreach (string text in (string[])["a photo of a red hat", "two dogs in the park"])
        {
            int[] ids = tokenizer.Encode(text).Ids.ToArray();
            Assert.Equal(text, tokenizer.Decode(ids, skipSpecials: true));
            Assert.Contains(tokenizer.Token(tokenizer.EndId), tokenizer.Decode(ids));
        }
        if (file == "tokenizer.model")
            Assert.Equal("Ж😀", tokenizer.Decode(tokenizer.EncodeWithoutSpecials("Ж😀")));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.Token(tokenizer.VocabularySize));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.Decode([-1]));
        Assert.Null(tokenizer.WordOrNull(tokenizer.EndId));
        Assert.Contains(Enumerable.Range(0, tokenizer.VocabularySize).Select(tokenizer.WordOrNull), word => word is "the" or "a");
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Encoding_into_the_callers_memory_allocates_nothing(string name, string file)
    {
        using SubwordFixture fixture = new SubwordFixture(name).With(file);
        ITokenizer tokenizer = fixture.Open();
        int[] ids = new int[5000];
        NoAllocation.Assert(() =>
        {
            for (int i = 0; i < 20; i++)
                tokenizer.Encode("A photo of two red hats, 1234 (on the table)!", ids);
        });
    }

    /// <summary>
    /// A million characters of one shape: what is quadratic in them would not come to an end. Ids are those of short texts of that shape.
    /// </summary>
    [Theory, MemberData(nameof(Kinds))]
    public void Long_texts_of_any_shape_are_tokenised(string name, string file)
    {
        using SubwordFixture fixture = new SubwordFixture(name).With(file);
        ITokenizer tokenizer = fixture.Open(new() { ContextLength = 64, Cleaning = TextCleaning.HuggingFace });
        int[] ids = new int[64];
        foreach (string unit in (string[])["a", " ", "▁", "\n", "ab ", "e\u0301", "\u0301", "猫", "😀", "<b>", "[SEP]", "\u1100\u1161\u11A8", "Σ'", "１\u0301"])
        {
            string text = string.Concat(Enumerable.Repeat(unit, (1 << 20) / unit.Length)), shorter = text[..(unit.Length * 4096)];
            int count = tokenizer.Encode(text, ids, Truncation.KeepEnd);
            int[] expected = new int[64];
            Assert.Equal(tokenizer.Encode(shorter, expected, Truncation.KeepEnd), count);
            if (unit is not "a" and not "\n" and not "▁" and not " ") // merges of a run begin where its length says
                Assert.Equal(expected[..count], ids[..count]);
        }
        tokenizer.Encode(SlowTexts.RandomLetters(), ids, Truncation.KeepEnd);
        tokenizer.Encode(SlowTexts.RandomIdeographs(), ids, Truncation.KeepEnd);
        tokenizer.Encode(SlowTexts.RandomUnits(), ids, Truncation.KeepEnd);
    }

    /// <summary>Gemma's own vocabulary has a tab in place of the byte 9: what does not need that byte becomes bytes all the same.</summary>
    [Theory]
    [InlineData("<0x09>")]
    [InlineData("<0x41>", "<0x42>")]
    [InlineData("<0xFF>")]
    public void Bytes_that_have_no_token_leave_the_others_theirs(params string[] missing)
    {
        using SubwordFixture whole = new SubwordFixture("gemma").With("tokenizer.json"), without = new SubwordFixture("gemma").With("tokenizer.json", json =>
        {
            JsonObject vocabulary = json["model"]!["vocab"]!.AsObject();
            foreach (string name in missing)
            {
                JsonNode id = vocabulary[name]!.DeepClone();
                vocabulary.Remove(name);
                vocabulary[name + "?"] = id;
            }
        });
        ITokenizer expected = whole.Open(), found = without.Open();
        foreach (string text in (string[])["nul\0char", "\u3400\U00020000", "\u1E9B\u0323", "\U000E0001"])
            Assert.Equal(expected.Encode(text).Ids.ToArray(), found.Encode(text).Ids.ToArray());
    }

    [Theory]
    [InlineData("gemma", "model.type", "\"WordLevel\"", "WordLevel")]
    [InlineData("gemma", "model.dropout", "0.1", "model.dropout is 0.1")]
    [InlineData("gemma", "model.ignore_merges", "true", "model.ignore_merges is true")]
    [InlineData("gemma", "model.end_of_word_suffix", "\"</w>\"", "model.end_of_word_suffix is \"</w>\"; supported is none")]
    [InlineData("gemma", "model.unk_token", "\"<what>\"", "model.unk_token, \"<what>\", is not in the vocabulary")]
    [InlineData("gemma", "model.merges", "[\"a q\"]", "merge 0 is \"a q\"")]
    [InlineData("gemma", "model.merges", "null", "model.merges is missing")]
    [InlineData("gemma", "model.vocab", "{}", "model.vocab is empty")]
    [InlineData("gemma", "model.vocab", "[]", "model.vocab is a list; supported is an object")]
    [InlineData("gemma", "model.vocab", "{\"a\":0,\"b\":0}", "the id 0 belongs to \"a\" and to \"b\"")]
    [InlineData("gemma", "model.vocab", "{\"a\":99999999}", "the id of \"a\" is 99999999")]
    [InlineData("gemma", "post_processor", "null", "post_processor is missing")]
    [InlineData("gemma", "post_processor", "{\"type\":\"TemplateProcessing\",\"single\":[{\"Sequence\":{\"id\":\"A\"}}]}", "without a token behind the text")]
    [InlineData("gemma", "post_processor", "{\"type\":\"ByteLevel\"}", "none that adds a token")]
    [InlineData("gemma", "normalizer", "{\"type\":\"Nmt\"}", "normalizer.type is Nmt")]
    [InlineData("gemma", "truncation", "{\"direction\":\"Left\",\"max_length\":64}", "truncation.direction is Left")]
    [InlineData("gemma", "padding", "{\"direction\":\"Left\"}", "padding.direction is Left")]
    [InlineData("gemma", "added_tokens", "[{\"id\":1,\"content\":\"<eos>\",\"single_word\":true}]", "single_word is true")]
    [InlineData("gemma", "added_tokens", "[{\"id\":1,\"content\":\"other\"}]", "the id 1 belongs to")]
    [InlineData("xlmr", "model.unk_id", "100000", "model.unk_id is 100000")]
    [InlineData("xlmr", "model.unk_id", "null", "model.unk_id is missing")]
    [InlineData("xlmr", "model.vocab", "[[\"a\"]]", "vocab[0] is other than that; supported is a token and its score")]
    [InlineData("xlmr", "model.vocab", "[[\"a\",1],[\"a\",2]]", "\"a\" stands twice")]
    [InlineData("xlmr", "model.vocab", "[]", "of 0 tokens")]
    [InlineData("bert-uncased", "model.unk_token", "\"<unk>\"", "the token of unknown words, \"<unk>\", is not in the vocabulary")]
    public void A_file_that_says_something_else_is_refused_by_name(string name, string field, string json, string expected)
    {
        using SubwordFixture fixture = new(name);
        fixture.With("tokenizer.json", root =>
        {
            string[] path = field.Split('.');
            JsonObject parent = path.Length == 1 ? root : root[path[0]]!.AsObject();
            parent[path[^1]] = JsonNode.Parse(json);
        });
        string message = Assert.Throws<InvalidDataException>(() => fixture.Open()).Message;
        Assert.Contains(expected, message);
        Assert.Contains(fixture.Folder, message);
    }

    [Fact]
    public void Damaged_files_are_refused_by_name()
    {
        using SubwordFixture fixture = new("bert-cased");
        fixture.With("tokenizer.json", "{");
        Assert.Contains("is not valid JSON", Assert.Throws<InvalidDataException>(() => fixture.Open()).Message);
        File.Delete(Path.Combine(fixture.Folder, "tokenizer.json"));
        fixture.With("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\na\n");
        Assert.Contains("\"a\" stands twice", Assert.Throws<InvalidDataException>(() => fixture.Open()).Message);
        fixture.With("vocab.txt", "[PAD]\n[UNK]\n[CLS]\na\n");
        Assert.Contains("\"[SEP]\" is not in the vocabulary", Assert.Throws<InvalidDataException>(() => fixture.Open()).Message);
        fixture.With("vocab.txt", $"[PAD]\n[UNK]\n[CLS]\n[SEP]\n{new string('x', 600)}\n");
        Assert.Contains("is too long; at most 512 characters", Assert.Throws<InvalidDataException>(() => fixture.Open()).Message);
    }

    [Fact]
    public void A_vocabulary_with_windows_line_ends_is_the_same()
    {
        using SubwordFixture unix = new SubwordFixture("bert-cased").With("vocab.txt"), windows = new("bert-cased");
        windows.With("vocab.txt", File.ReadAllText(Path.Combine(unix.Folder, "vocab.txt")).Replace("\n", "\r\n", StringComparison.Ordinal));
        Assert.Equal(unix.Open().Encode("a red hat").Ids.ToArray(), windows.Open().Encode("a red hat").Ids.ToArray());
    }
}

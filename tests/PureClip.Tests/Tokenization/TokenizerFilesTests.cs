using PureClip.Tokenization;

namespace PureClip.Tests.Tokenization;

public sealed class TokenizerFilesTests : IDisposable
{
    private const string SmallVocabulary = """
        {"l":0,"o":1,"w":2,"e":3,"r":4,"s":5,"t":6,"i":7,"d":8,"n":9,"lo":10,"l</w>":11,"w</w>":12,"r</w>":13,"t</w>":14,"low</w>":15,
        "er</w>":16,"lowest</w>":17,"newer</w>":18,"wider":19,"<unk>":20,"<|startoftext|>":21,"<|endoftext|>":22}
        """;

    private const string SmallMerges = "#version: 0.2\nl o\nlo w</w>\ne r</w>\n";
    private const string SmallConfig = """{"unk_token":"<unk>"}""";
    private readonly string _directory = Directory.CreateTempSubdirectory("pureclip-tokenizer-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_small_vocabulary_gives_its_own_ids()
    {
        // transformers, tests of CLIPTokenizer: "lower newer" is lo w er</w> n e w er</w>.
        WriteSmall();
        BpeTokenizer tokenizer = Load(TokenizerOptions.HuggingFace);
        Assert.Equal([10, 2, 16, 9, 3, 2, 16], tokenizer.EncodeWithoutSpecials("lower newer"));
        Assert.Equal([20, 20], tokenizer.EncodeWithoutSpecials("xz"));
        Assert.Equal((21, 22, 23), (tokenizer.StartId, tokenizer.EndId, tokenizer.VocabularySize));
    }

    [Fact]
    public void The_models_in_the_repository_bring_their_tokenizer()
    {
        BpeTokenizer tokenizer = BpeTokenizer.FromDirectory(TestData.Weights("pictogram-mini"));
        Assert.Equal((4094, 4095, 4096, 32), (tokenizer.StartId, tokenizer.EndId, tokenizer.VocabularySize, tokenizer.ContextLength));
        TokenizedText text = tokenizer.Encode("a drawing of a cat");
        Assert.Equal(4094, text.Ids.Span[0]);
        Assert.Equal(4095, text.Ids.Span[^1]);
        Assert.Equal("a drawing of a cat ", tokenizer.Decode(text.Ids.Span, skipSpecials: true));
        Assert.Equal(4095, BpeTokenizer.FromDirectory(TestData.Weights("pictogram-mini"), TokenizerOptions.HuggingFace).PadId);
    }

    [FixtureFact("checkpoints/tiny/hf/vocab.json")]
    public void CLIPs_published_files_equal_the_embedded_vocabulary()
    {
        BpeTokenizer published = BpeTokenizer.FromDirectory(Fixtures.PathOf("checkpoints/tiny/hf"));
        BpeTokenizer embedded = BpeTokenizer.CreateClip();
        Assert.Equal(embedded.VocabularySize, published.VocabularySize);
        for (int id = 0; id < embedded.VocabularySize; id++)
            Assert.Equal(embedded.Token(id), published.Token(id));
    }

    [Theory]
    [InlineData("""["l o", "lo w</w>", "e r</w>"]""")]
    [InlineData("""[["l", "o"], ["lo", "w</w>"], ["e", "r</w>"]]""")]
    public void Merges_of_tokenizer_json_are_strings_or_pairs(string merges)
    {
        WriteTokenizerJson(merges);
        BpeTokenizer tokenizer = Load(TokenizerOptions.HuggingFace);
        Assert.Equal([10, 2, 16, 9, 3, 2, 16], tokenizer.EncodeWithoutSpecials("lower newer"));
    }

    [Fact]
    public void Added_tokens_stand_for_themselves_before_cleaning_or_after_it()
    {
        WriteTokenizerJson(
            """["l o"]""",
            """
            [{"id":23,"content":"<Low>","normalized":false},{"id":24,"content":"<LOW>low","normalized":false},{"id":25,"content":"New"}]
            """);
        BpeTokenizer tokenizer = Load(TokenizerOptions.HuggingFace);
        Assert.Equal([23], tokenizer.EncodeWithoutSpecials("<Low>"));
        Assert.DoesNotContain(23, tokenizer.EncodeWithoutSpecials("<low>"));
        Assert.Equal([24], tokenizer.EncodeWithoutSpecials("<LOW>low"));
        Assert.Equal([25, 25], tokenizer.EncodeWithoutSpecials("NEW new"));
        TokenizedText text = tokenizer.Encode("l <Low>NEW");
        Assert.Equal(["", "l", "<Low>", "new", ""], text.Spans.Select(s => text.Text[s.Start..s.End]));
        Assert.Equal(["", "l", "<Low>", "NEW", ""], text.Spans.Select(s => text.Source[s.SourceStart..s.SourceEnd]));
    }

    [Fact]
    public void A_pad_token_is_a_special_token_of_Hugging_Face_and_not_of_OpenAI()
    {
        // Stable Diffusion 2 pads with "!": there, "hi!" ends with id 0 and not with "!</w>".
        Write("special_tokens_map.json", """{"pad_token":"!"}""");
        Write("vocab.json", """{"!":0,"i":1,"i</w>":2,"!</w>":3,"<|startoftext|>":4,"<|endoftext|>":5}""");
        Write("merges.txt", "");
        Assert.Equal([2, 0], Load(TokenizerOptions.HuggingFace).EncodeWithoutSpecials("i!"));
        Assert.Equal([2, 3], Load(TokenizerOptions.Default).EncodeWithoutSpecials("i!"));
        Assert.Equal(0, Load(TokenizerOptions.HuggingFace).PadId);
    }

    [Fact]
    public void Special_tokens_are_strings_or_objects_and_lengths_without_a_limit_are_no_length()
    {
        WriteSmall();
        Write(
            "tokenizer_config.json",
            """{"bos_token":{"content":"<unk>"},"eos_token":"<|endoftext|>","model_max_length":1e30,"pad_token":null}""");
        BpeTokenizer tokenizer = Load(TokenizerOptions.Default);
        Assert.Equal((20, 77), (tokenizer.StartId, tokenizer.ContextLength));
    }

    [Fact]
    public void A_directory_without_vocabulary_gets_CLIPs_own_unless_that_is_forbidden()
    {
        Assert.Equal(49408, Load(TokenizerOptions.Default).VocabularySize);
        Assert.Throws<FileNotFoundException>(() => Load(TokenizerOptions.Default with { AllowEmbeddedVocabulary = false }));
        Assert.Throws<DirectoryNotFoundException>(() => BpeTokenizer.FromDirectory(Path.Combine(_directory, "missing")));
    }

    [Theory]
    [InlineData("vocab.json", "{", "not valid JSON")]
    [InlineData("vocab.json", "[]", "must be an object")]
    [InlineData("vocab.json", "{}", "no tokens")]
    [InlineData("vocab.json", """{"a":0,"b":0}""", "must be unique")]
    [InlineData("vocab.json", """{"a":0,"a":1}""", "stands twice")]
    [InlineData("vocab.json", """{"a":-1}""", "whole number")]
    [InlineData("vocab.json", """{"a":1.5}""", "whole number")]
    [InlineData("vocab.json", """{"a":2000000000}""", "whole number")]
    [InlineData("vocab.json", """{"a":"0"}""", "whole number")]
    [InlineData("vocab.json", """{"a":0}""", "not all in the vocabulary")]
    [InlineData("merges.txt", "l o r", "two symbols")]
    [InlineData("merges.txt", "l o\n\nlo w</w>", "two symbols")]
    [InlineData("tokenizer_config.json", """{"tokenizer_class":"SiglipTokenizer"}""", "SiglipTokenizer")]
    [InlineData("tokenizer_config.json", """{"tokenizer_class":"TokenizersBackend"}""", "TokenizersBackend or PreTrainedTokenizerFast beside a tokenizer.json")]
    [InlineData("tokenizer_config.json", """{"tokenizer_class":"GPT2Tokenizer"}""", "GPT2Tokenizer")]
    [InlineData("merges.txt", "version https://git-lfs.github.com/spec/v1\noid", "Git LFS pointer")]
    [InlineData("vocab.json", "version https://git-lfs.github.com/spec/v1\noid", "Git LFS pointer")]
    [InlineData("tokenizer.json", "<!DOCTYPE html><html>", "web page")]
    [InlineData("tokenizer_config.json", """{"model_max_length":"77"}""", "model_max_length")]
    [InlineData("tokenizer_config.json", """{"model_max_length":2}""", "model_max_length")]
    [InlineData("tokenizer_config.json", """{"bos_token":7}""", "bos_token")]
    [InlineData("tokenizer_config.json", """{"bos_token":""}""", "bos_token")]
    [InlineData("tokenizer_config.json", """{"bos_token":"<missing>"}""", "<missing>")]
    [InlineData("tokenizer_config.json", """{"added_tokens_decoder":{"x":"y"}}""", "added_tokens_decoder")]
    [InlineData("tokenizer_config.json", """{"added_tokens_decoder":{"5":{"content":"y"}}}""", "must be unique")]
    [InlineData("added_tokens.json", """{"low":15.5}""", "whole number")]
    [InlineData("tokenizer.json", """{"model":{"type":"Unigram"}}""", "Unigram")]
    [InlineData("tokenizer.json", """{"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}""", "end_of_word_suffix")]
    [InlineData("tokenizer.json", """{"model":{"end_of_word_suffix":"</w>","vocab":{"a":0},"merges":{}}}""", "merges")]
    [InlineData("tokenizer.json", """{"model":{"end_of_word_suffix":"</w>","vocab":{"a":0},"merges":[1]}}""", "must be a string")]
    [InlineData("tokenizer.json", "{}", "model")]
    public void Damaged_files_are_rejected_by_name_and_reason(string name, string content, string reason)
    {
        WriteSmall();
        Write(name, content);
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => Load(TokenizerOptions.Default));
        Assert.Contains(reason, e.Message);
        Assert.Contains(_directory, e.Message);
    }

    [Fact]
    public void A_vocabulary_without_merges_is_rejected()
    {
        Write("vocab.json", SmallVocabulary);
        Assert.Contains("merges.txt", Assert.Throws<InvalidDataException>(() => Load(TokenizerOptions.Default)).Message);
    }

    [Fact]
    public void A_file_that_is_too_large_is_not_read()
    {
        WriteSmall();
        using (FileStream file = File.Create(Path.Combine(_directory, "vocab.json")))
            file.SetLength((64L << 20) + 1);
        Assert.Contains("at most", Assert.Throws<InvalidDataException>(() => Load(TokenizerOptions.Default)).Message);
    }

    [Fact]
    public void Merges_that_are_not_UTF8_are_rejected()
    {
        WriteSmall();
        File.WriteAllBytes(Path.Combine(_directory, "merges.txt"), [0x6C, 0x20, 0xFF]);
        Assert.Contains("not valid UTF-8", Assert.Throws<InvalidDataException>(() => Load(TokenizerOptions.Default)).Message);
    }

    private BpeTokenizer Load(TokenizerOptions options) => BpeTokenizer.FromDirectory(_directory, options);

    private void WriteSmall()
    {
        Write("vocab.json", SmallVocabulary);
        Write("merges.txt", SmallMerges);
        Write("tokenizer_config.json", SmallConfig);
    }

    private void WriteTokenizerJson(string merges, string added = "[]")
    {
        Write("tokenizer_config.json", SmallConfig);
        Write("tokenizer.json", $$"""
            {"added_tokens":{{added}},"model":{"type":"BPE","merges":{{merges}},"vocab":{{SmallVocabulary}},"end_of_word_suffix":"</w>"} }
            """);
    }

    private void Write(string name, string content) => File.WriteAllText(Path.Combine(_directory, name), content);
}

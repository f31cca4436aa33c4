using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using PureClip.Tokenization;

namespace PureClip.Tests.Tokenization;

/// <summary>Steps of tokenizer.json, one at a time: the examples of the library's documentation, and Python's normal forms.</summary>
public sealed class TextStepTests
{
    [Theory]
    [InlineData("Removed", "the|final|countdown")]
    [InlineData("Isolated", "the|-|final|-|-|countdown")]
    [InlineData("MergedWithPrevious", "the-|final-|-|countdown")]
    [InlineData("MergedWithNext", "the|-final|-|-countdown")]
    [InlineData("Contiguous", "the|-|final|--|countdown")]
    public void Split_keeps_separators_as_its_behavior_says(string behavior, string expected) => Assert.Equal(expected, Cut(
        $$"""{"type":"Split","pattern":{"String":"-"},"behavior":"{{behavior}}","invert":false}""", "the-final--countdown"));

    [Theory]
    [InlineData("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"always"}""", "Hey friend!  How", "▁Hey|▁friend!|▁|▁How")]
    [InlineData("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"never","split":false}""", "a b", "a▁b")]
    [InlineData("""{"type":"Metaspace","replacement":"▁","add_prefix_space":false}""", "a b", "a|▁b")]
    [InlineData("""{"type":"Metaspace","replacement":"▁"}""", "▁a", "▁a")]
    [InlineData("""{"type":"WhitespaceSplit"}""", " Hello  friend!\u3000x\u00A0y\n", "Hello|friend!|x|y")]
    [InlineData("""{"type":"Whitespace"}""", "Hello there_1! 你好，e\u0301--", "Hello|there_1|!|你好|，|e\u0301|--")]
    [InlineData("""{"type":"BertPreTokenizer"}""", "don't say:“no”!", "don|'|t|say|:|“|no|”|!")]
    [InlineData("""{"type":"Punctuation","behavior":"Isolated"}""", "Hello ?!", "Hello |?|!")]
    [InlineData("""{"type":"Digits","individual_digits":true}""", "Call 123 please", "Call |1|2|3| please")]
    [InlineData("""{"type":"Digits","individual_digits":false}""", "Call 123 please", "Call |123| please")]
    [InlineData("""{"type":"ByteLevel","add_prefix_space":false}""", "it's  2\n o'clock'S 's x  ",
        "it|'s| | 2|\n| o|'|clock|'|S| '|s| x|  ")]
    [InlineData("""{"type":"ByteLevel","add_prefix_space":false}""", "\t\ta  \u3000b!?\uFF11\uFF12\u00BD\u0301x'",
        "\t|\t|a|  |\u3000|b|!?|\uFF11\uFF12\u00BD|\u0301|x|'")]
    [InlineData("""{"type":"ByteLevel","add_prefix_space":false}""", "we'll they've '",
        "we|'ll| they|'ve| '")]
    [InlineData("""{"type":"ByteLevel","add_prefix_space":true}""", "'s x",
        " '|s| x")]
    [InlineData("""{"type":"ByteLevel","add_prefix_space":true}""", "\ta", "\t|a")]
    [InlineData("""{"type":"ByteLevel","add_prefix_space":true,"use_regex":false}""", "a b", " a b")]
    [InlineData("""{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{"type":"Metaspace","prepend_scheme":"first"}]}""", "a b",
        "▁a|b")]
    public void Texts_are_cut(string step, string text, string expected) => Assert.Equal(expected, Cut(step, text));

    [Theory]
    [InlineData("""{"type":"Replace","pattern":{"String":"ab"},"content":"x"}""", "abaab", "xax")]
    [InlineData("""{"type":"Replace","pattern":{"Regex":" {2,}"},"content":"▁"}""", "a b  c   d", "a b▁c▁d")]
    [InlineData("""{"type":"Replace","pattern":{"Regex":"\\s+"},"content":" "}""", "a\t\n b", "a b")]
    [InlineData("""{"type":"Prepend","prepend":"▁"}""", "a", "▁a")]
    [InlineData("""{"type":"Strip","strip_left":true,"strip_right":false}""", " a ", "a ")]
    [InlineData("""{"type":"Lowercase"}""", "HELLO ΟΔΟΣ İ", "hello οδοσ i\u0307")]
    [InlineData("""{"type":"StripAccents"}""", "e\u0301é", "eé")]
    [InlineData("""{"type":"Sequence","normalizers":[{"type":"NFD"},{"type":"StripAccents"},{"type":"Lowercase"}]}""", "Ünïcode", "unicode")]
    [InlineData("""{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true}""",
        "A\u0000\uFFFD\tÉ世\u0378", "a e 世 \u0378")]
    public void Texts_are_rewritten(string step, string text, string expected) =>
        Assert.Equal(expected, Rewrite(JsonSteps.Normalizers(Part(step)), text));

    [Fact]
    public void Normal_forms_are_pythons()
    {
        JsonObject all = JsonNode.Parse(File.ReadAllText(TestData.PathOf("tokenizer/subwords/normal-forms.json")))!.AsObject();
        foreach ((string text, JsonNode? forms) in all)
            foreach ((string form, int i) in ((string, int)[])[("NFC", 0), ("NFD", 1), ("NFKC", 2), ("NFKD", 3)])
                Assert.Equal(
                    forms![i]!.GetValue<string>(), Rewrite(JsonSteps.Normalizers(Part($$"""{"type":"{{form}}"}""")), text));
        Assert.Equal(104, all.Count);
    }

    [Theory]
    [InlineData("""{"type":"UnicodeScripts"}""", "pre_tokenizer.type is UnicodeScripts; supported is WhitespaceSplit")]
    [InlineData("""{"type":"Split","pattern":{"Regex":"\\d"},"behavior":"Removed"}""", "supported is a string")]
    [InlineData("""{"type":"Split","pattern":{"String":"a"},"behavior":"Thrown"}""", "behavior is Thrown")]
    [InlineData("""{"type":"Metaspace","replacement":"ab"}""", "replacement is of several characters")]
    [InlineData("""{"type":"Metaspace","prepend_scheme":"last"}""", "prepend_scheme is last; supported is always, first or never")]
    public void An_unknown_cut_is_refused(string step, string expected) =>
        Assert.Contains(expected, Assert.Throws<InvalidDataException>(() => JsonSteps.PreTokenizers(Part(step))).Message);

    [Theory]
    [InlineData("""{"type":"Nmt"}""", "type is Nmt; supported is Precompiled")]
    [InlineData("""{}""", "type is missing")]
    [InlineData("""{"type":"Replace","pattern":{"Regex":"[a-z]"},"content":""}""", "Regex is \"[a-z]\"")]
    [InlineData("""{"type":"Precompiled","precompiled_charsmap":"!"}""", "missing or not Base64")]
    [InlineData("""{"type":"Precompiled","precompiled_charsmap":"AAAAAA=="}""", "the character map claims an array of 0 bytes")]
    [InlineData("""{"type":"Precompiled","precompiled_charsmap":"/////w=="}""", "claims an array of 4294967295 bytes")]
    public void An_unknown_rewriting_is_refused(string step, string expected) =>
        Assert.Contains(expected, Assert.Throws<InvalidDataException>(() => JsonSteps.Normalizers(Part(step))).Message);

    /// <summary>A unit that leads out of the array, a replacement without an end, and one that would make a text a thousand times longer.</summary>
    [Theory]
    [InlineData(new uint[] { 0x100 | (1000 << 10) }, 1, "leads out of it")]
    [InlineData(new uint[] { 0 }, 0, "has no end")]
    [InlineData(new uint[] { 0 }, 300, "has 300 bytes, more than 256")]
    public void A_hostile_character_map_is_refused(uint[] units, int length, string expected)
    {
        using MemoryStream bytes = new();
        using BinaryWriter writer = new(bytes);
        writer.Write(units.Length * sizeof(uint));
        Array.ForEach(units, writer.Write);
        writer.Write(Enumerable.Repeat((byte)'a', Math.Max(length, 1)).ToArray());
        if (length > 0)
            writer.Write((byte)0);
        Assert.Contains(expected, Assert.Throws<InvalidDataException>(() => CharacterMap.Read(bytes.ToArray(), "map")).Message);
    }

    /// <summary>Whatever is in a map that passes, a text goes through it without end or index out of range.</summary>
    [Fact]
    public void Damaged_character_maps_are_refused_or_harmless()
    {
        using SubwordFixture fixture = new SubwordFixture("xlmr").With("tokenizer.json");
        string json = File.ReadAllText(Path.Combine(fixture.Folder, "tokenizer.json"));
        byte[] map = JsonNode.Parse(json)!["normalizer"]!["precompiled_charsmap"]!.GetValue<string>() is string text ? Convert.FromBase64String(text) : [];
        Random random = new(3);
        for (int i = 0; i < 400; i++)
        {
            byte[] damaged = (byte[])map.Clone();
            damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            try
            {
                CharacterMap read = CharacterMap.Read(damaged, "map");
                foreach (string sample in SubwordFixture.Texts.Take(40))
                {
                    Rewrite([new MapClusters(read)], sample);
                    Rewrite([new SentencePieceText(read, null, true, true)], sample);
                }
            }
            catch (InvalidDataException)
            {
                // said by name
            }
        }
    }

    private static JsonPart Part(string json) => new(JsonDocument.Parse(json).RootElement, "tokenizer.json", "pre_tokenizer");

    private static string Cut(string step, string text)
    {
        Pieces pieces = Run(JsonSteps.PreTokenizers(Part(step)), text);
        StringBuilder result = new();
        for (int i = 0; i < pieces.Count; i++)
            result.Append(i == 0 ? "" : "|").Append(pieces.Text.ToString(pieces.Start(i), pieces.End(i) - pieces.Start(i)));
        return result.ToString();
    }

    private static string Rewrite(ITextStep[] steps, string text) => Run(steps, text).Text.ToString();

    private static Pieces Run(ITextStep[] steps, string text)
    {
        Pieces from = new();
        from.Text.AddText(text);
        from.Close();
        foreach (ITextStep step in steps)
        {
            Pieces to = new();
            for (int i = 0; i < from.Count; i++)
            {
                step.Run(from.Text, from.Start(i), from.End(i), to);
                to.Close();
            }
            from = to;
        }
        return from;
    }
}

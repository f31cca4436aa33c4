using PureClip.Tokenization;

namespace PureClip.Tests.Tokenization;

public class BpeTokenizerTests
{
    private static readonly BpeTokenizer Clip = BpeTokenizer.CreateClip();
    private static readonly string LongText = string.Join(' ', Enumerable.Repeat("cat", 100));

    [Fact]
    public void CLIPs_tokenizer_has_77_places_and_its_ids()
    {
        Assert.Equal((77, 49406, 49407, 0, 49408), (Clip.ContextLength, Clip.StartId, Clip.EndId, Clip.PadId, Clip.VocabularySize));
        Assert.Equal(49407, BpeTokenizer.CreateClip(TokenizerOptions.HuggingFace).PadId);
        Assert.Equal(0, BpeTokenizer.CreateClip(TokenizerOptions.OpenClip).PadId);
    }

    [Fact]
    public void A_text_is_framed_by_start_and_end_and_not_padded()
    {
        TokenizedText text = Clip.Encode("a photo of a cat");
        Assert.Equal([49406, 320, 1125, 539, 320, 2368, 49407], text.Ids.ToArray());
        Assert.Equal(7, text.Count);
        Assert.Equal(0, text.DroppedTokens);
        Assert.Equal("", text.DroppedText);
        Assert.Equal([49406, 49407], Clip.Encode("").Ids.ToArray());
    }

    [Fact]
    public void Padding_fills_the_context()
    {
        TokenizedText text = Clip.Encode("a cat", pad: true);
        Assert.Equal([49406, 320, 2368, 49407, .. new int[73]], text.Ids.ToArray());
        Assert.Equal(4, text.Count);
        int[] ids = new int[80];
        Assert.Equal(4, BpeTokenizer.CreateClip(TokenizerOptions.HuggingFace).Encode("a cat", ids, pad: true));
        Assert.Equal([49406, 320, 2368, 49407, .. Enumerable.Repeat(49407, 73), 0, 0, 0], ids);
    }

    [Fact]
    public void Memory_of_the_caller_takes_the_same_ids()
    {
        int[] ids = new int[77];
        int count = Clip.Encode("A photo of a cat.", ids);
        Assert.Equal(Clip.Encode("A photo of a cat.").Ids.ToArray(), ids[..count]);
        Assert.Throws<ArgumentException>(() => Clip.Encode("a cat", new int[3]));
        Assert.Throws<ArgumentException>(() => Clip.Encode("a cat", new int[76], pad: true));
    }

    [Fact]
    public void A_text_that_fills_the_context_exactly_is_not_too_long()
    {
        string text = string.Join(' ', Enumerable.Repeat("cat", 75));
        Assert.Equal(77, Clip.Encode(text).Count);
        Assert.Throws<ArgumentException>(() => Clip.Encode(text + " cat"));
    }

    [Fact]
    public void A_text_that_is_too_long_is_an_error_that_says_where_the_limit_is()
    {
        ArgumentException e = Assert.Throws<ArgumentException>(() => Clip.Encode(LongText));
        Assert.Contains("100 tokens", e.Message);
        Assert.Contains("75 fit", e.Message);
        Assert.Contains("character 300 of 399", e.Message);
        Assert.Contains("truncation", e.Message);
        Assert.Throws<ArgumentException>(() => Clip.Encode(LongText, new int[77]));
    }

    [Fact]
    public void Truncation_keeps_the_end_token_and_reports_what_was_dropped()
    {
        TokenizedText text = Clip.Encode("CAT  &amp; " + LongText + " end", Truncation.KeepEnd);
        Assert.Equal(77, text.Count);
        Assert.Equal(49407, text.Ids.Span[^1]);
        Assert.Equal(28, text.DroppedTokens);
        Assert.Equal(string.Join(' ', Enumerable.Repeat("cat", 27)) + " end", text.DroppedText);
        Assert.Equal(text.DroppedText, text.Text[text.DroppedSpan.Start..text.DroppedSpan.End]);
        Assert.Equal(77, BpeTokenizer.CreateClip(TokenizerOptions.OpenClip).Encode(LongText).Count);
    }

    [Theory]
    [InlineData(3, new[] { 49406, 2368, 49407 })]
    [InlineData(4, new[] { 49406, 2368, 2368, 49407 })]
    public void The_context_length_can_be_set(int length, int[] expected) =>
        Assert.Equal(
            expected,
            BpeTokenizer.CreateClip(new TokenizerOptions { ContextLength = length }).Encode(LongText, Truncation.KeepEnd).Ids.ToArray());

    [Fact]
    public void A_context_without_room_for_a_token_is_rejected() =>
        Assert.Throws<ArgumentException>(() => BpeTokenizer.CreateClip(new TokenizerOptions { ContextLength = 2 }));

    [Fact]
    public void Spans_lead_from_tokens_to_the_cleaned_and_the_original_text()
    {
        TokenizedText text = Clip.Encode("  A \uFB01ne\tCAFE\u0301 &amp; \U0001F600");
        Assert.Equal("a fine caf\u00E9 & \U0001F600", text.Text);
        Assert.Equal(["", "a", "fine", "caf\u00E9", "&", "\U0001F600", ""], text.Spans.Select(s => text.Text[s.Start..s.End]));
        Assert.Equal(
            ["", "A", "\uFB01ne", "CAFE\u0301", "&amp;", "\U0001F600", ""],
            text.Spans.Select(s => text.Source[s.SourceStart..s.SourceEnd]));
        Assert.Equal(text.Count, text.Spans.Count);
    }

    [Fact]
    public void Tokens_with_a_part_of_a_character_span_the_whole_character()
    {
        TokenizedText text = Clip.Encode("日本語のテキスト");
        Assert.All(text.Spans.Skip(1).SkipLast(1), s => Assert.NotEqual(s.Start, s.End));
        Assert.Equal(0, text.Spans[1].Start);
        Assert.Equal(text.Text.Length, text.Spans[^2].End);
        for (int i = 2; i < text.Count - 1; i++)
            Assert.InRange(text.Spans[i].Start, text.Spans[i - 1].End - 1, text.Spans[i - 1].End);
    }

    [Fact]
    public void Special_strings_in_the_text_follow_the_spelling()
    {
        BpeTokenizer openClip = BpeTokenizer.CreateClip(TokenizerOptions.OpenClip);
        Assert.Equal([49406, 1883, 49407], Clip.EncodeWithoutSpecials("<|startoftext|>hi<|endoftext|>"));
        Assert.Equal([49406, 1883, 49407], openClip.EncodeWithoutSpecials("<start_of_text>hi<END_OF_TEXT>"));
        Assert.Equal([283, 1572, 318, 539, 318, 4160, 285], Clip.EncodeWithoutSpecials("<start_of_text>"));
        Assert.DoesNotContain(49407, openClip.EncodeWithoutSpecials("<|endoftext|>"));
    }

    [Fact]
    public void Decoding_gives_words_with_a_blank_behind_each()
    {
        Assert.Equal("<|startoftext|>a photo of a cat <|endoftext|>", Clip.Decode(Clip.Encode("a photo of a cat").Ids.Span));
        Assert.Equal("caf\u00E9 \U0001F600 日本 ", Clip.Decode(Clip.Encode("Café \U0001F600日本").Ids.Span, skipSpecials: true));
        Assert.Equal("\uFFFD", Clip.Decode([157])); // the first of three bytes of a Korean syllable
        Assert.Throws<ArgumentOutOfRangeException>(() => Clip.Decode([49408]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Clip.Token(-1));
        Assert.Equal("cat</w>", Clip.Token(2368));
    }

    [Fact]
    public void Threads_may_share_a_tokenizer()
    {
        string[] texts = [.. TokenizerLine.Read(TestData.PathOf("tokenizer/random.jsonl")).Select(l => l.Text)];
        int[][] alone = [.. texts.Select(Clip.EncodeWithoutSpecials)];
        int[][] together = [.. texts.AsParallel().AsOrdered().Select(Clip.EncodeWithoutSpecials)];
        Assert.Equal(alone, together);
    }

    [Fact]
    public void No_text_is_an_error() => Assert.Throws<ArgumentNullException>(() => Clip.Encode(null!));
}

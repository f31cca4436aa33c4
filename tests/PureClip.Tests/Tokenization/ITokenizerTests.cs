using PureClip.Concepts;
using PureClip.Tokenization;

namespace PureClip.Tests.Tokenization;

/// <summary>What the library asks of a tokenizer is little enough for another family to give.</summary>
public sealed class ITokenizerTests
{
    private static readonly ITokenizer Clip = BpeTokenizer.CreateClip();
    private static readonly ITokenizer Words = new WordTokenizer("end", "pad", "cat", "ox", "birthday", "cake");

    [Fact]
    public void A_text_has_room_for_what_start_and_end_leave()
    {
        Assert.Equal((77, 49406, 75), (Clip.ContextLength, Clip.StartId, Clip.MaxTextTokens));
        Assert.Equal((4, null, 3), (Words.ContextLength, Words.StartId, Words.MaxTextTokens));
        string[] words = [.. Enumerable.Repeat("cat", Clip.MaxTextTokens)];
        Assert.Equal(0, Clip.Encode(string.Join(' ', words)).DroppedTokens);
        Assert.Throws<ArgumentException>(() => Clip.Encode(string.Join(' ', [.. words, "cat"])));
    }

    [Fact]
    public void Words_are_those_of_whichever_family()
    {
        Assert.Equal(["cat", "birthday", "cake"], VocabularyWords.Of(Words));
        Assert.Equal(VocabularyWords.Of(BpeTokenizer.CreateClip()), VocabularyWords.Of(Clip));
    }

    [Fact]
    public void A_result_can_be_made_by_another_family_and_is_checked()
    {
        TokenizedText cut = Words.Encode("birthday cake cat ox", Truncation.KeepEnd);
        Assert.Equal((4, 1, "ox"), (cut.Count, cut.DroppedTokens, cut.DroppedText));
        Assert.Equal("birthday cake cat", Words.Decode(cut.Ids.Span, skipSpecials: true));
        Assert.Throws<ArgumentException>(() => new TokenizedText("a", "a", new int[2], 3, new TokenSpan[3]));
        Assert.Throws<ArgumentException>(() => new TokenizedText("a", "a", new int[2], 2, new TokenSpan[1]));
        Assert.Throws<ArgumentNullException>(() => new TokenizedText("a", "a", new int[2], 2, null!));
    }

    /// <summary>A token a word, no start: id 0 ends a text, id 1 fills it.</summary>
    private sealed class WordTokenizer(params string[] words) : ITokenizer
    {
        public int ContextLength => 4;

        public int? StartId => null;

        public int EndId => 0;

        public int PadId => 1;

        public int VocabularySize => words.Length;

        public string Kind => "words";

        public TextCleaning Cleaning => TextCleaning.HuggingFace;

        public Truncation DefaultTruncation => Truncation.Error;

        public TokenizedText Encode(string text, Truncation? truncation = null, bool pad = false)
        {
            int[] ids = EncodeWithoutSpecials(text);
            int kept = Math.Min(ids.Length, ContextLength - 1);
            int end = string.Join(' ', ids.Take(kept).Select(Token)).Length, dropped = kept < ids.Length ? end + 1 : end;
            return new(text, text, (int[])[.. ids[..kept], EndId], kept + 1, new TokenSpan[kept + 1])
            {
                DroppedTokens = ids.Length - kept,
                DroppedSpan = new(dropped, text.Length, dropped, text.Length),
            };
        }

        public int Encode(string text, Span<int> ids, Truncation? truncation = null, bool pad = false) => throw new NotSupportedException();

        public int[] EncodeWithoutSpecials(string text) => [.. text.Split(' ').Select(word => Array.IndexOf(words, word))];

        public string Decode(ReadOnlySpan<int> ids, bool skipSpecials = false) =>
            string.Join(' ', ids.ToArray().Where(id => !skipSpecials || id > PadId).Select(Token));

        public string Token(int id) => words[id];

        public string? WordOrNull(int id) => id > PadId ? words[id] : null;
    }
}

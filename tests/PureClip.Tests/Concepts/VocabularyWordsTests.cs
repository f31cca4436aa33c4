using PureClip.Concepts;
using PureClip.Tokenization;

namespace PureClip.Tests.Concepts;

public sealed class VocabularyWordsTests
{
    [Fact]
    public void The_words_of_CLIP_are_those_a_person_would_name_things_with()
    {
        string[] words = VocabularyWords.Of(BpeTokenizer.CreateClip());

        Assert.InRange(words.Length, 30_000, 40_000);
        Assert.Superset(new HashSet<string> { "hat", "cap", "helmet", "photograph", "café" }, words.ToHashSet());
        Assert.DoesNotContain("xo", words);
        Assert.Equal(words.Length, words.Distinct().Count());
        Assert.All(words, word => Assert.True(word.All(char.IsLetter) || word.EnumerateRunes().All(System.Text.Rune.IsLetter), word));
    }

    [Fact]
    public void Frequent_words_come_first()
    {
        string[] words = VocabularyWords.Of(BpeTokenizer.CreateClip());
        Assert.True(Array.IndexOf(words, "cat") < Array.IndexOf(words, "helmet"));
        Assert.Equal("the", words[0]);
    }

    [Fact]
    public void Every_word_is_one_token()
    {
        BpeTokenizer tokenizer = BpeTokenizer.FromDirectory(TestData.Weights("pictogram-mini"));
        string[] words = VocabularyWords.Of(tokenizer);

        Assert.InRange(words.Length, 1000, 4096);
        Assert.All(words, word => Assert.Single(tokenizer.EncodeWithoutSpecials(word)));
    }
}

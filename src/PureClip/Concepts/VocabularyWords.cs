using System.Globalization;
using PureClip.Tokenization;

namespace PureClip.Concepts;

/// <summary>The words that a tokenizer knows whole: a list to name things with that every model brings along.</summary>
public static class VocabularyWords
{
    // Shorter ones are mostly abbreviations and syllables: "hat" is in, "xo" is out.
    private const int FewestLetters = 3;

    /// <summary>Whole words of the vocabulary in the order of their ids, frequent ones first: tokens that end a word and consist of three letters or more.</summary>
    /// <param name="tokenizer">A model's tokenizer. CLIP's own has about 35,000 such words.</param>
    public static string[] Of(ITokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        List<string> words = [];
        for (int id = 0; id < tokenizer.VocabularySize; id++)
            if (tokenizer.WordOrNull(id) is string word && IsWord(word))
                words.Add(word);
        return [.. words.Distinct(StringComparer.Ordinal)];
    }

    private static bool IsWord(string text) => text.EnumerateRunes().All(rune => System.Text.Rune.IsLetter(rune)) && new StringInfo(text).LengthInTextElements >= FewestLetters;
}

using PureClip.Tokenization;

namespace PureClip.Tests.Tokenization;

/// <summary>Guards against quadratic time alone: each text takes moments, quadratic code does not end.</summary>
public class SpeedTests
{
    private static readonly BpeTokenizer OpenAI = BpeTokenizer.CreateClip();
    private static readonly BpeTokenizer HuggingFace = BpeTokenizer.CreateClip(TokenizerOptions.HuggingFace);

    [Theory]
    [MemberData(nameof(SlowTexts.Units), MemberType = typeof(SlowTexts))]
    public void A_unit_repeated_does_not_hang(string unit) => AssertEnds(SlowTexts.Repeat(unit));

    [Theory]
    [MemberData(nameof(SlowTexts.Framed), MemberType = typeof(SlowTexts))]
    public void A_unit_repeated_behind_an_opening_does_not_hang(string opening, string unit) =>
        AssertEnds(opening + SlowTexts.Repeat(unit) + ";");

    [Fact]
    public void A_million_random_letters_without_a_space_do_not_hang() => AssertEnds(SlowTexts.RandomLetters());

    [Fact]
    public void A_million_random_ideographs_do_not_hang() => AssertEnds(SlowTexts.RandomIdeographs());

    [Fact]
    public void A_million_random_UTF16_units_do_not_hang() => AssertEnds(SlowTexts.RandomUnits());

    private static void AssertEnds(string text)
    {
        foreach (BpeTokenizer tokenizer in (BpeTokenizer[])[OpenAI, HuggingFace])
            Until.Ended(() => tokenizer.Encode(text, Truncation.KeepEnd));
    }
}

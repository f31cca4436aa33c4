using System.Diagnostics;
using PureClip.Tokenization;

namespace PureClip.Tests.Tokenization;

/// <summary>Guards against quadratic time alone: each text takes well under two seconds, quadratic code takes minutes.</summary>
public class SpeedTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private static readonly BpeTokenizer OpenAI = BpeTokenizer.CreateClip();
    private static readonly BpeTokenizer HuggingFace = BpeTokenizer.CreateClip(TokenizerOptions.HuggingFace);

    [Theory]
    [MemberData(nameof(SlowTexts.Units), MemberType = typeof(SlowTexts))]
    public void A_unit_repeated_takes_linear_time(string unit) => AssertFast(SlowTexts.Repeat(unit));

    [Theory]
    [MemberData(nameof(SlowTexts.Framed), MemberType = typeof(SlowTexts))]
    public void A_unit_repeated_behind_an_opening_takes_linear_time(string opening, string unit) =>
        AssertFast(opening + SlowTexts.Repeat(unit) + ";");

    [Fact]
    public void A_million_random_letters_without_a_space_take_linear_time() => AssertFast(SlowTexts.RandomLetters());

    [Fact]
    public void A_million_random_ideographs_take_linear_time() => AssertFast(SlowTexts.RandomIdeographs());

    [Fact]
    public void A_million_random_UTF16_units_take_linear_time() => AssertFast(SlowTexts.RandomUnits());

    private static void AssertFast(string text)
    {
        foreach (BpeTokenizer tokenizer in (BpeTokenizer[])[OpenAI, HuggingFace])
        {
            Stopwatch watch = Stopwatch.StartNew();
            tokenizer.Encode(text, Truncation.KeepEnd);
            Assert.True(watch.Elapsed < Limit, $"{tokenizer.Cleaning} took {watch.Elapsed.TotalSeconds:F1} s");
        }
    }
}

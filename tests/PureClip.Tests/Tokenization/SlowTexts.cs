namespace PureClip.Tests.Tokenization;

/// <summary>Long texts in shapes that make careless code quadratic.</summary>
internal static class SlowTexts
{
    private const int Length = 1 << 20; // of single words, the worst case
    private const int RepeatedLength = 1 << 18;

    public static TheoryData<string> Units { get; } =
    [
        "a", " ", " \t\n", "'", "&", "&amp;", "&semi", "&notit;", "&#1", "&aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "\u0301", "\u0301\u0323",
        "e\u0301", "\u001B[", "\u001B[31m", "1", "1;", "\u03A3", "\u03A3'", "\u1100\u1161\u11A8", "\n",
        "<\n&amp;", "\uFF06\uFF41\uFF4D\uFF50\uFF1B",
        "\U0001F600", "<|endoftext|>", "<|endoftext|", "!?.,", "\u4E00\u4E8C\u4E09", "a photo of a cat. ",
    ];

    public static TheoryData<string, string> Framed { get; } = new()
    {
        { "&", "amp;" }, { "&#xFF06;", "#xFF06;" }, { "&#", "1" }, { "&#x", "f" }, { "\u001B[", "1;" }, { "a\u03A3", "'" },
        { "e", "\u0301\u0323" },
    };

    public static string Repeat(string unit) => string.Concat(Enumerable.Repeat(unit, RepeatedLength / unit.Length));

    public static string RandomLetters() => new([.. Random(0, 26).Select(i => (char)('a' + i))]);

    public static string RandomIdeographs() => new([.. Random(1, 5000).Select(i => (char)(0x4E00 + i))]);

    public static string RandomUnits() => new([.. Random(2, 0x10000).Select(i => (char)i)]);

    private static IEnumerable<int> Random(int seed, int count)
    {
        Random random = new(seed);
        return Enumerable.Range(0, Length).Select(_ => random.Next(count));
    }
}

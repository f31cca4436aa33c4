namespace PureClip.Tokenization;

/// <summary>The part of code page 1252 that differs from Latin-1.</summary>
internal static class Windows1252
{
    // What bytes 0x80-0x9F stand for. The five that the code page leaves open stay the control characters they are.
    private const string High =
        "\u20AC\u0081\u201A\u0192\u201E\u2026\u2020\u2021\u02C6\u2030\u0160\u2039\u0152\u008D\u017D\u008F" +
        "\u0090\u2018\u2019\u201C\u201D\u2022\u2013\u2014\u02DC\u2122\u0161\u203A\u0153\u009D\u017E\u0178";

    /// <summary>The character that was meant by a C1 control (U+0080-U+009F).</summary>
    public static int FromC1(int control) => High[control - 0x80];
}

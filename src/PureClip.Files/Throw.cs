using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace PureClip.Files;

/// <summary>Exceptions that state what was found, what is allowed and what to do next.</summary>
internal static class Throw
{
    private const int LongestQuote = 120;

    /// <summary>A file breaks a rule of its format.</summary>
    [DoesNotReturn]
    public static void InvalidData(string path, string found, string allowed, string nextStep, Exception? inner = null) =>
        throw new InvalidDataException($"{path}: {found}. Allowed: {allowed}. {nextStep}", inner);

    /// <summary>Text out of a file, fit for one line of a message: quoted, control characters escaped, at most 120 characters.</summary>
    public static string Quote(string text)
    {
        StringBuilder quoted = new("\"");
        foreach (Rune rune in text.AsSpan(0, Math.Min(text.Length, LongestQuote)).EnumerateRunes())
            quoted.Append(Rune.IsControl(rune) ? $"\\u{rune.Value:x4}" : rune.ToString());
        return quoted.Append(text.Length > LongestQuote ? $"…\" ({text.Length} characters)" : "\"").ToString();
    }
}

using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace PureClip.Files;

/// <summary>What an error says: what was found, what is allowed, what to do next.</summary>
internal static class Problem
{
    private const int LongestQuote = 120, MostLines = 12;

    /// <summary>A file breaks a rule of its format.</summary>
    [DoesNotReturn]
    public static void InvalidData(string path, string found, string allowed, string nextStep, Exception? inner = null) =>
        throw new InvalidDataException($"{path}: {found}. Allowed: {allowed}. {nextStep}", inner);

    /// <summary>Data are not what their format allows; the message says all of it.</summary>
    [DoesNotReturn]
    public static void InvalidData(string message) => throw new InvalidDataException(message);

    /// <summary>The same from within an expression.</summary>
    [DoesNotReturn]
    public static T InvalidData<T>(string message) => throw new InvalidDataException(message);

    /// <summary>An option is within its range.</summary>
    /// <param name="holds">Whether it is.</param>
    /// <param name="name">Its name.</param>
    /// <param name="found">Its value.</param>
    /// <param name="allowed">The range, as the end of "it must be ...".</param>
    /// <exception cref="ArgumentException">It is not.</exception>
    public static void Require([DoesNotReturnIf(false)] bool holds, string name, object? found, string allowed)
    {
        if (!holds)
            throw new ArgumentException($"{name} is {found ?? "null"}; it must be {allowed}.");
    }

    /// <summary>
    /// What stands in the place of a file, told by its first bytes, and what to do; null where they tell nothing. Clones without Git LFS
    /// and downloads that went wrong leave such files under the right names.
    /// </summary>
    public static string? Stranger(ReadOnlySpan<byte> start)
    {
        if (start.StartsWith("version https://git-lfs"u8))
            return "this is a Git LFS pointer, not the file itself. Fetch it with 'git lfs pull', or download it from the model's page.";
        ReadOnlySpan<byte> text = start.StartsWith("\uFEFF"u8) ? start[3..] : start;
        text = text.TrimStart(" \t\r\n"u8);
        string first = Encoding.Latin1.GetString(text[..Math.Min(text.Length, 9)]).ToUpperInvariant();
        return first.StartsWith("<!DOCTYPE", StringComparison.Ordinal) || first.StartsWith("<HTML", StringComparison.Ordinal)
            ? "this is a web page, not the file itself. Its download went wrong: "
                + "download it again, signed in where the model asks for that."
            : null;
    }

    /// <summary>Text out of a file, fit for one line of a message: quoted, control characters escaped, at most 120 characters.</summary>
    public static string Quote(string text)
    {
        StringBuilder quoted = new("\"");
        foreach (Rune rune in text.AsSpan(0, Math.Min(text.Length, LongestQuote)).EnumerateRunes())
            quoted.Append(Rune.IsControl(rune) ? $"\\u{rune.Value:x4}" : rune.ToString());
        return quoted.Append(text.Length > LongestQuote ? $"…\" ({text.Length} characters)" : "\"").ToString();
    }

    /// <summary>What is wrong with many things at once: a heading, and a line for each of the first; nothing where nothing is.</summary>
    /// <param name="message">What is added to.</param>
    /// <param name="found">The things.</param>
    /// <param name="what">What they are, behind their number.</param>
    /// <param name="line">The line of one; called for those that are shown.</param>
    public static void AppendList<T>(StringBuilder message, IReadOnlyCollection<T> found, string what, Func<T, string> line)
    {
        if (found.Count == 0)
            return;
        message.Append($"\n  {found.Count} {what}:");
        foreach (T one in found.Take(MostLines))
            message.Append($"\n    {line(one)}");
        if (found.Count > MostLines)
            message.Append($"\n    and {found.Count - MostLines} more");
    }

    /// <summary>
    /// The name that differs least from another, for "did you mean": the first of those with the fewest letters to add, remove or replace;
    /// null where all differ in more than a quarter of its length.
    /// </summary>
    public static string? Nearest(string name, IEnumerable<string> names)
    {
        (string? nearest, int least) = (null, name.Length / 4 + 1);
        int[] row = new int[name.Length + 1];
        foreach (string other in names)
            if (Math.Abs(other.Length - name.Length) < least && Distance(name, other, row) is int distance && distance < least)
                (nearest, least) = (other, distance);
        return nearest;
    }

    /// <summary>Letters to add, remove or replace (Levenshtein 1966), a row of the table at a time.</summary>
    private static int Distance(string a, string b, int[] row)
    {
        for (int i = 0; i <= a.Length; i++)
            row[i] = i;
        for (int j = 1; j <= b.Length; j++)
        {
            (int diagonal, row[0]) = (row[0], j);
            for (int i = 1; i <= a.Length; i++)
            {
                int above = row[i];
                row[i] = Math.Min(Math.Min(above, row[i - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }
        return row[a.Length];
    }
}

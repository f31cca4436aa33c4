namespace PureClip.Cli.Output;

/// <summary>Text of any origin on one line: names of files and messages may hold line breaks and terminal commands.</summary>
internal static class OneLine
{
    private const int BeginningLength = 40;

    /// <summary>Enough of a text to recognise it by.</summary>
    public static string Beginning(string text)
    {
        if (text.Length <= BeginningLength)
            return text;
        int length = char.IsHighSurrogate(text[BeginningLength - 1]) ? BeginningLength - 1 : BeginningLength;
        return text[..length] + "…";
    }

    /// <summary>Lines joined by blanks, other control characters replaced.</summary>
    public static string Of(string text)
    {
        if (!text.Any(char.IsControl))
            return text;
        string joined = string.Join(' ', text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        return string.Create(joined.Length, joined, (span, source) =>
        {
            for (int i = 0; i < span.Length; i++)
                span[i] = char.IsControl(source[i]) ? '\uFFFD' : source[i];
        });
    }
}

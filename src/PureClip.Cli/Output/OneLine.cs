namespace PureClip.Cli.Output;

/// <summary>Text of any origin on one line: names of files and messages may hold line breaks and terminal commands.</summary>
internal static class OneLine
{
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

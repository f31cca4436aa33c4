using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace PureClip.Labels;

/// <summary>
/// Files of labels and of templates, in the forms in which they are published: one a line; a JSON array of strings; or a list of strings
/// out of a Python file or notebook, such as OpenAI's <c>imagenet_templates = ['a bad photo of a {}.', …]</c> and OpenCLIP's
/// <c>lambda c: f'a bad photo of a {c}.'</c>.
/// </summary>
public static partial class PromptFile
{
    // ImageNet-22k's labels are under 1 MB.
    private const long MostBytes = 16 << 20;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads labels.</summary>
    /// <exception cref="InvalidDataException">There is none, or the file is no text of these forms.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static string[] ReadLabels(string path) => [.. Read(path, "label").Select(entry => entry.Text)];

    /// <summary>Reads templates, each a sentence with <c>{}</c> where the label goes.</summary>
    /// <exception cref="InvalidDataException">
    /// There is none, one has not exactly one <c>{}</c>, or the file is no text of these forms.
    /// </exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static PromptTemplate[] ReadTemplates(string path) => [.. Read(path, "template").Select(entry => Template(path, entry))];

    private static PromptTemplate Template(string path, (int Line, string Text) entry)
    {
        try
        {
            return new(entry.Text);
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException(
                $"{path}, line {entry.Line}: \"{entry.Text}\" must have exactly one {{}}, where the label goes.", e);
        }
    }

    private static List<(int Line, string Text)> Read(string path, string what)
    {
        string text = Decode(path);
        List<(int Line, string Text)> entries = QuotedList().IsMatch(text) ? new QuotedListReader(text, path).Read() : Lines(text);
        entries.RemoveAll(entry => entry.Text.Length == 0);
        return entries.Count > 0
            ? entries
            : throw new InvalidDataException($"{path}: there is no {what} in it; give one a line, or a list of quoted strings.");
    }

    private static string Decode(string path)
    {
        long bytes = new FileInfo(path).Length;
        if (bytes > MostBytes)
            throw new InvalidDataException($"{path} has {bytes} bytes; a list of labels or templates has at most {MostBytes}. Is it the "
                + "right file?");
        try
        {
            return Strict.GetString(File.ReadAllBytes(path)).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidDataException($"{path} is no text in UTF-8. Is it the right file?", e);
        }
    }

    private static List<(int Line, string Text)> Lines(string text) =>
        [.. text.Split('\n').Select((line, index) => (index + 1, line.Trim()))];

    /// <summary>
    /// A bracket, after a name or not, with a string, a comment or its end behind it; or a line that is a quoted string and a comma.
    /// </summary>
    [GeneratedRegex("""^\s*(\w+\s*=\s*)?[\[(]\s*(f?['"]|lambda\b|\#|[\])])|^\s*(lambda\b.*|f?'[^\n]*'|f?"[^\n]*"),\s*(\n|$)""")]
    private static partial Regex QuotedList();
}

/// <summary>
/// A list of string literals as JSON and Python write them: <c>["a", "b"]</c>, <c>name = ['a', 'b',]</c>, <c>(lambda c: f'a {c}', …)</c>,
/// with comments or not. Nothing is run: a literal is read, everything but commas between literals is an error.
/// </summary>
/// <param name="text">The file.</param>
/// <param name="path">Its name, for messages.</param>
internal sealed partial class QuotedListReader(string text, string path)
{
    private int _at;

    // Counted as far as was asked: counting from the start for every entry would take hours in a long file.
    private int _line = 1, _counted;

    /// <summary>The strings with the lines on which they begin.</summary>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    public List<(int Line, string Text)> Read()
    {
        List<(int Line, string Text)> entries = [];
        Skip(Opening());
        while (!AtEnd())
        {
            int line = Line();
            entries.Add((line, Literal()));
            SkipBlanks();
            if (!AtEnd() && text[_at++] != ',')
                throw Unexpected("a comma between strings", _at - 1);
        }
        return entries;
    }

    private int Line()
    {
        int end = Math.Clamp(_at, _counted, text.Length);
        _line += text.AsSpan(_counted, end - _counted).Count('\n');
        _counted = end;
        return _line;
    }

    /// <summary>Whether the list is over: its bracket, or the file. What stands behind the bracket is another matter.</summary>
    private bool AtEnd()
    {
        SkipBlanks();
        return _at >= text.Length || text[_at] is ']' or ')';
    }

    private string Literal()
    {
        Match variable = Skip(Lambda());
        Match quote = Skip(Quote());
        if (!quote.Success)
            throw Unexpected("a quoted string", _at);
        char mark = quote.Value[^1];
        StringBuilder literal = new();
        while (_at < text.Length && text[_at] is not '\n' && text[_at] != mark)
            literal.Append(text[_at] == '\\' ? Escape() : text[_at++]);
        if (_at >= text.Length || text[_at] != mark)
            throw Unexpected($"a closing {mark}", _at);
        _at++;
        return variable.Success
            ? literal.ToString().Replace($"{{{variable.Groups[1].Value}}}", "{}", StringComparison.Ordinal)
            : literal.ToString();
    }

    private char Escape()
    {
        int start = _at++;
        char kind = _at < text.Length ? text[_at++] : '\0';
        switch (kind)
        {
            case '\\' or '\'' or '"' or '/': return kind;
            case 'n' or 'r' or 't' or 'b' or 'f': return ' '; // a prompt is one line
            case 'u' when TryHexadecimal(4, out char unit): return unit;
            case 'x' when TryHexadecimal(2, out char code): return code;
            default: throw Unexpected("an escape of JSON's or Python's", start);
        }
    }

    private bool TryHexadecimal(int digits, out char value)
    {
        bool found = ushort.TryParse(
            text.AsSpan(_at, Math.Min(digits, text.Length - _at)), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture,
            out ushort unit)
            && text.Length - _at >= digits;
        value = (char)unit;
        _at += digits;
        return found;
    }

    private void SkipBlanks() => Skip(Blanks());

    /// <summary>Goes behind what matches here.</summary>
    private Match Skip(Regex pattern)
    {
        Match match = pattern.Match(text, _at);
        _at += match.Length;
        return match;
    }

    private InvalidDataException Unexpected(string expected, int at)
    {
        _at = Math.Min(at, text.Length);
        string found = _at < text.Length ? $"'{(char.IsControl(text[_at]) ? "end of line" : text[_at])}'" : "the end of the file";
        return new($"{path}, line {Line()}: {found} stands where {expected} should be. Give one entry a line, a JSON array of strings, or "
            + "a Python list of strings.");
    }

    [GeneratedRegex(@"\G\s*(?:\w+\s*=\s*)?[\[(]")]
    private static partial Regex Opening();

    [GeneratedRegex(@"\Glambda\s+(\w+)\s*:\s*")]
    private static partial Regex Lambda();

    [GeneratedRegex(@"\Gf?['""]")]
    private static partial Regex Quote();

    [GeneratedRegex(@"\G(?:\s|\#[^\n]*)*")]
    private static partial Regex Blanks();
}

using System.Text;
using System.Text.RegularExpressions;

namespace PureClip.Labels;

/// <summary>
/// Files of labels and of templates, in the forms in which they are published: one a line; a JSON array of strings; or a list of strings out of a
/// Python file or notebook, such as OpenAI's <c>imagenet_templates = ['a bad photo of a {}.', …]</c> and OpenCLIP's
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
    /// <exception cref="InvalidDataException">There is none, one has not exactly one <c>{}</c>, or the file is no text of these forms.</exception>
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
            throw new InvalidDataException($"{path}, line {entry.Line}: \"{entry.Text}\" must have exactly one {{}}, where the label goes.", e);
        }
    }

    private static List<(int Line, string Text)> Read(string path, string what)
    {
        string text = Decode(path);
        List<(int Line, string Text)> entries = QuotedList().IsMatch(text) ? new QuotedListReader(text, path).Read() : Lines(text);
        entries.RemoveAll(entry => entry.Text.Length == 0);
        return entries.Count > 0 ? entries : throw new InvalidDataException($"{path}: there is no {what} in it; give one a line, or a list of quoted strings.");
    }

    private static string Decode(string path)
    {
        long bytes = new FileInfo(path).Length;
        if (bytes > MostBytes)
            throw new InvalidDataException($"{path} has {bytes} bytes; a list of labels or templates has at most {MostBytes}. Is it the right file?");
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

    /// <summary>A bracket, after a name or not, with a string, a comment or its end behind it; or a line that is a quoted string and a comma.</summary>
    [GeneratedRegex("""^\s*(\w+\s*=\s*)?[\[(]\s*(f?['"]|lambda\b|\#|[\])])|^\s*(lambda\b.*|f?'[^\n]*'|f?"[^\n]*"),\s*(\n|$)""")]
    private static partial Regex QuotedList();
}

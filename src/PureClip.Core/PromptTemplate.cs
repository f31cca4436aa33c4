namespace PureClip;

/// <summary>A sentence with a place for a label, such as "a photo of a {}".</summary>
public sealed class PromptTemplate
{
    private const string Place = "{}";

    /// <param name="text">A text with exactly one <c>{}</c>.</param>
    /// <exception cref="ArgumentException">It has none, or several.</exception>
    public PromptTemplate(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int at = text.IndexOf(Place, StringComparison.Ordinal);
        if (at < 0 || text.IndexOf(Place, at + Place.Length, StringComparison.Ordinal) >= 0)
            throw new ArgumentException(
                $"The template \"{text}\" must have exactly one {{}}, where the label goes: \"a photo of a {{}}\".", nameof(text));
        Text = text;
    }

    /// <summary>The label alone.</summary>
    public static PromptTemplate Bare { get; } = new(Place);

    /// <summary>The sentence with its place.</summary>
    public string Text { get; }

    /// <summary>The sentence with a label.</summary>
    public string Fill(string label)
    {
        ArgumentNullException.ThrowIfNull(label);
        return Text.Replace(Place, label, StringComparison.Ordinal);
    }

    /// <inheritdoc/>
    public override string ToString() => Text;
}

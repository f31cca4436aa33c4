using System.Text;

namespace PureClip.Tokenization;

/// <summary>The text of <c>merges.txt</c>: perhaps a "#version" line, then one merge a line in order of rank.</summary>
internal static class MergesFile
{
    /// <summary>The lines that are merges.</summary>
    public static List<ReadOnlyMemory<char>> Split(string text)
    {
        ReadOnlyMemory<char> rest = text.AsMemory().TrimEnd('\n').TrimEnd('\r');
        List<ReadOnlyMemory<char>> merges = new((rest.Length / 8) + 1); // CLIP's lines are 10 characters long on average
        bool first = true;
        while (!rest.IsEmpty)
        {
            int end = rest.Span.IndexOf('\n');
            ReadOnlyMemory<char> line = end < 0 ? rest : rest[..end];
            rest = end < 0 ? default : rest[(end + 1)..];
            if (!first || !line.Span.StartsWith("#version"))
                merges.Add(line.TrimEnd('\r'));
            first = false;
        }
        return merges;
    }

    /// <summary>CLIP's own merges as such lines, without a version.</summary>
    /// <param name="clip">CLIP's own vocabulary, for the strings.</param>
    public static string ClipText(BpeVocabulary clip)
    {
        ushort[] pairs = EmbeddedData.MergePairs();
        StringBuilder text = new(6 * pairs.Length);
        for (int i = 0; i < pairs.Length; i += 2)
            text.Append(clip.Token(pairs[i])).Append(' ').Append(clip.Token(pairs[i + 1])).Append('\n');
        return text.ToString();
    }
}

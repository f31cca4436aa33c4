using System.Text;

namespace PureClip.Checkpoints;

/// <summary>What an error says about many tensors at once: how many, and the first of them.</summary>
internal static class ProblemList
{
    private const int MostLines = 12;

    /// <summary>Adds a heading and a line for each, if there are any.</summary>
    public static void AppendTo(StringBuilder message, IReadOnlyCollection<string> found, string what)
    {
        if (found.Count == 0)
            return;
        message.Append($"\n  {found.Count} {what}:");
        foreach (string line in found.Take(MostLines))
            message.Append($"\n    {line}");
        if (found.Count > MostLines)
            message.Append($"\n    and {found.Count - MostLines} more");
    }
}

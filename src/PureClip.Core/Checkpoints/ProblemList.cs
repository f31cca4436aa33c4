using System.Text;

namespace PureClip.Checkpoints;

/// <summary>What an error says about many tensors at once: how many, and the first of them.</summary>
internal static class ProblemList
{
    private const int MostLines = 12;

    /// <summary>Adds a heading and a line for each, if there are any.</summary>
    /// <param name="message">What is added to.</param>
    /// <param name="found">The tensors.</param>
    /// <param name="what">What they are, behind their number.</param>
    /// <param name="line">The line of one; called for those that are shown.</param>
    public static void AppendTo<T>(StringBuilder message, IReadOnlyCollection<T> found, string what, Func<T, string> line)
    {
        if (found.Count == 0)
            return;
        message.Append($"\n  {found.Count} {what}:");
        foreach (T one in found.Take(MostLines))
            message.Append($"\n    {line(one)}");
        if (found.Count > MostLines)
            message.Append($"\n    and {found.Count - MostLines} more");
    }
}

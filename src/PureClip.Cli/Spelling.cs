namespace PureClip.Cli;

/// <summary>Words that were meant where others were typed.</summary>
internal static class Spelling
{
    /// <summary>The nearest of some words; null where none is near.</summary>
    public static string? Nearest(string typed, IEnumerable<string> words) => words
        .Where(word => IsNear(typed, word))
        .MinBy(word => (Distance(typed, word), word.Length));

    /// <summary>Whether somebody may have meant one word by the other: a third of its letters may be wrong, and one always.</summary>
    public static bool IsNear(string typed, string word) => Distance(typed, word) <= Math.Max(1, Math.Min(typed.Length, word.Length) / 3);

    /// <summary>
    /// How many letters have to be put in, taken out or replaced, or exchanged with their neighbours, in whatever case (the optimal string
    /// alignment distance of Damerau and Levenshtein).
    /// </summary>
    public static int Distance(string typed, string word)
    {
        (string a, string b) = (typed.ToLowerInvariant(), word.ToLowerInvariant());
        int[,] steps = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
            steps[i, 0] = i;
        for (int j = 0; j <= b.Length; j++)
            steps[0, j] = j;
        for (int i = 1; i <= a.Length; i++)
            for (int j = 1; j <= b.Length; j++)
            {
                int replaced = steps[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                steps[i, j] = Math.Min(replaced, Math.Min(steps[i - 1, j], steps[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    steps[i, j] = Math.Min(steps[i, j], steps[i - 2, j - 2] + 1);
            }
        return steps[a.Length, b.Length];
    }
}

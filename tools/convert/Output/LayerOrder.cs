namespace PureClip.Convert.Output;

/// <summary>The groups in which rounding errors are counted, and their order: blocks by number and not by letters.</summary>
internal sealed class LayerOrder : IComparer<string>
{
    public static LayerOrder Instance { get; } = new();

    /// <summary>"vision.blocks.3" for what is in that block, else the tower, or the name itself.</summary>
    public static string GroupOf(string canonical) => canonical.Split('.') switch
    {
        [var tower, "blocks", var number, ..] => $"{tower}.blocks.{number}",
        var parts => parts[0],
    };

    public int Compare(string? x, string? y)
    {
        (string xs, int xn) = Key(x!);
        (string ys, int yn) = Key(y!);
        int order = string.CompareOrdinal(xs, ys);
        return order != 0 ? order : xn.CompareTo(yn);
    }

    private static (string Name, int Number) Key(string group)
    {
        int dot = group.LastIndexOf('.');
        return dot >= 0 && int.TryParse(group.AsSpan(dot + 1), out int number) ? (group[..dot], number) : (group, -1);
    }
}

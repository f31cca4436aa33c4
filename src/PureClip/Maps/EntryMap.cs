using PureClip.Search;

namespace PureClip.Maps;

/// <summary>How entries are laid out on a plane.</summary>
public sealed record MapOptions
{
    /// <summary>
    /// How many neighbours an entry looks at, 2 to 1000, as the perplexity of their weights: fewer show small groups, more the whole. Less is
    /// taken where there are fewer than three times as many entries.
    /// </summary>
    public int Perplexity { get; init; } = 30;

    /// <summary>Steps, 1 or more; the first third gathers neighbours.</summary>
    public int Steps { get; init; } = 750;

    /// <summary>The same seed and entries give the same map, whatever number of threads computes.</summary>
    public int Seed { get; init; }

    /// <summary>Only entries for which this is true, asked with their place in the index; null for all.</summary>
    public Func<int, bool>? Filter { get; init; }

    /// <summary>Told how many steps are done.</summary>
    public IProgress<int>? Progress { get; init; }

    internal void Validate()
    {
        if (Perplexity is < 2 or > 1000)
            throw new ArgumentException($"Perplexity is {Perplexity}; it must be from 2 to 1000.", nameof(Perplexity));
        if (Steps < 1)
            throw new ArgumentException($"Steps is {Steps}; ask for 1 or more.", nameof(Steps));
    }
}

/// <summary>An entry on a map.</summary>
/// <param name="Entry">Its place in the index.</param>
/// <param name="Key">What it is found by.</param>
/// <param name="X">To the right, -1 to 1.</param>
/// <param name="Y">Down, -1 to 1.</param>
public readonly record struct MapPoint(int Entry, string Key, float X, float Y);

/// <summary>Entries on a plane, so that those whose vectors are near lie near one another.</summary>
/// <param name="Points">The entries, in their order. Their centre is 0, and the farthest coordinate is 1 or -1.</param>
/// <param name="Trustworthiness">
/// How far neighbours on the map are neighbours in truth, 0 to 1 (<see cref="Trust"/>): 1 where none has come that does not belong there,
/// about 0.5 where all lie by chance.
/// </param>
/// <param name="Neighbours">How many neighbours of each entry were looked at for that; 0 where there are too few entries to say.</param>
public sealed record EntryMap(IReadOnlyList<MapPoint> Points, double Trustworthiness, int Neighbours)
{
    // Beyond so many a sample of them says it as well: the standard error is below one percent.
    private const int MostMeasured = 1000;

    /// <summary>The map of an index.</summary>
    internal static EntryMap Of(IndexSnapshot index, MapOptions options, CancellationToken cancellationToken)
    {
        options.Validate();
        int[] entries = index.EntriesOf(options.Filter), rows = index.RowsOf(entries);
        Plane plane = new Layout(index.Vectors, rows, options, cancellationToken).Run();
        (double trust, int neighbours) = Trust.Of(index.Vectors, rows, plane, MostMeasured, cancellationToken);
        return new([.. entries.Select(PointOf)], trust, neighbours);

        MapPoint PointOf(int entry, int i) => new(entry, index.KeyOf(entry), (float)plane.X[i], (float)plane.Y[i]);
    }
}

/// <summary>Points on a plane.</summary>
/// <param name="X">To the right.</param>
/// <param name="Y">Down.</param>
internal sealed record Plane(double[] X, double[] Y)
{
    /// <summary>How many.</summary>
    public int Count => X.Length;

    /// <summary>Turned so that it is widest from left to right, then moved and scaled to the middle and to -1 to 1.</summary>
    public Plane Framed()
    {
        double xx = 0, xy = 0, yy = 0, meanX = X.DefaultIfEmpty().Average(), meanY = Y.DefaultIfEmpty().Average();
        for (int i = 0; i < Count; i++)
        {
            (double x, double y) = (X[i] - meanX, Y[i] - meanY);
            (xx, xy, yy) = (xx + x * x, xy + x * y, yy + y * y);
        }
        (double sin, double cos) = Math.SinCos(0.5 * Math.Atan2(2 * xy, xx - yy)); // the angle of the principal axis
        Plane turned = new(new double[Count], new double[Count]);
        for (int i = 0; i < Count; i++)
            (turned.X[i], turned.Y[i]) = (cos * X[i] + sin * Y[i], cos * Y[i] - sin * X[i]);
        (double middleX, double halfX) = Extent(turned.X);
        (double middleY, double halfY) = Extent(turned.Y);
        double scale = Math.Max(halfX, halfY) is > 0 and double half ? 1 / half : 0;
        for (int i = 0; i < Count; i++)
            (turned.X[i], turned.Y[i]) = ((turned.X[i] - middleX) * scale, (turned.Y[i] - middleY) * scale);
        return turned;
    }

    private static (double Middle, double Half) Extent(double[] values)
    {
        if (values.Length == 0)
            return (0, 0);
        (double least, double most) = (values.Min(), values.Max());
        return (least + (most - least) / 2, (most - least) / 2);
    }
}

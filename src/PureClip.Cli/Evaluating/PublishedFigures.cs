using System.Globalization;
using PureClip.Convert;

namespace PureClip.Cli.Evaluating;

/// <summary>What others measured of published models on sets that everybody has, to stand beside one's own figure.</summary>
internal static class PublishedFigures
{
    private const string Resource = "Evaluating/published.csv", ImageNet = "imagenet1k", Top1 = "acc1";
    private const int Fields = 5;

    private static readonly Lazy<Figure[]> Table = new(Read);

    /// <summary>The sets of which there are figures, by CLIP_benchmark's names.</summary>
    public static IEnumerable<string> DataSets => Table.Value.Select(figure => figure.DataSet).Append(ImageNet).Distinct().Order();

    /// <summary>A figure, 0 to 1; null where none is known.</summary>
    /// <param name="dataSet">The set.</param>
    /// <param name="metric">By CLIP_benchmark's name.</param>
    /// <param name="model">A model's name in the table of models.</param>
    public static (double Value, string Source)? Find(string dataSet, string metric, string model)
    {
        if (PublishedModels.Find(model) is not PublishedModel known)
            return null;
        if (dataSet == ImageNet && metric == Top1)
            return known.ImageNetTop1 is double percent ? (percent / 100, known.Top1Source ?? "") : null;
        Figure? found = Array.Find(
            Table.Value, figure => figure.DataSet == dataSet && figure.Metric == metric && known.Names.Contains(figure.Model));
        return found is null ? null : (found.Value, found.Source);
    }

    private static Figure[] Read()
    {
        using StreamReader table = new(typeof(PublishedFigures).Assembly.GetManifestResourceStream(Resource)!);
        table.ReadLine();
        List<Figure> figures = [];
        while (table.ReadLine()?.Split(',', Fields) is [string set, string metric, string model, string value, string source])
            figures.Add(new(set, metric, model, double.Parse(value, CultureInfo.InvariantCulture), source.Trim('"')));
        return [.. figures];
    }

    private sealed record Figure(string DataSet, string Metric, string Model, double Value, string Source);
}

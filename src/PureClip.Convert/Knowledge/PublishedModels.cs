using System.Globalization;

namespace PureClip.Convert;

/// <summary>
/// The models that people know, as data: what they are, where they lie, how large they are, what was published of them. Nothing is asked
/// of a network; where bytes or sums are not known here, the place itself says them.
/// </summary>
public static class PublishedModels
{
    private const string Resource = "Knowledge/models.csv";

    private static readonly Lazy<IReadOnlyList<PublishedModel>> Table = new(Read);

    /// <summary>All of them: families together, the small ones of a family first.</summary>
    public static IReadOnlyList<PublishedModel> All => Table.Value;

    /// <summary>A model by its name, another name of it (<c>ViT-B/32</c>) or its repository, in whatever case; null where it is none.</summary>
    public static PublishedModel? Find(string name) =>
        All.FirstOrDefault(model => model.Names.Contains(name, StringComparer.OrdinalIgnoreCase));

    /// <summary>The model whose weight file has this sum; null where none has, or its sum is not known here.</summary>
    /// <param name="sha256">In hexadecimal.</param>
    public static PublishedModel? FindWeights(string sha256) =>
        All.FirstOrDefault(model => model.Sha256?.Equals(sha256, StringComparison.OrdinalIgnoreCase) is true);

    /// <summary>
    /// Why this version does not read a model with these configurations, as the library says it; null where it does. So it is known before
    /// weights are fetched.
    /// </summary>
    /// <param name="configurations">Content by name, '/' between folders: <c>config.json</c>, <c>open_clip_config.json</c> …</param>
    public static string? Refusal(IReadOnlyDictionary<string, ReadOnlyMemory<byte>> configurations)
    {
        ArgumentNullException.ThrowIfNull(configurations);
        return KnownLayouts.Refusal(configurations);
    }

    private static IReadOnlyList<PublishedModel> Read()
    {
        using StreamReader table = new(typeof(PublishedModels).Assembly.GetManifestResourceStream(Resource)!);
        string[] columns = Fields(table.ReadLine()!);
        List<PublishedModel> models = [];
        while (table.ReadLine() is string line)
            models.Add(Of(columns.Zip(Fields(line)).ToDictionary(static pair => pair.First, static pair => pair.Second)));
        return models;
    }

    private static PublishedModel Of(Dictionary<string, string> row)
    {
        string? Text(string column) => row[column] is { Length: > 0 } text ? text : null;
        string[] Words(string column) => row[column].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        double? Number(string column) =>
            Text(column) is string text ? double.Parse(text.TrimStart('~'), CultureInfo.InvariantCulture) : null;
        return new()
        {
            Name = row["name"],
            Aliases = Words("aliases"),
            Family = row["family"],
            Layout = row["layout"],
            Repository = row["repository"],
            Commit = Text("commit"),
            Files = Words("files"),
            Weights = row["weights"],
            Bytes = (long?)Number("bytes"),
            IsSizeExact = Text("bytes") is not (null or ['~', ..]),
            Sha256 = Text("sha256"),
            Parameters = Number("parameters_millions") * 1e6,
            PictureSize = (int?)Number("picture"),
            ContextLength = (int)Number("context")!,
            EmbeddingWidth = (int)Number("width")!,
            Languages = row["languages"],
            Licence = row["licence"],
            ImageNetTop1 = Number("imagenet_top1"),
            Top1Source = Text("top1_source"),
        };
    }

    /// <summary>The fields of a line (RFC 4180): one in quotes may hold commas.</summary>
    private static string[] Fields(string line)
    {
        List<string> fields = [""];
        bool isQuoted = false;
        foreach (char c in line)
            if (c == '"')
                isQuoted = !isQuoted;
            else if (c == ',' && !isQuoted)
                fields.Add("");
            else
                fields[^1] += c;
        return [.. fields];
    }
}

/// <summary>A published model.</summary>
public sealed class PublishedModel
{
    internal PublishedModel()
    {
    }

    /// <summary>Its name here, such as <c>openai-b32</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What others call it.</summary>
    public required IReadOnlyList<string> Aliases { get; init; }

    /// <summary>Its family, such as "CLIP ViT".</summary>
    public required string Family { get; init; }

    /// <summary>Its repository, OWNER/NAME.</summary>
    public required string Repository { get; init; }

    /// <summary>The revision that the facts were taken from, 40 hexadecimal digits; null where none was noted.</summary>
    public required string? Commit { get; init; }

    /// <summary>The small files that belong to it, so far as they are known.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>Its weight files, in words where it is not certain which there are.</summary>
    public required string Weights { get; init; }

    /// <summary>Bytes of the weights; null where they are not known.</summary>
    public required long? Bytes { get; init; }

    /// <summary>Whether <see cref="Bytes"/> was read and not computed from shapes.</summary>
    public required bool IsSizeExact { get; init; }

    /// <summary>SHA-256 of its weight file, where one file holds all; null where it is not known.</summary>
    public required string? Sha256 { get; init; }

    /// <summary>Numbers of its weights; null where they are not known.</summary>
    public required double? Parameters { get; init; }

    /// <summary>Pixels of a picture's edge; null for a text tower alone.</summary>
    public required int? PictureSize { get; init; }

    /// <summary>Tokens of the longest text.</summary>
    public required int ContextLength { get; init; }

    /// <summary>Numbers of an embedding.</summary>
    public required int EmbeddingWidth { get; init; }

    /// <summary>Languages of its texts: codes, or how many.</summary>
    public required string Languages { get; init; }

    /// <summary>Licence of the weights, as their publisher states it.</summary>
    public required string Licence { get; init; }

    /// <summary>Published zero-shot accuracy on ImageNet, in percent; null where there is none with a source.</summary>
    public required double? ImageNetTop1 { get; init; }

    /// <summary>Who published <see cref="ImageNetTop1"/>.</summary>
    public required string? Top1Source { get; init; }

    /// <summary>Whether its weights are only in files that have to be converted.</summary>
    public bool IsConverted => !Weights.Contains("safetensors", StringComparison.Ordinal);

    /// <summary>Why this version does not read models of its kind, as the library says it; null where it does.</summary>
    public string? Refusal => KnownLayouts.Refusal(Layout);

    /// <summary>Name, other names, repository.</summary>
    public IEnumerable<string> Names => [Name, .. Aliases, Repository];

    /// <summary>The key of its kind in <see cref="KnownLayouts"/>.</summary>
    internal string Layout { get; init; } = "";
}

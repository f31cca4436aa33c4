using PureClip.Labels;
using PureClip.Search;
using PureClip.Server.Hosting;
using PureClip.Server.Inputs;
using PureClip.Server.Load;
using PureClip.Server.Models;

namespace PureClip.Server.Search;

/// <summary><c>POST /v1/classify</c>: which labels pictures have, without training.</summary>
internal sealed class Classification(ServedModels models, Embedder embedder, ServedIndexes indexes, ServerOptions options)
{
    // Some 25 MB of vectors with large models.
    private const int MostLabelsKept = 8192;

    // Labels are asked for again and again. Kept by a digest of them, which is short however long they are; the first made go first.
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Classifier> _kept = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();
    private int _labelsKept;

    public static void Map(IEndpointRouteBuilder app) => app.MapPost("/v1/classify", ClassifyAsync).WithName("classify")
        .WithTags("Search").WithMetadata(ErrorShape.OpenAI).WithSummary("Which labels pictures have")
        .WithDescription(
            "'image' or 'images' are data URIs or base64, or 'hit' is a picture of 'index'; 'templates' are sentences with {}.")
        .Accepts<ClassifyRequest>("application/json").Produces<ClassifyAnswer>();

    private static async Task<IResult> ClassifyAsync(HttpContext http, Classification classification)
    {
        ClassifyRequest request = await RequestBody.ReadJsonAsync(http, ServerJson.Wire.ClassifyRequest).ConfigureAwait(false);
        return TypedResults.Json(
            await classification.RunAsync(request, http.RequestAborted).ConfigureAwait(false), ServerJson.Wire.ClassifyAnswer);
    }

    private async Task<ClassifyAnswer> RunAsync(ClassifyRequest request, CancellationToken cancellation)
    {
        string[] labels = request.Labels ?? throw RequestException.Bad("'labels' is missing: a list of texts.", "labels");
        string[] templates = request.Template is string one ? [one, .. request.Templates ?? []] : request.Templates ?? [];
        embedder.RequireCount(labels.Length, "labels");
        if ((long)labels.Length * Math.Max(1, templates.Length) > options.MaxInputs)
            throw RequestException.Bad(
                $"{labels.Length} labels in {templates.Length} templates are more than the {options.MaxInputs} texts of a request.",
                "labels");
        ServedIndex? index = request.Hit is null ? null : indexes.Find(request.Index);
        ServedModel model = index?.Model ?? models.Find(request.Model);
        _ = model.Tokenizer;
        float[][] pictures = index is not null
            ? [index.VectorOf(request.Hit!)]
            : (await embedder.EmbedAsync(model, PicturesOf(request), Truncation.Error, cancellation, "images").ConfigureAwait(false))
                .Vectors;
        Classifier classifier = await ClassifierAsync(model, labels, templates, cancellation).ConfigureAwait(false);
        return new(model.Name, classifier.IsSigmoid ? "each" : "one",
            [.. pictures.Select((picture, i) => new ClassifiedPicture(i,
                [.. classifier.Rank(picture).Select(score => new LabelProbability(score.Name, score.Probability))]))]);
    }

    private static List<Input> PicturesOf(ClassifyRequest request)
    {
        List<Input> pictures = request.Image ?? [];
        pictures.AddRange(request.Images ?? []);
        return pictures.TrueForAll(input => input.IsPicture)
            ? pictures
            : throw RequestException.Bad("'image' must be a picture: 'data:image/jpeg;base64,…'.", "image");
    }

    private static string KeyOf(ServedModel model, string[] labels, string[] templates)
    {
        string all = string.Join('\0', (string[])[model.Clip.Fingerprint, $"{labels.Length}", .. labels, .. templates]);
        return $"{ContentHash.Of(System.Text.Encoding.UTF8.GetBytes(all)):x32}";
    }

    private async Task<Classifier> ClassifierAsync(ServedModel model, string[] labels, string[] templates, CancellationToken cancellation)
    {
        string key = KeyOf(model, labels, templates);
        lock (_lock)
            if (_kept.TryGetValue(key, out Classifier? known))
                return known;
        using IDisposable places = embedder.Take(labels.Length * Math.Max(1, templates.Length));
        Classifier made;
        try
        {
            PromptTemplate[] prompts = [.. templates.Select(template => new PromptTemplate(template))];
            made = await Task.Run(() => ZeroShotClassifier.Create(model.Clip, labels, prompts, null, cancellation), cancellation)
                .ConfigureAwait(false);
        }
        catch (ArgumentException e)
        {
            throw RequestException.Bad(e.Message, "labels"); // an empty label, one too long, a template without {}
        }
        lock (_lock)
            if (_kept.TryAdd(key, made))
            {
                _order.Enqueue(key);
                for (_labelsKept += made.Labels.Count; _labelsKept > MostLabelsKept && _order.TryDequeue(out string? first);)
                    if (_kept.Remove(first, out Classifier? old))
                        _labelsKept -= old.Labels.Count;
            }
        return made;
    }
}

/// <summary>Body of <c>POST /v1/classify</c>.</summary>
internal sealed record ClassifyRequest
{
    public string? Model { get; init; }

    [System.Text.Json.Serialization.JsonConverter(typeof(PictureListConverter))]
    public List<Input>? Image { get; init; }

    [System.Text.Json.Serialization.JsonConverter(typeof(PictureListConverter))]
    public List<Input>? Images { get; init; }

    public string? Index { get; init; }

    public string? Hit { get; init; }

    public string[]? Labels { get; init; }

    public string? Template { get; init; }

    public string[]? Templates { get; init; }
}

/// <param name="Model">The model.</param>
/// <param name="Among">"one" where probabilities sum to 1, "each" where every label has its own.</param>
/// <param name="Data">The pictures, in their order.</param>
internal sealed record ClassifyAnswer(string Model, string Among, ClassifiedPicture[] Data);

internal sealed record ClassifiedPicture(int Index, LabelProbability[] Labels);

internal sealed record LabelProbability(string Label, float Probability);

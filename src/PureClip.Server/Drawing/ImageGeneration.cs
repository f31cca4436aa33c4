using System.Globalization;
using System.Text.Json.Serialization;
using PureClip.Generation;
using PureClip.Server.Hosting;
using PureClip.Server.Load;
using PureClip.Server.Models;
using PureClip.Server.Search;

namespace PureClip.Server.Drawing;

/// <summary>OpenAI's image generation, and beside a prompt sums of texts, pictures, hits and concepts, as searches have them.</summary>
/// <remarks>platform.openai.com/docs/api-reference/images/create; seed, steps, guidance, best_of and the styles are our own.</remarks>
internal static class ImageGeneration
{
    private const int MostPictures = 10, MostSteps = 100, MostBestOf = 8, MostTimes = 16;

    public static void Map(IEndpointRouteBuilder app)
    {
        RouteGroupBuilder group = app.MapGroup("/v1").WithTags("Drawing").WithMetadata(ErrorShape.OpenAI);
        group.MapPost("/images/generations", GenerateAsync).WithName("images").WithSummary("Small pictures of texts")
            .WithDescription(
                "'prompt' is a text, or 'query' a list of {text|image|hit|concept, weight}; 'seed', 'steps', 'guidance', 'best_of' and "
                + "'style' say how. Pictures are PNG in base64.")
            .Accepts<ImageRequest>("application/json").Produces<ImageAnswer>()
            .Produces<OpenAIFailure>(400).Produces<OpenAIFailure>(404).Produces<OpenAIFailure>(429);
        group.MapGet("/generators", ListGenerators).WithName("generators").WithSummary("What draws").Produces<GeneratorList>();
    }

    private static async Task<IResult> GenerateAsync(
        HttpContext http, ServedGenerators generators, Drawings drawings, SearchQuery query, ServedIndexes indexes)
    {
        ImageRequest request = await RequestBody.ReadJsonAsync(http, ServerJson.Wire.ImageRequest).ConfigureAwait(false);
        ServedGenerator generator = generators.Find(request.Model);
        RequireForm(request);
        DrawingOptions options = OptionsOf(request, generator);
        int side = generator.Pictures.Side, times = TimesOf(request.Size, side);
        DrawingPrompt prompt = await PromptAsync(request, generator.Model, query, indexes, http.RequestAborted).ConfigureAwait(false);
        bool isOpaque = request.Background == "opaque";
        (DrawnPicture Picture, byte[] File)[] drawn = await drawings
            .DrawAsync(generator, prompt, options, times, picture => PngOf(picture, isOpaque), http.RequestAborted).ConfigureAwait(false);
        return TypedResults.Json(
            new ImageAnswer(DateTimeOffset.UtcNow.ToUnixTimeSeconds(),
                [.. drawn.Select(one => new GeneratedImage(one.File, (long)one.Picture.Seed, one.Picture.Score))],
                isOpaque ? "opaque" : "transparent", "png", $"{side * times}x{side * times}", generator.Name),
            ServerJson.Wire.ImageAnswer);
    }

    private static IResult ListGenerators(HttpContext http, ServedGenerators generators) => TypedResults.Json(
        new GeneratorList("list",
        [
            .. generators.All.Select(one =>
                new GeneratorDescription(one.Name, one.Model.Name, one.Pictures.Side, [.. one.Pictures.Styles])),
        ]),
        ServerJson.Wire.GeneratorList);

    /// <summary>Refuses forms of an answer that are not given, so that no client waits for them.</summary>
    private static void RequireForm(ImageRequest request)
    {
        if (request.ResponseFormat is not (null or "b64_json"))
            throw RequestException.Bad(
                "'response_format' must be \"b64_json\": this server keeps no pictures to which an address could lead.", "response_format");
        if (request.OutputFormat is not (null or "png"))
            throw RequestException.Bad("'output_format' must be \"png\".", "output_format");
        if (request.Background is not (null or "auto" or "transparent" or "opaque"))
            throw RequestException.Bad("'background' must be \"transparent\", \"opaque\" or \"auto\".", "background");
        if (request.Stream is true)
            throw RequestException.Bad("'stream' is true, and pictures come all at once here. Leave it out.", "stream");
    }

    private static DrawingOptions OptionsOf(ImageRequest request, ServedGenerator generator)
    {
        static T Within<T>(T? given, T usual, T least, T most, string name)
            where T : struct, IComparable<T> =>
            given is not T value ? usual
            : value.CompareTo(least) >= 0 && value.CompareTo(most) <= 0 ? value
            : throw RequestException.Bad(string.Create(CultureInfo.InvariantCulture, $"'{name}' must be from {least} to {most}."), name);
        IReadOnlyList<string> styles = generator.Pictures.Styles;
        if (request.Style is { Length: > 0 } style && !styles.Contains(style, StringComparer.OrdinalIgnoreCase))
            throw RequestException.Bad(
                styles.Count == 0 ? "'style' must be left out: this network knows no styles."
                    : $"'style' must be one of {string.Join(", ", styles)}, or left out.", "style");
        DrawingOptions usual = new();
        return new()
        {
            Count = Within(request.N, 1, 1, MostPictures, "n"),
            Seed = (ulong)Within(request.Seed, (long)usual.Seed, 0, long.MaxValue, "seed"),
            Steps = Within(request.Steps, usual.Steps, 1, MostSteps, "steps"),
            Guidance = Within(request.Guidance, usual.Guidance, 0, 20, "guidance"),
            BestOf = Within(request.BestOf, usual.BestOf, 1, MostBestOf, "best_of"),
            Style = request.Style is { Length: > 0 } ? request.Style : null,
        };
    }

    /// <summary>"256x256" in sides of the network's own pictures.</summary>
    private static int TimesOf(string? size, int side)
    {
        if (size is null or "auto")
            return 1;
        string[] parts = size.Split('x');
        bool isSquare = parts.Length == 2 && parts[0] == parts[1];
        int width = 0, most = MostTimes * side;
        return isSquare && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out width)
            && width % side == 0 && width >= side && width <= most
            ? width / side
            : throw RequestException.Bad(
                $"'size' must be a square of whole times the network's own {side}x{side}, up to {most}x{most}, or \"auto\".", "size");
    }

    private static async Task<DrawingPrompt> PromptAsync(
        ImageRequest request, ServedModel model, SearchQuery query, ServedIndexes indexes, CancellationToken cancellation)
    {
        if ((request.Prompt is null) == (request.Query is null))
            throw RequestException.Bad("There must be one of 'prompt', a text, and 'query', a list of terms.", "prompt");
        if (request.Prompt is string prompt)
            return OfText(prompt, "prompt", model);
        if (request.Query is [{ Text: string alone, Image: null, Hit: null, Concept: null, Weight: null or > 0 }])
            return OfText(alone, "query", model);
        ServedIndex? index = request.Query!.Exists(static term => term.Hit is not null) ? indexes.Find(request.Index) : null;
        if (index is not null && index.Model.Clip != model.Clip)
            throw RequestException.Bad(
                $"The index {index.Name} was made with another model than the one that draws, {model.Name}.", "index");
        float[] vector = await query.EncodeAsync(model, index, request.Query, cancellation).ConfigureAwait(false);
        float ofPictures = request.Query.Sum(static term => term.Image is null && term.Hit is null ? 0 : term.Weight ?? 1);
        return DrawingPrompt.FromVector(vector, ofPictures > 0, "query");
    }

    private static DrawingPrompt OfText(string text, string place, ServedModel model)
    {
        if (string.IsNullOrWhiteSpace(text))
            throw RequestException.Bad($"'{place}' is an empty text.", place);
        _ = Embedder.Tokenise(model.Tokenizer, text, Truncation.Error, place); // said before it waits for its turn
        return DrawingPrompt.FromText(text);
    }

    private static byte[] PngOf(DrawnPicture picture, bool isOpaque)
    {
        if (!isOpaque)
            return picture.ToPng();
        using MemoryStream png = new();
        picture.OnWhite().WritePng(png);
        return png.ToArray();
    }
}

/// <summary>Body of <c>POST /v1/images/generations</c>.</summary>
internal sealed record ImageRequest
{
    public string? Prompt { get; init; }

    [JsonConverter(typeof(TermListConverter))]
    public List<SearchTerm>? Query { get; init; }

    public string? Index { get; init; }

    public string? Model { get; init; }

    public int? N { get; init; }

    public string? Size { get; init; }

    public string? Style { get; init; }

    public string? Background { get; init; }

    public string? ResponseFormat { get; init; }

    public string? OutputFormat { get; init; }

    public bool? Stream { get; init; }

    /// <summary>Also as a string: seeds are longer than the numbers of JavaScript.</summary>
    [JsonNumberHandling(JsonNumberHandling.AllowReadingFromString)]
    public long? Seed { get; init; }

    public int? Steps { get; init; }

    public double? Guidance { get; init; }

    public int? BestOf { get; init; }
}

/// <param name="Created">Seconds since 1970.</param>
/// <param name="Data">The pictures.</param>
/// <param name="Background">"transparent" or "opaque".</param>
/// <param name="OutputFormat">"png".</param>
/// <param name="Size">"256x256".</param>
/// <param name="Model">Who drew.</param>
internal sealed record ImageAnswer(long Created, GeneratedImage[] Data, string Background, string OutputFormat, string Size, string Model);

/// <param name="B64Json">The PNG file.</param>
/// <param name="Seed">Gives this very picture again, by itself.</param>
/// <param name="Score">Cosine of picture and prompt.</param>
internal sealed record GeneratedImage(
    [property: JsonPropertyName("b64_json")] byte[] B64Json,
    [property: JsonNumberHandling(JsonNumberHandling.WriteAsString)] long Seed,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] float? Score);

internal sealed record GeneratorList(string Object, GeneratorDescription[] Data);

internal sealed record GeneratorDescription(string Name, string Model, int Side, string[] Styles);

using System.Text.Json.Serialization;
using PureClip.Imaging;
using PureClip.Server.Hosting;
using PureClip.Server.Inputs;
using PureClip.Server.Load;
using PureClip.Server.Models;

namespace PureClip.Server.Search;

/// <summary><c>POST /v1/explain</c>: where in a picture texts are.</summary>
internal sealed class Explanation(ServedModels models, Embedder embedder, ServedIndexes indexes) : IDisposable
{
    /// <summary>Most texts of a request: more maps than that nobody looks at.</summary>
    public const int MostTexts = 8;

    // Pictures that occlusion encodes at once.
    private const int CoveredAtOnce = 32;

    private static readonly Dictionary<string, HeatMapMethod> Methods = new(StringComparer.Ordinal)
    {
        ["decomposition"] = HeatMapMethod.Decomposition,
        ["value-path"] = HeatMapMethod.ValuePath,
        ["surgery"] = HeatMapMethod.Surgery,
        ["occlusion"] = HeatMapMethod.Occlusion,
    };

    // A decoded picture is large, and the encoder's threads have their own.
    private readonly SemaphoreSlim _turns = new(Math.Max(1, Environment.ProcessorCount / 2));

    public static void Map(IEndpointRouteBuilder app) => app.MapPost("/v1/explain", ExplainAsync).WithName("explain")
        .WithTags("Search").WithMetadata(ErrorShape.OpenAI).WithSummary("Where in a picture texts are")
        .WithDescription("JSON: 'image' is a data URI or base64, or 'hit' is a picture of 'index'; 'texts' are 1 to 8; 'method' is "
            + $"{string.Join(", ", Methods.Keys)}. multipart/form-data: file image, fields texts, method, model, hit, index.")
        .Accepts<ExplainRequest>("application/json", "multipart/form-data").Produces<ExplainAnswer>().DisableAntiforgery();

    /// <inheritdoc/>
    public void Dispose() => _turns.Dispose();

    private static async Task<IResult> ExplainAsync(HttpContext http, Explanation explanation)
    {
        ExplainRequest request = http.Request.ContentType?.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase) == true
            ? RequestOf(await MultipartForm.ReadAsync(http).ConfigureAwait(false))
            : await RequestBody.ReadJsonAsync(http, ServerJson.Wire.ExplainRequest).ConfigureAwait(false);
        return TypedResults.Json(
            await explanation.RunAsync(request, http.RequestAborted).ConfigureAwait(false), ServerJson.Wire.ExplainAnswer);
    }

    private static ExplainRequest RequestOf(MultipartForm form) => new()
    {
        Model = form.Text("model"),
        Image = [.. form.Files("image").Select(Input.OfPicture)],
        Index = form.Text("index"),
        Hit = form.Text("hit"),
        Texts = [.. form.Texts("texts")],
        Method = form.Text("method"),
    };

    private async Task<ExplainAnswer> RunAsync(ExplainRequest request, CancellationToken cancellation)
    {
        string word = request.Method ?? "decomposition";
        if (!Methods.TryGetValue(word, out HeatMapMethod method))
            throw RequestException.Bad($"'method' must be one of {string.Join(", ", Methods.Keys)}.", "method");
        if ((request.Hit is null ? 0 : 1) + (request.Image?.Count ?? 0) != 1)
            throw RequestException.Bad("There must be one picture: 'image', or 'hit' of an index.", "image");
        ServedIndex? index = request.Hit is null ? null : indexes.Find(request.Index);
        ServedModel model = index?.Model ?? models.Find(request.Model);
        int patches = model.Vision.Tokens;
        string[] texts = TextsOf(request, model, out int windows);
        ReadOnlyMemory<byte> file = index is null ? request.Image![0].Picture : Thumbnails.FileOf(index, request.Hit!);

        bool covers = method == HeatMapMethod.Occlusion;
        using IDisposable places = embedder.Take(windows + (covers ? patches : 1));
        using IDisposable memory = embedder.TakeBytes(
            (index is null ? 0 : file.Length) + (covers ? CoveredAtOnce : 1L) * model.Clip.Preprocessor!.OutputLength * sizeof(float));
        await _turns.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            RasterImage raster = ImageSource.FromBytes(file, index is null ? "image" : "hit")
                .Decode(model.Clip.Decoders, model.Clip.DecoderLimits);
            IReadOnlyList<HeatMap> maps =
                model.Clip.Explain(ImageSource.FromPixels(raster), texts, new() { Method = method }, cancellation);
            return new(model.Name, word, maps[0].Rows, maps[0].Columns, model.Clip.Preprocessor.SeenOf(raster),
                [.. maps.Select((map, i) => new ExplainedText(i, texts[i], map.Cosine, map.Values))]);
        }
        catch (InvalidOperationException e) when (e is not ObjectDisposedException)
        {
            throw RequestException.Bad(covers
                ? $"The model {model.Name} sees pictures in sizes of their own; heat maps take a model with one size."
                : $"'{word}' does not fit the vision tower of the model {model.Name}; use 'occlusion'.", "method");
        }
        finally
        {
            _turns.Release();
        }
    }

    private string[] TextsOf(ExplainRequest request, ServedModel model, out int windows)
    {
        string[] texts = request.Texts ?? [];
        if (texts.Length is 0 or > MostTexts)
            throw RequestException.Bad($"'texts' must be a list of 1 to {MostTexts} texts; there are {texts.Length}.", "texts");
        windows = 0;
        for (int i = 0; i < texts.Length; i++)
            windows += string.IsNullOrWhiteSpace(texts[i])
                ? throw RequestException.Bad($"texts[{i}] is empty.", "texts")
                : embedder.WindowsOf(model, texts[i], $"texts[{i}]");
        return texts;
    }
}

/// <summary>Body of <c>POST /v1/explain</c>.</summary>
internal sealed record ExplainRequest
{
    public string? Model { get; init; }

    [JsonConverter(typeof(PictureListConverter))]
    public List<Input>? Image { get; init; }

    public string? Index { get; init; }

    public string? Hit { get; init; }

    public string[]? Texts { get; init; }

    public string? Method { get; init; }
}

/// <param name="Model">The model.</param>
/// <param name="Method">How it was found.</param>
/// <param name="Rows">Patches from top to bottom.</param>
/// <param name="Columns">Patches from left to right.</param>
/// <param name="Seen">The part of the picture that the patches cover, in shares of its width and height.</param>
/// <param name="Data">The texts, in their order.</param>
internal sealed record ExplainAnswer(string Model, string Method, int Rows, int Columns, SeenPart Seen, ExplainedText[] Data);

/// <param name="Index">Its place.</param>
/// <param name="Text">The text.</param>
/// <param name="Cosine">Of the whole picture and the text.</param>
/// <param name="Values">[rows, columns], row by row; larger where the text is.</param>
internal sealed record ExplainedText(int Index, string Text, float Cosine, float[] Values);

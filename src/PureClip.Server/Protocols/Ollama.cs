using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Serialization;
using PureClip.Server.Hosting;
using PureClip.Server.Inputs;
using PureClip.Server.Load;
using PureClip.Server.Models;

namespace PureClip.Server.Protocols;

/// <summary>Ollama's embeddings of texts, and what its clients ask before.</summary>
/// <remarks>github.com/ollama/ollama, docs/api.md. Bodies may have any content type, as there.</remarks>
internal static class Ollama
{
    // Clients ask for a version to know what they may use; this is one that has /api/embed.
    private const string Version = "0.6.4";

    public static void Map(IEndpointRouteBuilder app)
    {
        RouteGroupBuilder group = app.MapGroup("/api").WithTags("Ollama").WithMetadata(ErrorShape.Ollama);
        group.MapPost("/embed", EmbedAsync).WithName("ollama-embed").WithSummary("Vectors of texts").Produces<OllamaEmbeddings>();
        group.MapPost("/embeddings", EmbedOneAsync).WithName("ollama-embeddings").WithSummary("The vector of one text, the older way")
            .Produces<OllamaEmbedding>();
        group.MapGet("/tags", ListModels).WithName("ollama-tags").WithSummary("The models").Produces<OllamaModels>();
        group.MapGet("/version", (HttpContext _) => Results.Text($$"""{"version":"{{Version}}"}""", "application/json"))
            .WithName("ollama-version").WithSummary("The version whose calls are answered");
        group.MapPost("/show", ShowAsync).WithName("ollama-show").WithSummary("One model").Produces<OllamaModelFacts>();
    }

    private static async Task<IResult> EmbedAsync(HttpContext http, ServedModels models, Embedder embedder)
    {
        long start = Stopwatch.GetTimestamp();
        OllamaEmbedRequest request = await RequestBody.ReadJsonAsync(http, ServerJson.Wire.OllamaEmbedRequest).ConfigureAwait(false);
        ServedModel model = Find(models, request.Model);
        OpenAI.RequireWidth(model, request.Dimensions);
        List<Input> inputs = request.Input ?? throw RequestException.Bad("'input' is missing: a text, or a list of texts.", "input");
        if (inputs.Count == 0 || inputs is [{ Text: "" }])
            return TypedResults.Json(new OllamaEmbeddings(model.Name, [], 0, 0, 0), ServerJson.Wire.OllamaEmbeddings); // as Ollama does
        Embedded embedded = await embedder.EmbedAsync(
            model, inputs, request.Truncate is false ? Truncation.Error : Truncation.KeepEnd, http.RequestAborted).ConfigureAwait(false);
        long nanoseconds = (long)Stopwatch.GetElapsedTime(start).TotalNanoseconds;
        return TypedResults.Json(
            new OllamaEmbeddings(
                request.Model!, [.. embedded.Vectors.Select(vector => new Vector(vector))], nanoseconds, 0, embedded.Tokens),
            ServerJson.Wire.OllamaEmbeddings);
    }

    private static async Task<IResult> EmbedOneAsync(HttpContext http, ServedModels models, Embedder embedder)
    {
        OllamaEmbedRequest request = await RequestBody.ReadJsonAsync(http, ServerJson.Wire.OllamaEmbedRequest).ConfigureAwait(false);
        ServedModel model = Find(models, request.Model);
        string prompt = request.Prompt ?? throw RequestException.Bad("'prompt' is missing: a text.", "prompt");
        Embedded embedded = await embedder.EmbedAsync(model, [Input.OfText(prompt)], Truncation.KeepEnd, http.RequestAborted, "prompt")
            .ConfigureAwait(false);
        return TypedResults.Json(new OllamaEmbedding(new(embedded.Vectors[0])), ServerJson.Wire.OllamaEmbedding);
    }

    private static IResult ListModels(HttpContext http, ServedModels models) => TypedResults.Json(
        new OllamaModels(
        [
            .. models.All.Select(model => new OllamaModel(
                model.Name + ":latest", model.Name + ":latest",
                model.Created.ToString("yyyy-MM-dd'T'HH:mm:ssK", CultureInfo.InvariantCulture), model.WeightBytes,
                model.Clip.Fingerprint, DetailsOf(model))),
        ]),
        ServerJson.Wire.OllamaModels);

    private static async Task<IResult> ShowAsync(HttpContext http, ServedModels models)
    {
        OllamaEmbedRequest request = await RequestBody.ReadJsonAsync(http, ServerJson.Wire.OllamaEmbedRequest).ConfigureAwait(false);
        ServedModel model = Find(models, request.Model ?? request.Name);
        return TypedResults.Json(
            new OllamaModelFacts(
                DetailsOf(model), new("clip", model.Clip.EmbeddingWidth, model.Clip.Tokenizer?.ContextLength ?? 0), ["embedding"]),
            ServerJson.Wire.OllamaModelFacts);
    }

    private static ServedModel Find(ServedModels models, string? name) =>
        string.IsNullOrEmpty(name) ? throw RequestException.Bad("'model' is missing.", "model") : models.Find(name);

    private static OllamaDetails DetailsOf(ServedModel model) =>
        new("safetensors", "clip", ["clip"], SizeOf(model.WeightBytes), TypeOf(model));

    /// <summary>The weights' bytes as a number of parameters of 16 bits: what people compare models by.</summary>
    private static string SizeOf(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 2_000_000.0:0.#}M");

    private static string TypeOf(ServedModel model) => (model.Clip.Space.Weights ?? "as-stored").ToUpperInvariant();
}

/// <summary>Body of the calls: they share their fields.</summary>
internal sealed record OllamaEmbedRequest
{
    public string? Model { get; init; }

    public string? Name { get; init; }

    [JsonConverter(typeof(InputListConverter))]
    public List<Input>? Input { get; init; }

    public string? Prompt { get; init; }

    public bool? Truncate { get; init; }

    public int? Dimensions { get; init; }
}

internal sealed record OllamaEmbeddings(string Model, Vector[] Embeddings, long TotalDuration, long LoadDuration, long PromptEvalCount);

internal sealed record OllamaEmbedding(Vector Embedding);

internal sealed record OllamaModels(OllamaModel[] Models);

internal sealed record OllamaModel(string Name, string Model, string ModifiedAt, long Size, string Digest, OllamaDetails Details);

internal sealed record OllamaDetails(string Format, string Family, string[] Families, string ParameterSize, string QuantizationLevel);

internal sealed record OllamaModelFacts(OllamaDetails Details, OllamaModelInfo ModelInfo, string[] Capabilities);

internal sealed record OllamaModelInfo(
    [property: JsonPropertyName("general.architecture")] string Architecture,
    [property: JsonPropertyName("clip.embedding_length")] int EmbeddingLength,
    [property: JsonPropertyName("clip.context_length")] int ContextLength);

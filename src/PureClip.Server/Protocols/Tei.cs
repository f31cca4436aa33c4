using System.Text.Json.Serialization;
using PureClip.Server.Hosting;
using PureClip.Server.Inputs;
using PureClip.Server.Load;
using PureClip.Server.Models;

namespace PureClip.Server.Protocols;

/// <summary>Text Embeddings Inference: <c>/embed</c> and <c>/info</c>, of the first model.</summary>
/// <remarks>github.com/huggingface/text-embeddings-inference, router/src/http/types.rs.</remarks>
internal static class Tei
{
    public static void Map(IEndpointRouteBuilder app)
    {
        RouteGroupBuilder group = app.MapGroup("").WithTags("TEI").WithMetadata(ErrorShape.Tei);
        group.MapPost("/embed", EmbedAsync).WithName("tei-embed").WithSummary("Vectors of texts")
            .Accepts<TeiRequest>("application/json").Produces<Vector[]>();
        group.MapGet("/info", Info).WithName("tei-info").WithSummary("The first model, and the limits").Produces<TeiInfo>();
    }

    private static async Task<IResult> EmbedAsync(HttpContext http, ServedModels models, Embedder embedder)
    {
        TeiRequest request = await RequestBody.ReadJsonAsync(http, ServerJson.Wire.TeiRequest).ConfigureAwait(false);
        ServedModel model = models.Find(request.Model);
        OpenAI.RequireWidth(model, request.Dimensions);
        if (request.Normalize is false)
            throw Invalid("'normalize' is false, and this server's vectors have length 1. Leave it out.");
        List<Input> inputs = request.Inputs ?? throw Invalid("'inputs' is missing: a text, or a list of texts.");
        if (inputs.Exists(input => input.Text is ""))
            throw Invalid("'inputs' has an empty text.");
        Embedded embedded = await embedder.EmbedAsync(
            model, inputs, request.Truncate is true ? Truncation.KeepEnd : Truncation.Error, http.RequestAborted, "inputs")
            .ConfigureAwait(false);
        return TypedResults.Json([.. embedded.Vectors.Select(vector => new Vector(vector))], ServerJson.Wire.VectorArray);
    }

    private static IResult Info(HttpContext http, ServedModels models, ServerOptions options)
    {
        ServedModel model = models.Default;
        int context = model.Clip.Tokenizer?.ContextLength ?? 0;
        return TypedResults.Json(
            new TeiInfo(model.Name, model.Clip.Fingerprint, options.Weights?.ToString().ToLowerInvariant() ?? "float32",
                new(new("cls")), options.QueueInputs, context, options.QueueInputs * Math.Max(1, context), options.QueueInputs,
                options.MaxInputs, false, model.Clip.Runtime.Threads, CommandLine.Version),
            ServerJson.Wire.TeiInfo);
    }

    private static RequestException Invalid(string message) => new(StatusCodes.Status422UnprocessableEntity, message, "inputs");
}

/// <summary>Body of <c>POST /embed</c>.</summary>
internal sealed record TeiRequest
{
    public string? Model { get; init; }

    [JsonConverter(typeof(InputListConverter))]
    public List<Input>? Inputs { get; init; }

    public bool? Truncate { get; init; }

    public bool? Normalize { get; init; }

    public int? Dimensions { get; init; }
}

internal sealed record TeiInfo(
    string ModelId, string ModelSha, string ModelDtype, TeiModelType ModelType, int MaxConcurrentRequests, int MaxInputLength,
    int MaxBatchTokens, int MaxBatchRequests, int MaxClientBatchSize, bool AutoTruncate, int TokenizationWorkers, string Version);

internal sealed record TeiModelType(TeiPooling Embedding);

internal sealed record TeiPooling(string Pooling);

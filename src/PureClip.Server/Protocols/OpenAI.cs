using System.Text.Json;
using System.Text.Json.Serialization;
using PureClip.Server.Hosting;
using PureClip.Server.Inputs;
using PureClip.Server.Load;
using PureClip.Server.Models;

namespace PureClip.Server.Protocols;

/// <summary>
/// OpenAI's embeddings, and the three ways in which others have put pictures into them: infinity's <c>modality</c>, Jina's objects, vLLM's
/// messages.
/// </summary>
/// <remarks>platform.openai.com/docs/api-reference/embeddings; the SDKs ask for base64 where their user asked for nothing.</remarks>
internal static class OpenAI
{
    public static void Map(IEndpointRouteBuilder app)
    {
        RouteGroupBuilder group = app.MapGroup("").WithTags("OpenAI").WithMetadata(ErrorShape.OpenAI);
        group.MapPost("/v1/embeddings", EmbedAsync).WithName("embeddings")
            .WithSummary("Vectors of texts and pictures")
            .WithDescription(
                "'input' is a text, a data URI of a picture, {\"text\":…} or {\"image\":…}, token ids, or a list of these.")
            .Accepts<EmbeddingsRequest>("application/json").Produces<EmbeddingsResponse>()
            .Produces<OpenAIFailure>(400).Produces<OpenAIFailure>(401).Produces<OpenAIFailure>(404).Produces<OpenAIFailure>(429);
        group.MapPost("/embeddings", EmbedAsync).ExcludeFromDescription().Accepts<EmbeddingsRequest>("application/json");
        group.MapGet("/v1/models", ListModels).WithName("models").WithSummary("The models").Produces<ModelList>();
        group.MapGet("/v1/models/{*name}", DescribeModel).WithName("model").WithSummary("One of them").Produces<ModelDescription>();
    }

    private static async Task<IResult> EmbedAsync(HttpContext http, ServedModels models, Embedder embedder)
    {
        EmbeddingsRequest request = await RequestBody.ReadJsonAsync(http, ServerJson.Wire.EmbeddingsRequest).ConfigureAwait(false);
        ServedModel model = models.Find(request.Model);
        bool asBase64 = request.EncodingFormat switch
        {
            null or "float" => false,
            "base64" => true,
            _ => throw RequestException.Bad("'encoding_format' must be \"float\" or \"base64\".", "encoding_format"),
        };
        RequireWidth(model, request.Dimensions);
        List<Input> inputs = InputsOf(request);
        Embedded embedded = await embedder.EmbedAsync(model, inputs, Truncation.Error, http.RequestAborted).ConfigureAwait(false);
        EmbeddingsResponse response = new("list",
            [.. embedded.Vectors.Select((vector, i) => new EmbeddingItem("embedding", i, new(vector, asBase64)))],
            model.Name, new(embedded.Tokens, embedded.Tokens));
        return TypedResults.Json(response, ServerJson.Wire.EmbeddingsResponse);
    }

    /// <summary>Refuses another width than the model's: CLIP's vectors are not made to be cut.</summary>
    internal static void RequireWidth(ServedModel model, int? dimensions)
    {
        if (dimensions is int asked && asked != model.Clip.EmbeddingWidth)
            throw RequestException.Bad(
                $"'dimensions' is {asked}, and vectors of {model.Name} have {model.Clip.EmbeddingWidth} numbers: they were not trained "
                + $"to be cut. Leave it out, or say {model.Clip.EmbeddingWidth}.", "dimensions");
    }

    private static List<Input> InputsOf(EmbeddingsRequest request)
    {
        if (request.Messages is not null && request.Input is not null)
            throw RequestException.Bad("The request has both 'input' and 'messages'; send one of them.", "input");
        List<Input> inputs = request.Messages is List<ChatMessage> messages
            ? [MessageInput.Of(messages)]
            : request.Input ?? throw RequestException.Bad("'input' is missing: a text, a picture, or a list of these.", "input");
        for (int i = 0; i < inputs.Count; i++)
        {
            string place = inputs.Count == 1 ? "input" : $"input[{i}]";
            if (inputs[i].Text is string text)
                CheckText(text, request.Modality, place);
        }
        return request.Modality is null or "text" or "image"
            ? inputs
            : throw RequestException.Bad("'modality' must be \"text\" or \"image\".", "modality");
    }

    private static void CheckText(string text, string? modality, string place)
    {
        if (text.Length == 0)
            throw RequestException.Bad($"{place} is an empty text.", place);
        if (modality == "image")
            throw RequestException.Bad(
                $"{place} is no picture, which 'modality' says it is. Send it as 'data:image/jpeg;base64,…'; addresses are not fetched.",
                place);
    }

    private static IResult ListModels(HttpContext http, ServedModels models) =>
        TypedResults.Json(new ModelList("list", [.. models.All.Select(Describe)]), ServerJson.Wire.ModelList);

    private static IResult DescribeModel(HttpContext http, string name, ServedModels models) =>
        TypedResults.Json(Describe(models.Find(name)), ServerJson.Wire.ModelDescription);

    private static ModelDescription Describe(ServedModel model) =>
        new(model.Name, "model", model.Created.ToUnixTimeSeconds(), "pureclip", model.Clip.EmbeddingWidth, model.Clip.Fingerprint);
}

/// <summary>vLLM's messages: one picture or one text in the shape of a conversation.</summary>
internal static class MessageInput
{
    /// <summary>The one thing in the messages that can be embedded.</summary>
    /// <exception cref="RequestException">There is none, or several, for which CLIP has no single vector.</exception>
    public static Input Of(IReadOnlyList<ChatMessage> messages)
    {
        List<Input> found = [];
        for (int m = 0; m < messages.Count; m++)
        {
            if (messages[m] is not { Content: JsonElement content } message || message.Role is "system")
                continue;
            if (content.ValueKind == JsonValueKind.String)
                found.Add(Input.OfText(StringOf(content)!));
            else if (content.ValueKind == JsonValueKind.Array)
                found.AddRange(content.EnumerateArray().Select((part, i) => OfPart(part, $"messages[{m}].content[{i}]")));
            else
                throw RequestException.Bad($"messages[{m}].content must be a text or a list of parts.", "messages");
        }
        return found.Count == 1
            ? found[0]
            : throw RequestException.Bad(
                $"'messages' have {found.Count} texts and pictures, and CLIP gives a vector to each, not one to all. Send one, "
                + "or use 'input'.", "messages");
    }

    private static Input OfPart(JsonElement part, string place)
    {
        string? type = Text(part, "type");
        if (type == "text" && Text(part, "text") is string text)
            return Input.OfText(text);
        if (type is "image_url" or "input_image" or "image"
            && part.TryGetProperty(type == "image" ? "image" : "image_url", out JsonElement image))
        {
            string? address = image.ValueKind == JsonValueKind.String ? StringOf(image) : Text(image, "url");
            if (address is not null)
                return Input.OfPicture(PictureData.Decode(System.Text.Encoding.UTF8.GetBytes(address), place));
        }
        throw RequestException.Bad(
            $"{place} must be {{\"type\":\"text\",\"text\":…}} or {{\"type\":\"image_url\",\"image_url\":{{\"url\":…}}}}.", place);
    }

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value)
            && value.ValueKind == JsonValueKind.String ? StringOf(value) : null;

    private static string? StringOf(JsonElement text)
    {
        try
        {
            return text.GetString();
        }
        catch (InvalidOperationException)
        {
            throw RequestException.Bad("'messages' have a string that is not valid Unicode.", "messages");
        }
    }
}

/// <summary>Body of <c>POST /v1/embeddings</c>.</summary>
internal sealed record EmbeddingsRequest
{
    public string? Model { get; init; }

    [JsonConverter(typeof(InputListConverter))]
    public List<Input>? Input { get; init; }

    public string? EncodingFormat { get; init; }

    public int? Dimensions { get; init; }

    public string? User { get; init; }

    public string? Modality { get; init; }

    public List<ChatMessage>? Messages { get; init; }
}

internal sealed record ChatMessage
{
    public string? Role { get; init; }

    public JsonElement? Content { get; init; }
}

internal sealed record EmbeddingsResponse(string Object, EmbeddingItem[] Data, string Model, TokenUsage Usage);

internal sealed record EmbeddingItem(string Object, int Index, Vector Embedding);

internal sealed record TokenUsage(long PromptTokens, long TotalTokens);

internal sealed record ModelList(string Object, ModelDescription[] Data);

internal sealed record ModelDescription(string Id, string Object, long Created, string OwnedBy, int Dimensions, string Fingerprint);

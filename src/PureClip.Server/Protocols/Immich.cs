using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using PureClip.Server.Hosting;
using PureClip.Server.Inputs;
using PureClip.Server.Models;

namespace PureClip.Server.Protocols;

/// <summary>
/// What the photo server immich asks of its machine learning service, for smart search. Faces and OCR are refused, so that it asks the
/// next of its addresses for them.
/// </summary>
/// <remarks>immich: machine-learning/immich_ml/main.py, server/src/repositories/machine-learning.repository.ts.</remarks>
internal static class Immich
{
    public static void Map(IEndpointRouteBuilder app)
    {
        RouteGroupBuilder group = app.MapGroup("").WithTags("immich").WithMetadata(ErrorShape.Immich);
        group.MapGet("/ping", (HttpContext _) => Results.Text("pong")).WithMetadata(NeedsNoKey.Instance).WithName("ping")
            .WithSummary("Whether the server lives").Produces<string>(200, "text/plain");
        group.MapPost("/predict", PredictAsync).WithName("predict").WithSummary("The vector of one picture or one text")
            .WithDescription("multipart/form-data: 'entries' as immich builds it, and 'image' (a file) or 'text'.")
            .Produces<ClipPrediction>().DisableAntiforgery();
    }

    /// <summary>What is said at <c>/</c> to those who ask for no page.</summary>
    public static IResult Greeting { get; } = Results.Text("""{"message":"Immich ML"}""", "application/json");

    private static async Task<IResult> PredictAsync(HttpContext http, ServedModels models, Embedder embedder)
    {
        MultipartForm form = await MultipartForm.ReadAsync(http).ConfigureAwait(false);
        (string name, bool isVisual) = TaskOf(form.Text("entries"));
        ServedModel model = models.Find(name);
        if (!isVisual)
        {
            string text = form.Text("text")
                ?? throw RequestException.Bad("There is no 'text', which 'entries' asks the vector of.", "text");
            Embedded ofText = await embedder.EmbedAsync(model, [Input.OfText(text)], Truncation.KeepEnd, http.RequestAborted, "text")
                .ConfigureAwait(false);
            return TypedResults.Json(new ClipPrediction(TextOf(ofText.Vectors[0]), null, null), ServerJson.Wire.ClipPrediction);
        }
        ReadOnlyMemory<byte>[] files = [.. form.Files("image")];
        if (files.Length != 1)
            throw RequestException.Bad("There is no 'image', which 'entries' asks the vector of.", "image");
        Embedded ofPicture = await embedder.EmbedAsync(model, [Input.OfPicture(files[0])], Truncation.Error, http.RequestAborted, "image")
            .ConfigureAwait(false);
        (int width, int height) = PictureSize.Of(files[0].Span);
        return TypedResults.Json(new ClipPrediction(TextOf(ofPicture.Vectors[0]), height, width), ServerJson.Wire.ClipPrediction);
    }

    /// <summary><c>{"clip":{"visual":{"modelName":"…"}}}</c>: the model, and whether it is to see or to read.</summary>
    private static (string Model, bool IsVisual) TaskOf(string? entries)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(entries ?? throw Invalid());
            JsonProperty[] tasks = [.. document.RootElement.EnumerateObject()];
            if (tasks.Length == 0)
                throw Invalid();
            if (tasks.Select(task => task.Name).FirstOrDefault(task => task != "clip") is string other)
                throw new RequestException(StatusCodes.Status501NotImplemented,
                    $"This server does smart search (clip) and not {other[..Math.Min(other.Length, 50)]}; another address has to.",
                    "entries");
            JsonProperty[] kinds = [.. tasks[0].Value.EnumerateObject()];
            if (kinds is not [{ Name: "visual" or "textual" } kind] || kind.Value.GetProperty("modelName").GetString() is not string model)
                throw Invalid();
            return (model, kind.NameEquals("visual"));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw Invalid();
        }
    }

    private static RequestException Invalid() => new(StatusCodes.Status422UnprocessableEntity, "Invalid request format.", "entries");

    /// <summary>The numbers as a list in a string, which goes into a database as it is.</summary>
    private static string TextOf(float[] vector)
    {
        StringBuilder text = new("[", vector.Length * 14);
        foreach (float number in vector)
            text.Append(CultureInfo.InvariantCulture, $"{number:R},");
        text[^1] = ']';
        return text.ToString();
    }
}

internal sealed record ClipPrediction(
    [property: JsonPropertyName("clip")] string Clip,
    [property: JsonPropertyName("imageHeight"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? ImageHeight,
    [property: JsonPropertyName("imageWidth"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? ImageWidth);

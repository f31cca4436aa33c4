using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using PureClip.Search;
using PureClip.Server.Hosting;
using PureClip.Server.Inputs;
using PureClip.Server.Load;

namespace PureClip.Server.Search;

/// <summary>Searches of the indexes, and the pictures that they find.</summary>
internal static class SearchEndpoints
{
    private const int UsualTop = 20, MostTop = 1000, UsualSide = 320, LargestSide = 1600;

    public static void Map(IEndpointRouteBuilder app)
    {
        RouteGroupBuilder group = app.MapGroup("/v1").WithTags("Search").WithMetadata(ErrorShape.OpenAI);
        group.MapGet("/indexes", ListIndexes).WithName("indexes").WithSummary("The indexes").Produces<IndexList>();
        group.MapGet("/search", SearchByAddressAsync).WithName("search")
            .WithSummary("The pictures nearest to a text, with texts added and subtracted")
            .WithDescription("?query=beach&plus=dog&minus=people&index=photos&top=20&min_score=0.2").Produces<SearchAnswer>();
        group.MapPost("/search", SearchByBodyAsync).WithName("search-by-picture")
            .WithSummary("The pictures nearest to texts, pictures, hits and concepts, added and subtracted")
            .WithDescription("JSON: 'query' is a text or a list of {text|image|hit|concept, weight}. multipart/form-data: fields query, "
                + "plus, minus, files image, minus_image.")
            .Produces<SearchAnswer>().DisableAntiforgery();
        group.MapGet("/indexes/{index}/pictures/{id}", PictureAsync).WithName("picture").WithSummary("A small picture of a hit")
            .Produces(200, contentType: "image/png");
    }

    private static IResult ListIndexes(HttpContext http, ServedIndexes indexes) => TypedResults.Json(
        new IndexList("list",
        [
            .. indexes.All.Select(index =>
                new IndexDescription(index.Name, index.Model.Name, index.Pictures.Index.Count, [.. indexes.ConceptsFor(index)])),
        ]),
        ServerJson.Wire.IndexList);

    private static Task<IResult> SearchByAddressAsync(HttpContext http, ServedIndexes indexes, SearchQuery query)
    {
        IQueryCollection fields = http.Request.Query;
        return SearchAsync(http, indexes, query, fields["index"], [.. TermsOf(name => fields[name]!)],
            NumberOf(fields["top"], "top"), NumberOf(fields["min_score"], "min_score"));
    }

    private static async Task<IResult> SearchByBodyAsync(HttpContext http, ServedIndexes indexes, SearchQuery query)
    {
        if (http.Request.ContentType?.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase) == true)
        {
            MultipartForm form = await MultipartForm.ReadAsync(http).ConfigureAwait(false);
            IEnumerable<SearchTerm> files = form.Files("image").Select(file => new SearchTerm { File = file })
                .Concat(form.Files("minus_image").Select(file => new SearchTerm { File = file, Weight = -1 }));
            return await SearchAsync(http, indexes, query, form.Text("index"), [.. TermsOf(form.Texts), .. files],
                NumberOf(form.Text("top"), "top"), NumberOf(form.Text("min_score"), "min_score")).ConfigureAwait(false);
        }
        if (!http.Request.HasJsonContentType())
            throw new RequestException(StatusCodes.Status415UnsupportedMediaType, "The body must be JSON or multipart/form-data.");
        SearchRequest request = await RequestBody.ReadJsonAsync(http, ServerJson.Wire.SearchRequest).ConfigureAwait(false);
        List<SearchTerm> terms = [.. request.Query ?? []];
        if (request.Image is string image)
            terms.Add(new() { Image = image });
        return await SearchAsync(http, indexes, query, request.Index, terms, request.Top, request.MinScore).ConfigureAwait(false);
    }

    private static async Task<IResult> SearchAsync(
        HttpContext http, ServedIndexes indexes, SearchQuery query, string? name, List<SearchTerm> terms, double? top, double? minimum)
    {
        ServedIndex index = indexes.Find(name);
        if (top is not null and not (>= 1 and <= MostTop))
            throw RequestException.Bad($"'top' must be from 1 to {MostTop}.", "top");
        if (minimum is not null and not (>= -1 and <= 1))
            throw RequestException.Bad("'min_score' must be from -1 to 1.", "min_score");
        float[] vector = await query.EncodeAsync(index.Model, index, terms, http.RequestAborted).ConfigureAwait(false);
        SearchOptions options = new() { Top = (int)(top ?? UsualTop), MinimumScore = (float?)minimum ?? float.NegativeInfinity };
        SearchHit[] hits = Search(index, vector, options, http.RequestAborted);
        bool isSigmoid = index.Model.Clip.IsSigmoid && terms is [{ Text: not null, Weight: null or > 0 }];
        return TypedResults.Json(
            new SearchAnswer(index.Name, index.Model.Name, index.Pictures.Index.Count,
                [.. hits.Select((hit, i) => Describe(index, hit, i + 1, isSigmoid))]),
            ServerJson.Wire.SearchAnswer);
    }

    private static SearchHit[] Search(ServedIndex index, float[] vector, SearchOptions options, CancellationToken cancellation)
    {
        try
        {
            return index.Pictures.Index.Search(vector, options, cancellation);
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            // it was damaged or taken away while it was open, which is not the client's fault
            throw new RequestException(StatusCodes.Status503ServiceUnavailable, $"The index {index.Name} cannot be read at the moment.");
        }
    }

    private static async Task<IResult> PictureAsync(
        HttpContext http, string index, string id, ServedIndexes indexes, Thumbnails thumbnails)
    {
        double side = NumberOf(http.Request.Query["side"], "side") ?? UsualSide;
        if (side is not (>= 16 and <= LargestSide))
            throw RequestException.Bad($"'side' must be from 16 to {LargestSide} pixels.", "side");
        Thumbnail picture = await thumbnails.OfAsync(indexes.Find(index), id, (int)side, http.RequestAborted).ConfigureAwait(false);
        http.Response.Headers.CacheControl = "private, max-age=3600";
        http.Response.Headers.XContentTypeOptions = "nosniff";
        http.Response.Headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
        return Results.Bytes(picture.Bytes, picture.MediaType);
    }

    private static FoundPicture Describe(ServedIndex index, SearchHit hit, int rank, bool isSigmoid)
    {
        string id = ServedIndex.IdOf(hit);
        return new(rank, hit.Score, hit.Key, id, $"/v1/indexes/{Uri.EscapeDataString(index.Name)}/pictures/{id}",
            isSigmoid ? Similarity.Probability(index.Model.Clip, hit.Score) : null);
    }

    private static IEnumerable<SearchTerm> TermsOf(Func<string, IEnumerable<string>> texts) =>
        texts("query").Concat(texts("plus")).Select(text => new SearchTerm { Text = text })
            .Concat(texts("minus").Select(text => new SearchTerm { Text = text, Weight = -1 }));

    private static double? NumberOf(string? text, string name) =>
        string.IsNullOrEmpty(text) ? null
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number) ? number
        : throw RequestException.Bad($"'{name}' must be a number.", name);
}

/// <summary>A text, or a list of terms.</summary>
internal sealed class TermListConverter : JsonConverter<List<SearchTerm>>
{
    public override List<SearchTerm> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
            return [new() { Text = JsonText.String(ref reader, "query") }];
        if (reader.TokenType != JsonTokenType.StartArray)
            throw RequestException.Bad("'query' must be a text, or a list of terms.", "query");
        List<SearchTerm> terms = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            SearchTerm? term = reader.TokenType == JsonTokenType.String
                ? new() { Text = JsonText.String(ref reader, $"query[{terms.Count}]") }
                : JsonSerializer.Deserialize(ref reader, ServerJson.Wire.SearchTerm);
            terms.Add(term ?? throw RequestException.Bad($"query[{terms.Count}] is null.", "query"));
        }
        return terms;
    }

    public override void Write(Utf8JsonWriter writer, List<SearchTerm> value, JsonSerializerOptions options) =>
        throw new NotSupportedException();
}

/// <summary>Body of <c>POST /v1/search</c>.</summary>
internal sealed record SearchRequest
{
    public string? Index { get; init; }

    [JsonConverter(typeof(TermListConverter))]
    public List<SearchTerm>? Query { get; init; }

    public string? Image { get; init; }

    public int? Top { get; init; }

    public double? MinScore { get; init; }
}

internal sealed record SearchAnswer(string Index, string Model, int Searched, FoundPicture[] Hits);

internal sealed record FoundPicture(
    int Rank, float Score, string Key, string Id, string Thumbnail,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] float? Probability);

internal sealed record IndexList(string Object, IndexDescription[] Data);

internal sealed record IndexDescription(string Name, string Model, int Pictures, string[] Concepts);

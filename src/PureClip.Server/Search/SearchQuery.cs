using PureClip.Concepts;
using PureClip.Server.Hosting;
using PureClip.Server.Inputs;
using PureClip.Server.Models;

namespace PureClip.Server.Search;

/// <summary>
/// One term of what is looked for: one of a text, a picture, a hit of an earlier search, a concept, and how much it counts.
/// </summary>
internal sealed record SearchTerm
{
    public string? Text { get; init; }

    /// <summary>A data URI, or base64.</summary>
    public string? Image { get; init; }

    /// <summary>The id of a hit.</summary>
    public string? Hit { get; init; }

    /// <summary>The name of a concept.</summary>
    public string? Concept { get; init; }

    /// <summary>Below 0 to take it away; 1 if left out.</summary>
    public float? Weight { get; init; }

    /// <summary>The bytes of a picture that came as a file.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public ReadOnlyMemory<byte> File { get; init; }
}

/// <summary>Weighted sums of texts, pictures, hits and concepts as one vector.</summary>
internal sealed class SearchQuery(Embedder embedder, ServedIndexes indexes)
{
    /// <summary>Most terms of a query.</summary>
    public const int MostTerms = 64;

    /// <summary>The vector. Of several terms it is the sum of their directions, each times its weight, with length 1.</summary>
    /// <param name="model">Whose space it is.</param>
    /// <param name="index">The index of hits, which the same model has made; null where there are none.</param>
    /// <param name="terms">The terms.</param>
    /// <param name="cancellation">The request's.</param>
    /// <exception cref="RequestException">A term is not one of these, or nothing is left of them.</exception>
    public async Task<float[]> EncodeAsync(
        ServedModel model, ServedIndex? index, IReadOnlyList<SearchTerm> terms, CancellationToken cancellation)
    {
        if (terms.Count is 0 or > MostTerms)
            throw RequestException.Bad(
                terms.Count == 0 ? "There is nothing to look for: give a text, a picture, a hit or a concept."
                    : $"The query has {terms.Count} terms; it may have {MostTerms}.", "query");
        float[]?[] vectors = new float[terms.Count][];
        List<Input> inputs = [];
        List<int> places = [];
        for (int i = 0; i < terms.Count; i++)
        {
            vectors[i] = Known(model, index, terms[i], i);
            if (vectors[i] is not null)
                continue;
            inputs.Add(InputOf(terms[i], i));
            places.Add(i);
        }
        if (inputs.Count > 0)
        {
            Embedded embedded = await embedder.EmbedAsync(model, inputs, Truncation.Error, cancellation, "query")
                .ConfigureAwait(false);
            for (int i = 0; i < places.Count; i++)
                vectors[places[i]] = embedded.Vectors[i];
        }
        if (terms is [{ Weight: null or > 0 }])
            return vectors[0]!;
        try
        {
            ConceptTerm[] sum = [.. terms.Select((term, i) => new ConceptTerm(term.Weight ?? 1f, vectors[i]!, NameOf(term)))];
            return ConceptVector.Sum(model.Clip.Space, sum).Vector.ToArray();
        }
        catch (ArgumentException)
        {
            throw RequestException.Bad("Nothing is left of the query: its terms cancel out.", "query");
        }
    }

    private float[]? Known(ServedModel model, ServedIndex? index, SearchTerm term, int place)
    {
        int given = (term.Text is null ? 0 : 1) + (term.Image is null && term.File.IsEmpty ? 0 : 1) + (term.Hit is null ? 0 : 1)
            + (term.Concept is null ? 0 : 1);
        if (given != 1)
            throw RequestException.Bad($"query[{place}] must have one of 'text', 'image', 'hit' and 'concept'.", $"query[{place}]");
        if (term.Weight is float weight && (!float.IsFinite(weight) || weight == 0 || Math.Abs(weight) > 1e6f))
            throw RequestException.Bad($"query[{place}].weight must be a number other than 0, of at most a million.", "query");
        return term.Hit is string hit ? (index ?? indexes.Find(null)).VectorOf(hit)
            : term.Concept is string concept ? indexes.Concept(concept, model)
            : null;
    }

    private static Input InputOf(SearchTerm term, int place) =>
        term.Text is "" ? throw RequestException.Bad($"query[{place}] is an empty text.", "query")
        : term.Text is string text ? Input.OfText(text)
        : !term.File.IsEmpty ? Input.OfPicture(term.File)
        : Input.OfPicture(PictureData.Decode(System.Text.Encoding.UTF8.GetBytes(term.Image!), $"query[{place}].image"));

    private static string NameOf(SearchTerm term) => term.Text ?? term.Concept ?? term.Hit ?? "picture";
}

using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using PureClip.Server.Drawing;
using PureClip.Server.Hosting;
using PureClip.Server.Inputs;
using PureClip.Server.Protocols;
using PureClip.Server.Search;

namespace PureClip.Server;

/// <summary>All that is read and written as JSON, without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(OpenAIFailure))]
[JsonSerializable(typeof(PlainFailure))]
[JsonSerializable(typeof(DetailFailure))]
[JsonSerializable(typeof(EmbeddingsRequest))]
[JsonSerializable(typeof(EmbeddingsResponse))]
[JsonSerializable(typeof(ModelList))]
[JsonSerializable(typeof(ModelDescription))]
[JsonSerializable(typeof(ClipPrediction))]
[JsonSerializable(typeof(OllamaEmbedRequest))]
[JsonSerializable(typeof(OllamaEmbeddings))]
[JsonSerializable(typeof(OllamaEmbedding))]
[JsonSerializable(typeof(OllamaModels))]
[JsonSerializable(typeof(OllamaModelFacts))]
[JsonSerializable(typeof(TeiRequest))]
[JsonSerializable(typeof(TeiInfo))]
[JsonSerializable(typeof(Vector[]))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(SearchRequest))]
[JsonSerializable(typeof(SearchTerm))]
[JsonSerializable(typeof(SearchAnswer))]
[JsonSerializable(typeof(IndexList))]
[JsonSerializable(typeof(ClassifyRequest))]
[JsonSerializable(typeof(ClassifyAnswer))]
[JsonSerializable(typeof(ExplainRequest))]
[JsonSerializable(typeof(ExplainAnswer))]
[JsonSerializable(typeof(ImageRequest))]
[JsonSerializable(typeof(ImageAnswer))]
[JsonSerializable(typeof(GeneratorList))]
internal sealed partial class ServerJson : JsonSerializerContext
{
    /// <summary>
    /// What is sent: letters of all languages and quotes as they are, for the answers are JSON by their type and never part of a page.
    /// </summary>
    public static ServerJson Wire { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}

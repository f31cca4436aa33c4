// NuGet's OpenAI, Microsoft.Extensions.AI.OpenAI and OllamaSharp against a server: clients ADDRESS MODEL EXPECTED.jsonl
using System.ClientModel;
using System.Text.Json;
using Microsoft.Extensions.AI;
using OllamaSharp;
using OpenAI;
using OpenAI.Embeddings;
using OpenAI.Images;

(string address, string model) = (args[0], args[1]);
// What `pureclip embed` prints: a line for each text.
float[][] expected =
[
    .. File.ReadLines(args[2]).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("embedding"))
        .Select(list => list.EnumerateArray().Select(number => number.GetSingle()).ToArray()),
];

OpenAIClient openAI = new(new ApiKeyCredential("none"), new OpenAIClientOptions { Endpoint = new(address + "/v1") });
EmbeddingClient embeddings = openAI.GetEmbeddingClient(model);
OpenAIEmbeddingCollection two = await embeddings.GenerateEmbeddingsAsync(["a red car", "dog"]);
Same(two[0].ToFloats(), expected[0], "OpenAI");
Same(two[1].ToFloats(), expected[1], "OpenAI, the second");
try
{
    await openAI.GetEmbeddingClient("no-such").GenerateEmbeddingAsync("a");
    throw new InvalidOperationException("an unknown model was no error");
}
catch (ClientResultException e) when (e.Status == 404)
{
    Console.WriteLine("OpenAI: an unknown model is its own exception");
}

IEmbeddingGenerator<string, Embedding<float>> generator = embeddings.AsIEmbeddingGenerator();
Same((await generator.GenerateAsync(["a red car"]))[0].Vector, expected[0], "Microsoft.Extensions.AI.OpenAI");

using OllamaApiClient ollama = new(address, model);
OllamaSharp.Models.EmbedResponse embedded = await ollama.EmbedAsync(
    new OllamaSharp.Models.EmbedRequest { Model = model, Input = ["a red car", "dog"] });
Same(embedded.Embeddings[0], expected[0], "OllamaSharp");
if ((await ollama.ListLocalModelsAsync()).First().Name != model + ":latest" || !await ollama.IsRunningAsync())
    throw new InvalidOperationException("OllamaSharp does not find the model");

using HttpClient http = new();
JsonElement generators = JsonDocument.Parse(await http.GetStringAsync(address + "/v1/generators")).RootElement.GetProperty("data");
if (generators.GetArrayLength() > 0)
{
    ImageClient images = openAI.GetImageClient(generators[0].GetProperty("name").GetString());
    GeneratedImage drawn = await images.GenerateImageAsync(
        "a red hat", new ImageGenerationOptions { ResponseFormat = GeneratedImageFormat.Bytes, Size = GeneratedImageSize.W256xH256 });
    if (!drawn.ImageBytes.ToArray().AsSpan(1).StartsWith("PNG"u8))
        throw new InvalidOperationException("OpenAI: what was drawn is no PNG");
    Console.WriteLine("OpenAI: a picture drawn");
}

static void Same(ReadOnlyMemory<float> found, float[] expected, string what)
{
    if (!found.Span.SequenceEqual(expected))
        throw new InvalidOperationException($"{what}: other bits than the library's");
    Console.WriteLine($"same bits: {what}");
}

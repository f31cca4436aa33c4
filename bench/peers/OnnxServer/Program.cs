using System.Net;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using PureClip;
using PureClip.Imaging;
using PureClip.Tokenization;
using SessionOptions = Microsoft.ML.OnnxRuntime.SessionOptions;

// The server that one would write around ONNX Runtime in an afternoon: OpenAI's request, the picture decoded, a run of the session for it
// alone, the vector in base64. Tokens and pixels are PureClip's own, so that what differs is the server and who computes.
//   onnx-server ONNX_DIRECTORY MODEL_DIRECTORY PORT RUNS      so many runs at a time, among which the processors are shared out
if (args is not [string graphs, string directory, string port, string runsAtATime])
{
    Console.Error.WriteLine("usage: onnx-server ONNX_DIRECTORY MODEL_DIRECTORY PORT RUNS");
    return 2;
}
int runs = int.Parse(runsAtATime, null), threads = Math.Max(1, Environment.ProcessorCount / runs);
using SemaphoreSlim turns = new(runs);
using SessionOptions options = new()
{
    IntraOpNumThreads = threads,
    InterOpNumThreads = 1,
    GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
};
using InferenceSession vision = new(Path.Combine(graphs, "vision_model.onnx"), options);
using InferenceSession text = new(Path.Combine(graphs, "text_model.onnx"), options);
using RunOptions run = new();
using Clip clip = Clip.Load(directory);
ImagePreprocessor preprocessor = clip.Preprocessor!;
ITokenizer tokenizer = clip.Tokenizer!;
int side = clip.Config.Vision!.ImageSize;

WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, int.Parse(port, null)));
builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Information);
WebApplication app = builder.Build();
app.MapPost("/v1/embeddings", async (EmbeddingsRequest request, CancellationToken aborted) =>
{
    float[] vector = request.Input.StartsWith("data:image/", StringComparison.Ordinal)
        ? await RunAsync(vision, "pixel_values", "image_embeds", Pixels(request.Input), [1, 3, side, side], aborted)
        : await RunAsync(text, "input_ids", "text_embeds", Ids(request.Input), [1, tokenizer.ContextLength], aborted);
    string base64 = Convert.ToBase64String(MemoryMarshal.AsBytes(vector.AsSpan()));
    return new { @object = "list", data = new[] { new { @object = "embedding", index = 0, embedding = base64 } }, model = "onnx" };
});
await app.RunAsync();
return 0;

float[] Pixels(string uri)
{
    float[] pixels = new float[preprocessor.OutputLength];
    preprocessor.Preprocess(ImageFormats.Decode(Convert.FromBase64String(uri[(uri.IndexOf(',') + 1)..])), pixels);
    return pixels;
}

long[] Ids(string words)
{
    // Padded to the context, as the exported graph wants them: it reads at the largest id, which is the end's.
    long[] ids = new long[tokenizer.ContextLength];
    ReadOnlySpan<int> tokens = tokenizer.Encode(words, Truncation.KeepEnd).Ids.Span;
    for (int i = 0; i < tokens.Length; i++)
        ids[i] = tokens[i];
    return ids;
}

async Task<float[]> RunAsync<T>(InferenceSession session, string from, string to, T[] numbers, long[] shape, CancellationToken aborted)
    where T : unmanaged
{
    using OrtValue input = OrtValue.CreateTensorValueFromMemory(numbers, shape);
    await turns.WaitAsync(aborted); // who hangs up leaves the queue here too
    try
    {
        using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(run, [from], [input], [to]);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }
    finally
    {
        turns.Release();
    }
}

internal sealed record EmbeddingsRequest(string Input);

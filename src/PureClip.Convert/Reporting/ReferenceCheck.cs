using System.Text.Json;
using PureClip.Files;

namespace PureClip.Convert.Reporting;

/// <summary>
/// Compares a model with embeddings computed elsewhere:
/// <c>{ "images": { "cat.jpg": [...] }, "texts": [ { "text": "...", "ids": [...], "embedding": [...] } ] }</c>, all of length 1; pictures
/// lie in "inputs" beside the file. Ids are used where they are given, so that what is compared is the model and not the tokenizer.
/// </summary>
internal static class ReferenceCheck
{
    private const string PictureFolder = "inputs";
    private const float LengthTolerance = 1e-3f;

    /// <summary>Compares.</summary>
    /// <exception cref="InvalidDataException">The reference is malformed, or its embeddings are of another width.</exception>
    public static ReferenceResult Run(Clip clip, string path, float tolerance, CancellationToken cancellation)
    {
        try
        {
            using JsonDocument document = JsonText.Parse(File.ReadAllBytes(path), path);
            ReferenceResult result = new() { Tolerance = tolerance };
            string folder = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, PictureFolder);
            if (clip.Config.Vision is not null && document.RootElement.TryGetProperty("images", out JsonElement images))
                foreach (JsonProperty image in images.EnumerateObject())
                {
                    cancellation.ThrowIfCancellationRequested();
                    Compare(result, image.Name, image.Value, clip.EncodeImage(Path.Combine(folder, PlainName(image.Name))));
                    result.Pictures++;
                }
            if (clip.Config.Text is not null && document.RootElement.TryGetProperty("texts", out JsonElement texts))
                foreach (JsonElement text in texts.EnumerateArray())
                {
                    cancellation.ThrowIfCancellationRequested();
                    CompareText(clip, result, text);
                    result.Texts++;
                }
            return result;
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"{path} is no reference of embeddings: {e.Message}", e);
        }
    }

    private static void CompareText(Clip clip, ReferenceResult result, JsonElement entry)
    {
        string text = entry.GetProperty("text").GetString()!;
        ReadOnlyMemory<int> own = clip.Tokenizer!.Encode(text, Truncation.KeepEnd).Ids;
        int[] ids = own.ToArray();
        if (entry.TryGetProperty("ids", out JsonElement given))
        {
            ids = [.. given.EnumerateArray().Select(static id => id.GetInt32())];
            if (!ids.AsSpan().StartsWith(own.Span)) // padding may follow
                result.OtherIds++;
        }
        float[] embedding = new float[clip.EmbeddingWidth];
        clip.EncodeTokens(ids, embedding);
        Compare(result, text, entry.GetProperty("embedding"), embedding);
    }

    private static void Compare(ReferenceResult result, string name, JsonElement expected, float[] actual)
    {
        float[] numbers = [.. expected.EnumerateArray().Select(static number => number.GetSingle())];
        if (numbers.Length != actual.Length)
            Problem.InvalidData($"The reference of '{name}' has {numbers.Length} numbers, the model's embeddings have {actual.Length}.");
        float length = MathF.Sqrt(numbers.Sum(static n => n * n));
        if (!(MathF.Abs(length - 1) <= LengthTolerance))
            Problem.InvalidData($"The reference of '{name}' has the length {length}; embeddings of length 1 are compared.");
        float largest = numbers.Zip(actual, static (e, a) => MathF.Abs(e - a)).Max();
        if (!(largest > result.Largest) && !float.IsNaN(largest))
            return;
        result.Largest = largest;
        result.LargestAt = name;
    }

    private static string PlainName(string name) => name.AsSpan().IndexOfAny("/\\:\0") >= 0
        ? Problem.InvalidData<string>(
            $"The reference names the picture '{name}'; plain file names in '{PictureFolder}' beside it are allowed.")
        : name;
}

using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using PureClip.Imaging;
using PureClip.Train.Measuring;

namespace PureClip.Train.Shipping;

/// <summary>
/// What tests expect of the shipped model: token ids, embeddings of some texts and pictures by <see cref="PlainClip"/>, and how often the
/// gallery's names find its pictures.
/// </summary>
internal static class ReferenceFile
{
    private static readonly JsonSerializerOptions OneLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonSerializerOptions Indented =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, WriteIndented = true, IndentSize = 1, NewLine = "\n" };

    /// <summary>Writes it, with the texts and pictures of the file that it replaces.</summary>
    /// <param name="old">The file that is replaced.</param>
    /// <param name="model">The model directory.</param>
    /// <param name="gallery">The folder of pictures.</param>
    /// <param name="figures">What was measured.</param>
    /// <param name="output">The file to write.</param>
    public static void Write(string old, string model, string gallery, Figures figures, string output)
    {
        JsonObject file = JsonNode.Parse(File.ReadAllText(old))!.AsObject();
        using PlainClip plain = new(model);
        using Clip clip = Clip.Load(model, new() { Truncation = Truncation.KeepEnd });
        file["how"] =
            "plain loops in double from the F16 weights of model.safetensors; L2-normalised; images: bicubic with antialias to 64x64";
        file["logit_scale"] = Math.Round(plain.LogitScale, 8);
        JsonObject retrieval = file["gallery"]!.AsObject();
        retrieval["text_to_image_percent"] = figures.GalleryTextToPicture;
        retrieval["image_to_text_percent"] = figures.GalleryPictureToText;
        JsonArray texts = file["texts"]!.AsArray(), images = file["images"]!.AsArray();
        foreach (JsonNode? text in texts)
        {
            int[] ids = clip.Tokenizer!.Encode((string)text!["text"]!).Ids.ToArray();
            text["ids"] = Array(ids.Select(static id => (JsonNode)id));
            text["embedding"] = Embedding(plain.EncodeText(ids));
        }
        ImagePreprocessor preprocessor = new(clip.Preprocessor!.Config);
        float[] pixels = new float[preprocessor.OutputLength];
        foreach (JsonNode? image in images)
        {
            preprocessor.Preprocess(ImageFormats.Decode(File.ReadAllBytes(Path.Combine(gallery, (string)image!["file"]!))), pixels);
            image["embedding"] = Embedding(plain.EncodeImage(pixels));
        }
        file.Remove("texts");
        file.Remove("images");
        string head = file.ToJsonString(Indented);
        string Lines(JsonArray all) => string.Join(",\n", all.Select(static node => $"  {node!.ToJsonString(OneLine)}"));
        File.WriteAllText(output, $"{head[..^2]},\n \"texts\": [\n{Lines(texts)}\n ],\n \"images\": [\n{Lines(images)}\n ]\n}}\n");
    }

    private static JsonArray Embedding(double[] numbers) => Array(numbers.Select(static number => (JsonNode)Math.Round(number, 8)));

    private static JsonArray Array(IEnumerable<JsonNode> nodes) => [.. nodes];
}

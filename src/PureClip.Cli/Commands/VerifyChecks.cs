using System.Globalization;
using System.Numerics.Tensors;
using PureClip.Model;
using PureClip.Tokenization;

namespace PureClip.Cli.Commands;

/// <summary>What holds for every model, whatever its numbers are.</summary>
internal static class SelfChecks
{
    // Normalisation in single precision over at most some thousand numbers.
    private const float LengthTolerance = 1e-5f;

    private static readonly string[] Texts = ["a photo of a cat", "two", "a red square and a blue circle on white"];

    /// <summary>Encodes a few inputs, alone and together.</summary>
    public static IEnumerable<Check> Run(Clip clip)
    {
        if (clip.Config.Text is not null)
            yield return Compare("text embeddings", [.. Texts.Select(clip.EncodeText)], clip.EncodeTexts(Texts));
        if (clip.Config.Vision is not null)
            yield return Pictures(clip);
    }

    private static Check Pictures(Clip clip)
    {
        const int count = 3;
        int length = clip.Preprocessor!.OutputLength, width = clip.EmbeddingWidth;
        float[] pixels = new float[count * length], together = new float[count * width];
        for (int i = 0; i < pixels.Length; i++)
            pixels[i] = MathF.Sin(i * 0.01f * (1 + i / length)); // three different patterns in the range of normalised pixels
        clip.EncodePixels(pixels, count, together);
        float[][] alone = new float[count][];
        for (int i = 0; i < count; i++)
            clip.EncodePixels(pixels.AsSpan(i * length, length), 1, alone[i] = new float[width]);
        return Compare("picture embeddings", alone, [.. Enumerable.Range(0, count).Select(i => together[(i * width)..((i + 1) * width)])]);
    }

    private static Check Compare(string name, float[][] alone, float[][] together)
    {
        for (int i = 0; i < alone.Length; i++)
        {
            float length = TensorPrimitives.Norm<float>(alone[i]);
            if (!(MathF.Abs(length - 1) <= LengthTolerance))
                return new Check(name, Outcome.Failed,
                    $"the length is {length} and not 1: the weights are damaged, or too large for single precision");
            if (!alone[i].AsSpan().SequenceEqual(together[i]))
                return new Check(name, Outcome.Failed, "an input gives other numbers alone than in company");
        }
        return new Check(name, Outcome.Passed, "of length 1, and the same bits alone as in company");
    }
}

/// <summary>One thing that was looked at, or could not be.</summary>
/// <param name="Name">What.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Detail">Numbers, or the reason.</param>
internal sealed record Check(string Name, Outcome Outcome, string Detail);

/// <summary>How a check ended.</summary>
internal enum Outcome
{
    Passed,

    Failed,

    /// <summary>It could not be done; nothing is wrong.</summary>
    Skipped,

    /// <summary>Nothing was compared: it says under which rules the rest was.</summary>
    Noted,
}

/// <summary>Published token ids of CLIP's vocabulary, each under the cleaning that it was made with.</summary>
internal static class TokenizerGoldens
{
    // transformers.js tests/models/clip/test_tokenization_clip.js and tests/models/test_strings.js: Hugging Face's fast tokenizer.
    private static readonly (string Text, int[] Ids)[] HuggingFace =
    [
        ("How are you doing?", [829, 631, 592, 1960, 286]),
        ("You should've done this", [592, 1535, 1200, 1700, 589]),
        ("The company was founded in 2016.", [518, 2634, 739, 12240, 530, 273, 271, 272, 277, 269]),
        ("A\n'll !!to?'d''d of, can't.", [320, 1342, 748, 531, 13610, 323, 8445, 323, 539, 267, 753, 713, 269]),
        ("def main():\n\tpass", [11649, 2623, 7, 4143, 3511]),
        ("UNwantéd,running", [569, 18356, 3459, 323, 267, 2761]),
        ("生活的真谛是", [33375, 162, 112, 119, 163, 248, 226, 41570, 164, 108, 249, 42891, 363]),
        ("test $1 R2 #3 €4 £5 ¥6 ₣7 ₹8 ₱9 test",
            [1628, 259, 272, 337, 273, 258, 274, 6309, 275, 1950, 276, 20199, 277, 5227, 352, 278, 21777, 279, 5227, 365, 280, 1628]),
        ("weird ～ edge ～ case", [5613, 171, 121, 508, 5461, 171, 121, 508, 2068]),
        ("you…  ", [592, 959]),
    ];

    // openai/CLIP clip/simple_tokenizer.py with ftfy 6.3.1.
    private static readonly (string Text, int[] Ids)[] OpenAi =
    [
        ("a photo of a cat", [320, 1125, 539, 320, 2368]),
        ("a diagram", [320, 22697]),
        ("IT'S 2024!!", [585, 568, 273, 271, 273, 275, 748]),
        ("don’t “quote”", [847, 713, 257, 4020, 257]),
        ("naïve café résumé", [1097, 35689, 563, 15304, 29106, 7054, 4166]),
        ("ﬁancée", [27752, 13489]),
        ("&lt;b&gt;bold&lt;/b&gt; &amp;amp; more", [283, 321, 285, 8911, 34308, 321, 285, 261, 750]),
        ("  lots\tof\n whitespace ", [2958, 539, 4699, 2138]),
        ("ΟΔΟΣ", [138, 123, 138, 112, 138, 123, 139, 480]),
        ("İstanbul", [328, 16384, 11231]),
        ("", []),
    ];

    /// <summary>Compares a model's tokenizer with the published ids, under both cleanings.</summary>
    /// <param name="clip">The model.</param>
    public static IEnumerable<Check> Run(Clip clip)
    {
        if (clip.Tokenizer is not BpeTokenizer tokenizer)
            yield return new Check("tokenizer", Outcome.Skipped, "the model has no text tower");
        else if (!IsClips(tokenizer))
            yield return new Check("tokenizer", Outcome.Skipped,
                $"its vocabulary of {tokenizer.VocabularySize} tokens is not CLIP's, for which ids are published");
        else
        {
            yield return Compare(clip, TextCleaning.HuggingFace, HuggingFace, "tokenizer, Hugging Face's ids");
            yield return Compare(clip, TextCleaning.OpenAI, OpenAi, "tokenizer, OpenAI's ids");
        }
    }

    /// <summary>All tokens but the two special strings, which OpenAI and OpenCLIP spell differently.</summary>
    private static bool IsClips(BpeTokenizer tokenizer)
    {
        BpeTokenizer clips = BpeTokenizer.CreateClip();
        return tokenizer.VocabularySize == clips.VocabularySize
            && Enumerable.Range(0, clips.StartId).All(id => tokenizer.Token(id) == clips.Token(id));
    }

    private static Check Compare(Clip clip, TextCleaning cleaning, (string Text, int[] Ids)[] goldens, string name)
    {
        BpeTokenizer tokenizer = BpeTokenizer.FromDirectory(clip.Source, new() { Cleaning = cleaning });
        foreach ((string text, int[] ids) in goldens)
        {
            int[] found = tokenizer.EncodeWithoutSpecials(text);
            if (!found.AsSpan().SequenceEqual(ids))
                return new Check(name, Outcome.Failed, $"\"{text}\" gives {string.Join(' ', found)}, published is {string.Join(' ', ids)}");
        }
        return new Check(name, Outcome.Passed, $"{goldens.Length} texts");
    }
}

/// <summary>Results that OpenAI and Hugging Face published for openai/clip-vit-base-patch32, on pictures that the user supplies.</summary>
internal static class PublishedNumbers
{
    private const float Tolerance = 1e-3f; // Hugging Face's own, and that of 16-bit weights

    private static readonly Published[] Known =
    [
        // transformers tests/models/clip/test_modeling_clip.py
        new("000000039769", "COCO val2017 000000039769", ["a photo of a cat", "a photo of a dog"],
            [24.5701f, 19.3049f], AreProbabilities: false),

        // openai/CLIP README.md; the picture is CLIP.png of that repository
        new("CLIP", "CLIP.png", ["a diagram", "a dog", "a cat"], [0.9927937f, 0.00421068f, 0.00299572f], AreProbabilities: true),
    ];

    /// <summary>Compares what can be compared.</summary>
    /// <param name="clip">The model.</param>
    /// <param name="pictures">Paths; recognised by their names.</param>
    public static IEnumerable<Check> Run(Clip clip, IReadOnlyList<string> pictures)
    {
        foreach (string path in pictures.Where(static path => !Known.Any(known => known.Is(path))))
            yield return new Check(path, Outcome.Skipped,
                $"nothing is published on a picture of this name; known are {string.Join(" and ", Known.Select(static k => k.Title))}");
        foreach (Published known in Known)
        {
            string name = $"published: {known.Title}";
            if (!IsVitB32(clip.Config))
                yield return new Check(name, Outcome.Skipped,
                    "the numbers are those of openai/clip-vit-base-patch32, and this is another model");
            else if (pictures.FirstOrDefault(known.Is) is not string path)
                yield return new Check(name, Outcome.Skipped, "give the picture with --picture");
            else
                yield return Compare(clip, known, path, name);
        }
    }

    private static Check Compare(Clip clip, Published known, string path, string name)
    {
        float[] picture = clip.EncodeImage(path);
        float[] found = [.. known.Texts.Select(text => clip.LogitScale * TensorPrimitives.Dot<float>(picture, clip.EncodeText(text)))];
        if (known.AreProbabilities)
            TensorPrimitives.SoftMax<float>(found, found);
        bool isClose = found.Zip(known.Numbers)
            .All(static pair => MathF.Abs(pair.First - pair.Second) <= Tolerance * (1 + MathF.Abs(pair.Second)));
        string numbers = $"{Text(found)}, published is {Text(known.Numbers)}";
        return isClose
            ? new Check(name, Outcome.Passed, numbers)
            : new Check(name, Outcome.Failed,
                $"{numbers}. Other trainings of this very form (LAION-400M, MetaCLIP) give other numbers; else picture or weights differ");
    }

    private static string Text(float[] numbers) =>
        string.Join(' ', numbers.Select(static n => n.ToString("0.0000", CultureInfo.InvariantCulture)));

    /// <summary>By sizes and activation, all that a configuration tells.</summary>
    private static bool IsVitB32(ClipConfig config) => config is
    {
        EmbeddingWidth: 512,
        Vision: VisionTransformerConfig
        {
            ImageSize: 224,
            PatchSize: 32,
            Transformer: { Width: 768, Layers: 12, Heads: 12, Gelu: GeluKind.Quick },
        },
        Text: { ContextLength: 77, VocabularySize: 49_408, Transformer: { Width: 512, Layers: 12, Heads: 8, Gelu: GeluKind.Quick } },
    };

    private sealed record Published(string FileName, string Title, string[] Texts, float[] Numbers, bool AreProbabilities)
    {
        public bool Is(string path) => Path.GetFileNameWithoutExtension(path).Equals(FileName, StringComparison.OrdinalIgnoreCase);
    }
}

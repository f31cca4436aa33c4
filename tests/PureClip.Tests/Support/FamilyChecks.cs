using System.Text.Json.Nodes;
using PureClip.Checkpoints;
using PureClip.Files;
using PureClip.Model;
using PureClip.Tests.Files;
using ModelTowers = PureClip.Model.Towers;

namespace PureClip.Tests.Support;

/// <summary>
/// What holds for the model directory of any family, whatever its towers are: the reference's numbers from files to vectors, the same bits in
/// any company and without memory, weights of every type, and an error that names a tensor which is not as it should be.
/// </summary>
internal static class FamilyChecks
{
    /// <summary>Token ids and prepared pictures through the towers, on one vector width.</summary>
    public static void Towers(FamilyFixture fixture, string tier)
    {
        float images = fixture.Config.Vision is null ? 0 : fixture.Images(tier: Tiers.Of(tier));
        float texts = fixture.Config.Text is null ? 0 : fixture.Texts(tier: Tiers.Of(tier));
        Assert.True(images <= fixture.Tolerance && texts <= fixture.Tolerance, $"pictures {images}, texts {texts}");
    }

    /// <summary>Files to ids, embeddings and probabilities: the directory as somebody would have downloaded it.</summary>
    public static void Directory(FamilyFixture fixture)
    {
        JsonNode expected = fixture.Expected;
        using Clip clip = Clip.Load(fixture.Path, new() { Truncation = Truncation.KeepEnd });
        JsonNode[] texts = fixture.Config.Text is null ? [] : [.. expected["texts"]!.AsArray().Select(text => text!)];
        float[][] embeddings = texts.Length == 0 ? [] : clip.EncodeTexts([.. texts.Select(WordsOf)]);
        for (int i = 0; i < texts.Length; i++)
        {
            int[] wanted = IdsOf(texts[i]);
            Assert.Equal(wanted, clip.Tokenizer!.Encode(WordsOf(texts[i]), pad: true).Ids.ToArray().Take(wanted.Length));
            AssertClose(texts[i]["embedding"]!, embeddings[i], fixture.Tolerance, WordsOf(texts[i]));
        }
        if (fixture.Config.Vision is null)
            return;
        bool hasBoth = texts.Length > 0;
        if (hasBoth)
        {
            Assert.Equal(expected["logit_scale"]!.GetValue<float>(), clip.LogitScale, 1e-3f);
            Assert.Equal(expected["logit_bias"]?.GetValue<float>() ?? 0f, clip.LogitBias);
            Assert.Equal((string?)expected["probability"] == "sigmoid", clip.IsSigmoid);
        }
        foreach ((string name, JsonNode? embedding) in expected["images"]!.AsObject())
        {
            float[] picture = clip.EncodeImage(Path.Combine(fixture.Pictures, name));
            AssertClose(embedding!, picture, fixture.Tolerance, name);
            if (!hasBoth || expected["probabilities"] is not JsonObject probabilities)
                continue;
            float[] actual = clip.IsSigmoid
                ? [.. embeddings.Select(text => Similarity.Probability(clip, Similarity.Cosine(picture, text)))]
                : Similarity.Softmax([.. embeddings.Select(text => Similarity.Logit(clip, picture, text))]);
            AssertClose(probabilities[name]!, actual, 1e-4f, name);
        }
    }

    /// <summary>What alone a picture or a text gives, it gives in company, on any number of threads, and without memory.</summary>
    public static void Bits(FamilyFixture fixture)
    {
        using Clip clip = Clip.Load(fixture.Path, new() { Threads = 1 }), other = Clip.Load(fixture.Path, new() { Threads = 2 });
        int width = clip.EmbeddingWidth;
        float[] alone = new float[width];
        if (fixture.Config.Vision is not null)
        {
            const int Pictures = 5;
            int size = clip.Preprocessor!.OutputLength;
            float[] pixels = Pixels(clip, Pictures, 2f), together = new float[Pictures * width];
            clip.EncodePixels(pixels, Pictures, together);
            foreach (Clip any in (Clip[])[clip, other])
            {
                any.EncodePixels(pixels.AsSpan(3 * size, size), 1, alone);
                TensorAssert.SameBits(together.AsSpan(3 * width, width), alone);
            }
            NoAllocation.Assert(() => clip.EncodePixels(pixels, Pictures, together));
        }
        if (fixture.Config.Text is null)
            return;
        ReadOnlyMemory<int>[] ids = [.. fixture.Expected["texts"]!.AsArray().Select(text => (ReadOnlyMemory<int>)IdsOf(text!))];
        float[] texts = new float[ids.Length * width];
        clip.EncodeTokens(ids, texts);
        foreach (Clip any in (Clip[])[clip, other])
            for (int i = 0; i < ids.Length; i++)
            {
                any.EncodeTokens(ids[i].Span, alone);
                TensorAssert.SameBits(texts.AsSpan(i * width, width), alone);
                if (fixture.Config.Text.Bert is null)
                    continue;
                any.EncodeTokens(ids[i].Span.TrimEnd(any.Tokenizer!.PadId), alone); // padding is not seen
                TensorAssert.SameBits(texts.AsSpan(i * width, width), alone);
            }
        NoAllocation.Assert(() => clip.EncodeTokens(ids, texts));
    }

    /// <summary>
    /// Every matrix of both towers takes 16 bits, and 8 inside, which change an embedding by what they are worth; a packed file gives the bits of the
    /// original.
    /// </summary>
    public static void NarrowWeights(FamilyFixture fixture)
    {
        using TempDirectory copy = CopyOf(fixture.Path);
        using Clip exact = Clip.Load(copy.Path);
        float[] expected = Encode(exact, fixture);
        using ModelTowers towers = ModelTowers.Of(exact.Config);
        foreach ((WeightType type, float most) in
            ((WeightType, float)[])[(WeightType.BF16, 0.1f), (WeightType.F16, 0.02f), (WeightType.Int8, 0.3f)])
        {
            using Clip narrow = Clip.Load(copy.Path, new() { Weights = type });
            float difference = expected.Zip(Encode(narrow, fixture), (a, b) => MathF.Abs(a - b)).Max();
            Assert.InRange(difference, type == WeightType.F16 ? 0 : 1e-7f, most); // most of these files are in F16 themselves
            ModelInspection inspection = ModelInspection.Of(copy.Path);
            AssertTypes(towers.Vision, inspection.Vision(type)?.Matrices, type);
            AssertTypes(towers.Text, inspection.Text(type)?.Matrices, type);
        }
        exact.WritePacked(CancellationToken.None);
        using Clip packed = Clip.Load(copy.Path);
        Assert.NotNull(packed.PackedPath);
        Assert.Equal(expected, Encode(packed, fixture));
    }

    /// <summary>One tensor that is missing, one under another name, one too many: the error names it.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="step">Every how many-th tensor is tried, beginning with the first.</param>
    /// <param name="isLone">Whether messages may leave out the first word: a tower that was saved by itself has one more, or less.</param>
    public static void NamesOfTensors(string path, int step = 1, bool isLone = false)
    {
        using TempDirectory copy = CopyOf(path);
        string weights = Path.GetFileName(ModelDirectory.FindWeights(path)!);
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(path, weights));
        TensorSource[] all = [.. file.Tensors.Select(one => Source(file, one, one.Name))];
        string Refusal(IEnumerable<TensorSource> tensors)
        {
            SafetensorsWriter.Write(copy.File(weights), tensors);
            return Assert.Throws<InvalidDataException>(() => Clip.Load(copy.Path)).Message;
        }
        bool hasTexts = ModelDirectory.Open(path).Config.Text is not null;
        foreach (TensorInfo tensor in file.Tensors.Where((tensor, i) => i % step == 0 && IsNeeded(tensor.Name, hasTexts)))
        {
            TensorSource renamed = Source(file, tensor, tensor.Name + "_");
            TensorSource[] others = [.. all.Where(one => one.Name != tensor.Name)];
            string name = isLone ? tensor.Name[(tensor.Name.IndexOf('.', StringComparison.Ordinal) + 1)..] : tensor.Name;
            Assert.Contains(name, Refusal(others));
            string message = Refusal([.. others, renamed]);
            Assert.Contains(name, message);
            Assert.Contains(tensor.Name + "_", message);
            Assert.Contains(tensor.Name + "_", Refusal([.. all, renamed]));
        }
    }

    /// <summary>The ids of an expected text.</summary>
    public static int[] IdsOf(JsonNode text) => [.. text["ids"]!.AsArray().Select(id => id!.GetValue<int>())];

    /// <summary>Demands that numbers are the reference's.</summary>
    public static void AssertClose(JsonNode expected, float[] actual, float tolerance, string what)
    {
        float[] numbers = [.. expected.AsArray().Select(number => number!.GetValue<float>())];
        Assert.Equal(numbers.Length, actual.Length);
        float worst = numbers.Zip(actual, (e, a) => MathF.Abs(e - a)).Max();
        Assert.True(worst <= tolerance, $"{what}: {worst:R} away from the reference; allowed is a difference of {tolerance:R}.");
    }

    /// <summary>16 bits are for all matrices, 8 for those inside a tower.</summary>
    private static void AssertTypes(Tower? tower, IReadOnlyDictionary<WeightType, int>? matrices, WeightType type)
    {
        if (tower is null)
            return;
        int inside = tower.Parameters.Count(parameter => parameter.Use == Use.Inner), all = tower.Parameters.Count(parameter => parameter.IsMatrix);
        Assert.Equal(type == WeightType.Int8 ? inside : all, matrices![type]);
        Assert.Equal(all, matrices.Values.Sum());
    }

    private static string WordsOf(JsonNode text) => text["text"]!.GetValue<string>();

    private static bool IsNeeded(string name, bool hasTexts) =>
        !name.StartsWith("logit_", StringComparison.Ordinal) && !Names.IsIgnorable(name) && (hasTexts || !Names.IsOfText(name));

    /// <summary>One picture and one text.</summary>
    private static float[] Encode(Clip clip, FamilyFixture fixture)
    {
        float[] picture = fixture.Config.Vision is null ? [] : new float[clip.EmbeddingWidth];
        float[] text = fixture.Config.Text is null ? [] : new float[clip.EmbeddingWidth];
        if (picture.Length > 0)
            clip.EncodePixels(Pixels(clip, 1, 1f), 1, picture);
        if (text.Length > 0)
            clip.EncodeTokens(IdsOf(fixture.Expected["texts"]![0]!), text);
        return [.. picture, .. text];
    }

    /// <summary>Random pictures. Where sizes follow the pictures, each begins with its own: here another for each.</summary>
    private static float[] Pixels(Clip clip, int count, float scale)
    {
        int size = clip.Preprocessor!.OutputLength;
        float[] pixels = Matrices.Random(count * size, 3, scale);
        for (int i = 0; clip.Preprocessor.Config.MostPatches is not null && i < count; i++)
            (pixels[i * size], pixels[i * size + 1]) = (1 + i, 7 - i);
        return pixels;
    }

    /// <summary>Bytes alone: not the mode of read-only files.</summary>
    private static TempDirectory CopyOf(string path)
    {
        TempDirectory copy = new();
        foreach (string file in System.IO.Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories))
        {
            string target = copy.File(Path.GetRelativePath(path, file));
            System.IO.Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.WriteAllBytes(target, File.ReadAllBytes(file));
        }
        return copy;
    }

    private static TensorSource Source(SafetensorsFile file, TensorInfo tensor, string name) =>
        new(name, tensor.Type, [.. tensor.Shape], stream =>
        {
            byte[] bytes = new byte[tensor.ByteLength];
            file.Read(tensor, 0, bytes);
            stream.Write(bytes);
        });
}

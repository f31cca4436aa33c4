using System.Text.Json.Nodes;
using PureClip.Checkpoints;
using PureClip.Imaging;
using PureClip.Model;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Tests.Support;

/// <summary>
/// A tiny model of one family in a published layout, and the embeddings that the reference code gives for some pictures and token ids. Its
/// towers are computed without a tokenizer: a twin of its configuration shows what a mistake would change.
/// </summary>
internal sealed class FamilyFixture : IDisposable
{
    private readonly ModelDirectory _directory;
    private readonly JsonNode _expected;

    /// <param name="path">The folder.</param>
    /// <param name="pictures">The folder with the pictures.</param>
    public FamilyFixture(string path, string pictures)
    {
        (Path, Pictures) = (path, pictures);
        _directory = ModelDirectory.Open(path);
        _expected = JsonNode.Parse(File.ReadAllText(System.IO.Path.Combine(path, "expected.json")))!;
        Tolerance = _expected["tolerance"]!.GetValue<float>();
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>Where the pictures are.</summary>
    public string Pictures { get; }

    /// <summary>Largest difference of a number of an embedding.</summary>
    public float Tolerance { get; }

    /// <summary>The architecture.</summary>
    public ClipConfig Config => _directory.Config;

    /// <summary>How pictures are prepared.</summary>
    public ImagePreprocessorConfig Preprocessing => _directory.Preprocessing;

    /// <summary>What the reference gives.</summary>
    public JsonNode Expected => _expected;

    /// <summary>Largest difference of a picture's embedding.</summary>
    /// <param name="config">A twin of the configuration; null for itself.</param>
    /// <param name="pictures">A twin of the rules for pictures; null for themselves.</param>
    /// <param name="tier">The vector width in use.</param>
    public float Images(ClipConfig? config = null, ImagePreprocessorConfig? pictures = null, SimdTier? tier = null)
    {
        using Towers towers = Load(config, tier, out Checkpoint checkpoint);
        using Checkpoint owner = checkpoint;
        VisionTower tower = towers.Vision!;
        ImagePreprocessor preprocessor = new(pictures ?? Preprocessing);
        float[] pixels = new float[preprocessor.OutputLength];
        float worst = 0;
        using Pass pass = Pass.Create(tower, tier ?? SimdTier.Active, WorkerPool.Serial, 1, tower.MostRows);
        foreach ((string name, JsonNode? embedding) in _expected["images"]!.AsObject())
        {
            preprocessor.Preprocess(ImageFormats.Decode(File.ReadAllBytes(System.IO.Path.Combine(Pictures, name))), pixels);
            pass.Begin();
            tower.Add(pixels, pass);
            tower.Forward(pass);
            worst = MathF.Max(worst, Difference(embedding!, pass.Embeddings.RowSpan(0)));
        }
        return worst;
    }

    /// <summary>Largest difference of a text's embedding; all texts in one pass, as the tower gets them.</summary>
    /// <param name="config">A twin of the configuration; null for itself.</param>
    /// <param name="tier">The vector width in use.</param>
    /// <param name="change">What is done to the ids of each.</param>
    public float Texts(ClipConfig? config = null, SimdTier? tier = null, Func<int[], int[]>? change = null)
    {
        using Towers towers = Load(config, tier, out Checkpoint checkpoint);
        using Checkpoint owner = checkpoint;
        TextTower tower = towers.Text!;
        JsonNode[] texts = [.. _expected["texts"]!.AsArray().Select(text => text!)];
        int[][] ids = [.. texts.Select(text => text["ids"]!.AsArray().Select(id => id!.GetValue<int>()).ToArray())];
        if (change is not null)
            ids = Array.ConvertAll(ids, text => change(text));
        using Pass pass = Pass.Create(
            tower, tier ?? SimdTier.Active, WorkerPool.Serial, ids.Length, ids.Sum(text => tower.RowsOf(text)));
        pass.Begin();
        foreach (int[] text in ids)
            tower.Add(text, pass);
        tower.Forward(pass);
        return texts.Select((text, i) => Difference(text["embedding"]!, pass.Embeddings.RowSpan(i))).Max();
    }

    public void Dispose()
    {
    }

    private Towers Load(ClipConfig? config, SimdTier? tier, out Checkpoint checkpoint)
    {
        checkpoint = Checkpoint.Open(_directory, config);
        foreach (Tower? tower in (Tower?[])[checkpoint.Towers.Vision, checkpoint.Towers.Text])
            if (tower is not null)
                checkpoint.Load(tower, tier ?? SimdTier.Active, null, WorkerPool.Serial);
        return checkpoint.Towers;
    }

    private static float Difference(JsonNode expected, ReadOnlySpan<float> actual)
    {
        float[] numbers = [.. expected.AsArray().Select(number => number!.GetValue<float>())];
        Assert.Equal(numbers.Length, actual.Length);
        double length = 0;
        foreach (float number in actual)
            length += (double)number * number;
        float worst = 0;
        for (int i = 0; i < numbers.Length; i++)
            worst = MathF.Max(worst, MathF.Abs(numbers[i] - (float)(actual[i] / Math.Sqrt(length))));
        return worst;
    }
}

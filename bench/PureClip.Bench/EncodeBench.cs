using BenchmarkDotNet.Attributes;
using PureClip.Files;
using PureClip.Model;

namespace PureClip.Bench;

/// <summary>How long do pictures and texts take through the towers of ViT-B/32 (random weights), pixels and ids being ready?</summary>
public class EncodeBench
{
    // "a photo of a cat" with start and end.
    private static readonly int[] Ids = [49406, 320, 1125, 539, 320, 2368, 49407];

    private Runtime? _runtime;
    private Engine? _visionEngine, _textEngine;
    private VisionEncoder? _vision;
    private TextEncoder? _text;
    private float[] _pixels = [], _embeddings = [];

    /// <summary>What is encoded, and how many at once.</summary>
    [ParamsSource(nameof(Batches))]
    public EncodeBatch Batch { get; set; } = new("image", 1);

    /// <summary>Threads that compute.</summary>
    [Params(1, 2)]
    public int Threads { get; set; }

    public static IEnumerable<EncodeBatch> Batches => [new("image", 1), new("image", 16), new("text", 1)];

    [GlobalSetup]
    public void Setup()
    {
        ClipConfig config = RandomTowers.VitB32;
        _runtime = new(Threads);
        Gate gate = new(nameof(EncodeBench));
        Towers towers = Towers.Of(config);
        _visionEngine = new(towers.Vision!, () => RandomTowers.Fill(towers.Vision!), _runtime, gate, normalize: true);
        _textEngine = new(towers.Text!, () => RandomTowers.Fill(towers.Text!), _runtime, gate, normalize: true);
        _vision = new(towers.Vision!, _visionEngine, new(new()), new());
        _text = new(towers.Text!, _textEngine, config.Text!, null!);
        _pixels = RandomTowers.Numbers(Batch.Count * 3 * config.Vision!.ImageSize * config.Vision.ImageSize, 1f);
        _embeddings = new float[Batch.Count * config.EmbeddingWidth];
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _visionEngine?.Dispose();
        _textEngine?.Dispose();
        _runtime?.Dispose();
    }

    [Benchmark]
    public void Encode()
    {
        if (Batch.Kind == "image")
            _vision!.Encode(_pixels, Batch.Count, _embeddings, CancellationToken.None);
        else
            _text!.Encode(Ids, _embeddings, CancellationToken.None);
    }
}

/// <summary>So many pictures or texts.</summary>
public sealed record EncodeBatch(string Kind, int Count) : IFlops
{
    private static readonly Towers Towers = Towers.Of(RandomTowers.VitB32);

    double IFlops.Flops => Count * (Kind == "image" ? Towers.Vision!.Flops(Towers.Vision.RowsPerPicture) : Towers.Text!.Flops(rows: 7));
}

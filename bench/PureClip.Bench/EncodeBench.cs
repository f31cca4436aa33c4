using BenchmarkDotNet.Attributes;
using PureClip.Model;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Bench;

/// <summary>How long do pictures and texts take through the towers of ViT-B/32 (random weights), pixels and ids being ready?</summary>
public class EncodeBench
{
    // "a photo of a cat" with start and end.
    private static readonly int[] Ids = [49406, 320, 1125, 539, 320, 2368, 49407];

    private WorkerPool _pool = WorkerPool.Serial;
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
        _pool = Threads == 1 ? WorkerPool.Serial : new(Threads);
        Towers towers = Towers.Of(config);
        _vision = new(towers.Vision!, () => RandomTowers.Fill(towers.Vision!), SimdTier.Active, _pool, normalize: true);
        _text = new(towers.Text!, config.Text!, () => RandomTowers.Fill(towers.Text!), SimdTier.Active, _pool, normalize: true);
        _pixels = RandomTowers.Numbers(Batch.Count * 3 * config.Vision!.ImageSize * config.Vision.ImageSize, 1f);
        _embeddings = new float[Batch.Count * config.EmbeddingWidth];
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _vision?.Dispose();
        _text?.Dispose();
        if (Threads > 1)
            _pool.Dispose();
    }

    [Benchmark]
    public void Encode()
    {
        if (Batch.Kind == "image")
            _vision!.Encode(_pixels, Batch.Count, _embeddings);
        else
            _text!.Encode(Ids, _embeddings);
    }
}

/// <summary>So many pictures or texts.</summary>
public sealed record EncodeBatch(string Kind, int Count) : IFlops
{
    private static readonly Towers Towers = Towers.Of(RandomTowers.VitB32);

    double IFlops.Flops => Count * (Kind == "image" ? Towers.Vision!.Flops(Towers.Vision.RowsPerPicture) : Towers.Text!.Flops(rows: 7));
}

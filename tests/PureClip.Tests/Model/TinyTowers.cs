using PureClip.Checkpoints;
using PureClip.Model;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Tests.Model;

/// <summary>The golden model's towers, packed for one vector width and one activation.</summary>
internal sealed class TinyTowers<V> : IDisposable
    where V : unmanaged, ISimd<V>
{
    private readonly CheckpointReader _reader;

    public TinyTowers(GeluKind gelu, int threads = 1)
    {
        ModelDirectory directory = ModelDirectory.Open(Golden.TinyModel);
        Config = directory.Config with
        {
            Vision = directory.Config.Vision! with { Transformer = directory.Config.Vision.Transformer with { Gelu = gelu } },
            Text = directory.Config.Text! with { Transformer = directory.Config.Text.Transformer with { Gelu = gelu } },
        };
        Tier = SimdTier.All.Single(t => t.Bits == 32 * V.Count);
        Pool = new(threads);
        _reader = CheckpointReader.Open(directory.WeightsPath, Config);
        Vision = _reader.ReadVision(Tier, null, Pool);
        Text = _reader.ReadText(Tier, null, Pool);
    }

    public ClipConfig Config { get; }

    public SimdTier Tier { get; }

    public WorkerPool Pool { get; }

    public VisionWeights Vision { get; }

    public TextWeights Text { get; }

    /// <summary>A workspace for two pictures.</summary>
    public Pass VisionWorkspace()
    {
        VisionConfig vision = Config.Vision!;
        return Pass.Allocate(Tier, vision.Transformer, 3 * vision.PatchSize * vision.PatchSize, Config.EmbeddingWidth, vision.Tokens, 2, 2 * vision.Tokens, Pool);
    }

    /// <summary>A workspace for three texts.</summary>
    public Pass TextWorkspace() =>
        Pass.Allocate(Tier, Config.Text!.Transformer, 0, Config.EmbeddingWidth, Config.Text.ContextLength, 3, 3 * Config.Text.ContextLength, Pool);

    public void Dispose()
    {
        Vision.Dispose();
        Text.Dispose();
        _reader.Dispose();
        Pool.Dispose();
    }
}

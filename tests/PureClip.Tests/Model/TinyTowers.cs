using PureClip.Checkpoints;
using PureClip.Model;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Tests.Model;

/// <summary>The golden model's towers, packed for one vector width and one activation.</summary>
internal sealed class TinyTowers : IDisposable
{
    private readonly Checkpoint _checkpoint;

    public TinyTowers(SimdTier tier, GeluKind gelu, int threads = 1)
    {
        ModelDirectory directory = ModelDirectory.Open(Golden.TinyModel);
        VisionTransformerConfig vision = (VisionTransformerConfig)directory.Config.Vision!;
        TextConfig text = directory.Config.Text!;
        Config = directory.Config with
        {
            Vision = vision with { Transformer = vision.Transformer with { Gelu = gelu } },
            Text = text with { Transformer = text.Transformer with { Gelu = gelu } },
        };
        Tier = tier;
        Pool = new(threads);
        _checkpoint = Checkpoint.Open(directory.WeightsPath, Config);
        _checkpoint.Load(Vision, tier, null, Pool);
        _checkpoint.Load(Text, tier, null, Pool);
    }

    public ClipConfig Config { get; }

    public SimdTier Tier { get; }

    public WorkerPool Pool { get; }

    public VisionTower Vision => _checkpoint.Towers.Vision!;

    public TextTower Text => _checkpoint.Towers.Text!;

    /// <summary>A pass with the golden pictures.</summary>
    public Pass Pictures(PassOptions options = default)
    {
        using Golden golden = Golden.Open("quick_gelu");
        Pass pass = Pass.Create(Vision, Tier, Pool, 2, 2 * Vision.RowsPerPicture, options);
        pass.Begin();
        foreach (float[] pixels in golden["input.pixels"].Chunk(Vision.PixelsPerPicture))
            Vision.Add(pixels, pass);
        return pass;
    }

    /// <summary>A pass with the golden texts.</summary>
    public Pass Texts(PassOptions options = default)
    {
        using Golden golden = Golden.Open("quick_gelu");
        Pass pass = Pass.Create(Text, Tier, Pool, 3, 3 * Text.MostRows, options);
        pass.Begin();
        int first = 0;
        foreach (int length in golden.Integers("input.lengths"))
        {
            Text.Add(golden.Integers("input.ids").AsSpan(first, length), pass);
            first += length;
        }
        return pass;
    }

    public void Dispose()
    {
        _checkpoint.Dispose();
        Pool.Dispose();
    }
}

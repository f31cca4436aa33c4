using PureClip.Memory;

namespace PureClip.Model;

/// <summary>Pictures to embeddings: patches → ln_pre → blocks → ln_post of the class token → projection.</summary>
/// <remarks>Dosovitskiy et al. 2020 with CLIP's additional norm before the blocks (Radford et al. 2021, 2.4).</remarks>
internal sealed class VisionTransformer : VisionTower
{
    private readonly VisionTransformerConfig _config;
    private readonly PatchEmbedding _patches;
    private readonly Norm _pre, _post;
    private readonly Blocks _blocks;
    private readonly Linear _projection;

    public VisionTransformer(VisionTransformerConfig config, int embeddingWidth)
        : base(embeddingWidth)
    {
        _config = config;
        TransformerConfig c = config.Transformer;
        Scope at = new(Parameters, "vision");
        _patches = new(at, config);
        _pre = new(at["ln_pre"], c.Width, c.LayerNormEps);
        _blocks = new(at, c);
        _post = new(at["ln_post"], c.Width, c.LayerNormEps);
        _projection = new(at["projection"], c.Width, embeddingWidth, Use.End, bias: false);
    }

    public override int PixelsPerPicture => 3 * _config.ImageSize * _config.ImageSize;

    public override int MostRows => _config.Tokens;

    public override ReadOut ReadOut => ReadOut.First;

    public override void Begin(Pass p) => _patches.Begin(p);

    public override void Add(ReadOnlySpan<float> pixels, Pass p) => _patches.Add(pixels, p);

    public override void Forward(Pass p)
    {
        MatrixView x = _patches.Run(p);                        // [rows, width]
        p.ReleaseInput();
        _pre.Run(p, x, x);
        p.Tap(Tap.Embedded, 0, x);
        x = _blocks.Run(p, x, causal: false, p.Read);          // [read, width]
        MatrixView y = p.Take("ln_post", x.Rows, x.Columns);
        _post.Run(p, x, y);
        _projection.Run(p, p.Average(y), p.Embeddings);
    }
}

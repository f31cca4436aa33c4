using PureClip.Imaging;
using PureClip.Memory;

namespace PureClip.Model;

/// <summary>
/// Pictures to embeddings: patches → ln_pre → blocks → what is read, normed → projection. What is there, the configuration says.
/// </summary>
/// <remarks>
/// Dosovitskiy et al. 2020 with CLIP's additional norm before the blocks (Radford et al. 2021, 2.4); without it and with a head that asks
/// Zhai et al. 2023, SigLIP.
/// </remarks>
internal sealed class VisionTransformer : VisionTower
{
    private readonly VisionTransformerConfig _config;
    private readonly PatchEmbedding _patches;
    private readonly Norm? _pre;
    private readonly Norm _post;
    private readonly Blocks _blocks;
    private readonly AttentionHead? _head;
    private readonly QueryPool? _pool;
    private readonly Linear? _projection;

    public VisionTransformer(VisionTransformerConfig config, int embeddingWidth)
        : base(embeddingWidth)
    {
        _config = config;
        TransformerConfig c = config.Transformer;
        Scope at = new(Parameters, "vision");
        bool pools = config.ReadAt == VisionReadOut.Queries;
        int width = pools ? embeddingWidth : c.Width;
        _patches = new(at, config);
        _pre = config.HasPreNorm ? new(at["ln_pre"], c.Width, c.LayerNormEps) : null;
        _blocks = new(at, c, config.Grid);
        _pool = pools ? new(at["query_pool"], config, embeddingWidth) : null;
        _post = new(at["ln_post"], width, c.LayerNormEps);
        _head = config.ReadAt == VisionReadOut.AttentionHead ? new(at["head"], config) : null;
        _projection = config.Projection == VisionProjection.None
            ? null
            : new(at["projection"], width, embeddingWidth, Use.End, bias: config.Projection == VisionProjection.LinearWithBias);
    }

    public override int PixelsPerPicture => _config.MostPatches is int most
        ? FlexibleSize.HeaderLength + 3 * most * _config.PatchSize * _config.PatchSize
        : 3 * _config.ImageSize * _config.ImageSize;

    public override int LeastRows => _config.MostPatches is null ? MostRows : 1;

    public override int MostRows => _config.Tokens;

    public override ReadOut ReadOut => _config.ReadAt == VisionReadOut.ClassToken ? ReadOut.First : ReadOut.Pooled;

    public override Insides? Insides =>
        new(_config.Transformer, _config.ReadAt == VisionReadOut.Queries ? null : _post); // theirs is of what the queries make

    /// <summary>Where a class token is read, any other token can be; a pool or a head makes one embedding of all.</summary>
    public override bool CanRead(ReadOut read) => ReadOut == ReadOut.Pooled ? read == ReadOut.Pooled : base.CanRead(read);

    public override int RowsOf(ReadOnlySpan<float> pixels)
    {
        if (_config.MostPatches is not int most)
            return MostRows;
        (int rows, int columns) = FlexibleSize.Read(pixels, most);
        return rows * columns;
    }

    public override void Begin(Pass p) => _patches.Begin(p);

    public override void Add(ReadOnlySpan<float> pixels, Pass p) => _patches.Add(pixels, p);

    public override void Forward(Pass p)
    {
        MatrixView x = _patches.Run(p);                        // [rows, width]
        p.ReleaseInput();
        _pre?.Run(p, x, x);
        p.Tap(Tap.Embedded, 0, x);
        p.Paths?.Begin(p, x.Columns);
        x = _blocks.Run(p, x, Sight.All, p.Read);              // [read, width]
        p.Paths?.Finish(p, x, _post, _projection, EmbeddingWidth);
        switch (_config.ReadAt)
        {
            case VisionReadOut.ClassToken:
                MatrixView y = p.Take("ln_post", x.Rows, x.Columns);
                _post.Run(p, x, y);
                Project(p, p.Average(y));
                break;
            case VisionReadOut.MeanOfPatches:
                MatrixView mean = p.Average(x, _config.ClassTokens, "mean"); // [pictures, width]
                _post.Run(p, mean, mean);
                Project(p, mean);
                break;
            case VisionReadOut.AttentionHead:
                _post.Run(p, x, x);
                MatrixView answer = _projection is null ? p.Embeddings : p.Take("head", p.Sequences, x.Columns);
                _head!.Run(p, x, answer);
                if (_projection is not null)
                    Project(p, answer);
                break;
            default:
                MatrixView pooled = p.Take("pooled", p.Sequences, EmbeddingWidth);
                _pool!.Run(p, x, pooled);
                _post.Run(p, pooled, pooled);
                Project(p, pooled);
                break;
        }
    }

    private void Project(Pass p, MatrixView x)
    {
        if (_projection is not null)
            _projection.Run(p, x, p.Embeddings);
        else
            p.Compute.Copy(x, p.Embeddings);
    }
}

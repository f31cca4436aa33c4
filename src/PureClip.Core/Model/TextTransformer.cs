using PureClip.Memory;

namespace PureClip.Model;

/// <summary>
/// Texts to embeddings: token + position → causal blocks → ln_final of the end-of-text token → projection. Because attention is
/// causal, tokens after the one that is read change nothing; they are not computed, and texts of a batch lie end to end without padding.
/// </summary>
/// <remarks>Radford et al. 2021, 2.4.</remarks>
internal sealed class TextTransformer : TextTower
{
    private readonly TextConfig _config;
    private readonly TokenEmbedding _tokens;
    private readonly Blocks _blocks;
    private readonly Norm _final;
    private readonly Linear _projection;

    public TextTransformer(TextConfig config, int embeddingWidth)
        : base(embeddingWidth)
    {
        _config = config;
        TransformerConfig c = config.Transformer;
        Scope at = new(Parameters, "text");
        _tokens = new(at, config);
        _blocks = new(at, c);
        _final = new(at["ln_final"], c.Width, c.LayerNormEps);
        _projection = new(at["projection"], c.Width, embeddingWidth, Use.End, bias: false);
    }

    public override int LeastRows => 1;

    public override int MostRows => _config.ContextLength;

    public override ReadOut ReadOut => ReadOut.Last;

    public override int RowsOf(ReadOnlySpan<int> ids) => _config.LengthToPool(ids);

    public override void Begin(Pass p) => _tokens.Begin(p);

    public override void Add(ReadOnlySpan<int> ids, Pass p) => _tokens.Add(ids[..RowsOf(ids)], p);

    public override void Forward(Pass p)
    {
        MatrixView x = p.Stream.Top(p.Rows);                   // [rows, width]
        p.Tap(Tap.Embedded, 0, x);
        x = _blocks.Run(p, x, causal: true, p.Read);           // [read, width]
        MatrixView y = p.Take("ln_final", x.Rows, x.Columns);
        _final.Run(p, x, y);
        _projection.Run(p, p.Average(y), p.Embeddings);
    }
}

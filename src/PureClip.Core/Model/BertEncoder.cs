using System.Numerics.Tensors;
using PureClip.Kernels;
using PureClip.Memory;

namespace PureClip.Model;

/// <summary>
/// Texts to embeddings by an encoder of BERT's kind: norm(token + position + type) → blocks without a mask, with norms after the sums → the
/// first token or the mean of all → projection. What is padding is seen by nobody and not computed. NLLB's is the same without that first
/// norm, with computed positions and norms before its branches.
/// </summary>
/// <remarks>
/// Devlin et al. 2019; Liu et al. 2019, RoBERTa; Conneau et al. 2020, XLM-R; Sanh et al. 2019, DistilBERT; Fan et al. 2020, M2M-100, and
/// Costa-jussà et al. 2022, NLLB. As a text tower: open_clip's HFTextEncoder; Carlsson et al. 2022, M-CLIP; Yang et al. 2022, Chinese-CLIP;
/// Chen et al. 2022, AltCLIP; Visheratin 2023, NLLB-CLIP.
/// </remarks>
internal sealed class BertEncoder : TextTower
{
    private readonly TextConfig _config;
    private readonly BertConfig _bert;
    private readonly Parameter _tokens;
    private readonly Parameter? _positions, _types;
    private readonly float[] _sines;
    private readonly Norm? _norm;
    private readonly Blocks _blocks;
    private readonly Norm? _final;
    private readonly Linear? _pooler, _first, _projection;

    public BertEncoder(TextConfig config, BertConfig bert, int embeddingWidth)
        : base(embeddingWidth)
    {
        (_config, _bert) = (config, bert);
        TransformerConfig c = config.Transformer;
        Scope at = new(Parameters, "text");
        _tokens = at.Declare("token_embedding", [config.VocabularySize, c.Width], Use.Table);
        _positions = bert.HasSinePositions ? null : at.Declare("positional_embedding", [bert.Positions, c.Width]);
        _sines = bert.HasSinePositions ? SinePositions.Table(bert.FirstPosition + config.ContextLength, c.Width, bert.PadId) : [];
        _types = bert.TokenTypes > 0 ? at.Declare("type_embedding", [bert.TokenTypes, c.Width]) : null;
        _norm = bert.HasEmbeddingNorm ? new(at["ln_embedding"], c.Width, c.LayerNormEps) : null;
        _blocks = new(at, c);
        _final = bert.HasFinalNorm ? new(at["ln_final"], c.Width, c.LayerNormEps) : null;
        _pooler = bert.HasPooler ? new(at["pooler"], c.Width, c.Width, Use.End) : null;
        bool isLong = config.Projection is TextProjection.TwoLayers or TextProjection.Transformed;
        _first = isLong
            ? new(at["projection_inner"], c.Width, bert.ProjectionWidth, Use.End, bias: config.Projection == TextProjection.Transformed)
            : null;
        _projection = config.Projection == TextProjection.None
            ? null
            : new(at["projection"], isLong ? bert.ProjectionWidth : c.Width, embeddingWidth, Use.End,
                bias: config.Projection == TextProjection.LinearWithBias);
    }

    public override int LeastRows => 1;

    public override int MostRows => _config.ContextLength;

    public override ReadOut ReadOut => _config.ReadAt == TextReadOut.MeanOfTokens ? ReadOut.Mean : ReadOut.First;

    public override Insides? Insides => new(_config.Transformer, _final);

    /// <summary>Tokens that are no padding; of a text that is nothing else, the first.</summary>
    public override int RowsOf(ReadOnlySpan<int> ids) => Math.Max(1, ids.Length - ids.Count(_bert.PadId));

    public override void Begin(Pass p) => p.Stream = p.Take("embedded", p.MaxRows, _config.Transformer.Width);

    public override void Add(ReadOnlySpan<int> ids, Pass p)
    {
        int rows = RowsOf(ids), row = p.Add(rows), end = row + rows;
        bool hasWords = ids.ContainsAnyExcept(_bert.PadId);
        for (int i = 0, seen = 0; i < ids.Length && row < end; i++)
        {
            bool isPadding = ids[i] == _bert.PadId;
            if (isPadding && hasWords)
                continue;
            // Where places are counted from behind the padding's row, padding has none of its own; else it takes one.
            int position = _bert.FirstPosition == 0 ? i : isPadding ? _bert.PadId : _bert.FirstPosition + seen++;
            Span<float> x = p.Stream.RowSpan(row++);
            _tokens.Table!.Read(ids[i], x);
            if (_bert.TokenScale != 1)
                TensorPrimitives.Multiply(x, _bert.TokenScale, x);
            AddRow(_positions is null ? _sines : _positions.Numbers, position, x);
            if (_types is not null)
                AddRow(_types.Numbers, 0, x);
        }
    }

    public override void Forward(Pass p)
    {
        MatrixView x = p.Stream.Top(p.Rows);                   // [rows, width]
        _norm?.Run(p, x, x);
        p.Tap(Tap.Embedded, 0, x);
        x = _blocks.Run(p, x, Sight.All, p.Read);              // [read, width]
        if (_final is not null)
        {
            MatrixView normed = p.Take("ln_final", x.Rows, x.Columns);
            _final.Run(p, x, normed);
            x = normed;
        }
        x = p.Average(x);
        if (_pooler is not null)
        {
            MatrixView pooled = p.Take("pooler", x.Rows, x.Columns);
            _pooler.Run(p, x, pooled);
            p.Compute.Tanh(pooled);
            x = pooled;
        }
        if (_first is not null)
        {
            MatrixView inner = p.Take("projection_inner", x.Rows, _bert.ProjectionWidth);
            _first.Run(p, x, inner, _config.Projection == TextProjection.TwoLayers ? Act.Gelu : Act.None);
            x = inner;
        }
        if (_projection is not null)
            _projection.Run(p, x, p.Embeddings);
        else
            p.Compute.Copy(x, p.Embeddings);
    }

    private static void AddRow(ReadOnlySpan<float> table, int row, Span<float> x) =>
        TensorPrimitives.Add(x, table.Slice(row * x.Length, x.Length), x);
}

using PureClip.Kernels;
using PureClip.Memory;

namespace PureClip.Model;

/// <summary>
/// Texts to embeddings: token + position → blocks → ln_final of the token that is read → projection. Where attention is causal, tokens after
/// the one that is read change nothing; they are not computed, and texts of a batch lie end to end without padding. Where it is not, and
/// padding is seen as it was in training, every text has all positions.
/// </summary>
/// <remarks>
/// Radford et al. 2021, 2.4; without a mask Zhai et al. 2023, SigLIP, Li et al. 2023, CLIPA, and Vasu et al. 2024, MobileCLIP.
/// </remarks>
internal sealed class TextTransformer : TextTower
{
    private readonly TextConfig _config;
    private readonly TokenEmbedding _tokens;
    private readonly TextMixer? _first, _last;
    private readonly Blocks _blocks;
    private readonly Norm _final;
    private readonly Linear? _projection;

    public TextTransformer(TextConfig config, int embeddingWidth)
        : base(embeddingWidth)
    {
        _config = config;
        TransformerConfig c = config.Transformer;
        Scope at = new(Parameters, "text");
        _tokens = new(at, config);
        _first = config.Mixer is null ? null : new(at["blocks.0"], config, config.Mixer);
        _blocks = new(at, c, outside: config.Mixer is null ? 0 : 1);
        _last = config.Mixer is null ? null : new(at[$"blocks.{c.Layers - 1}"], config, config.Mixer);
        _final = new(at["ln_final"], c.Width, c.LayerNormEps);
        _projection = config.Projection is TextProjection.None or TextProjection.Missing
            ? null
            : new(at["projection"], c.Width, embeddingWidth, Use.End, bias: config.Projection == TextProjection.LinearWithBias);
    }

    public override int LeastRows =>
        _config.SeesPadding ? _config.ContextLength : _config.ReadAt == TextReadOut.ClassToken ? 2 : 1;

    public override int MostRows => _config.ContextLength + (_config.ReadAt == TextReadOut.ClassToken ? 2 : 0);

    public override ReadOut ReadOut =>
        _config.SeesPadding && _config.ReadAt == TextReadOut.EndOfText ? ReadOut.Marked : ReadOut.Last;

    public override Insides? Insides => _config.Mixer is null ? new(_config.Transformer, _final) : null;

    public override int RowsOf(ReadOnlySpan<int> ids) =>
        _config.SeesPadding ? _config.ContextLength
        : _config.ReadAt == TextReadOut.ClassToken ? ClassTokenSequence.RowsOf(ids, _config.ContextLength)
        : _config.LengthToPool(ids);

    public override void Begin(Pass p) => _tokens.Begin(p);

    public override void Add(ReadOnlySpan<int> ids, Pass p)
    {
        switch (_config.ReadAt)
        {
            case TextReadOut.LastPosition:
                _tokens.AddPadded(ids, PadId, _config.ContextLength - 1, p);
                break;
            case TextReadOut.EndOfText when _config.SeesPadding:
                _tokens.AddPadded(ids, PadId, MarkOf(ids), p);
                break;
            case TextReadOut.ClassToken:
                _tokens.AddBeforeClass(ids, p);
                break;
            default:
                _tokens.Add(ids[..RowsOf(ids)], p);
                break;
        }
    }

    public override int WholeRowsOf(ReadOnlySpan<int> ids) =>
        _config.ReadAt == TextReadOut.EndOfText && !_config.SeesPadding ? ids.Length : RowsOf(ids);

    public override int MarkOf(ReadOnlySpan<int> ids) => _config.LengthToPool(ids) - 1;

    public override void AddWhole(ReadOnlySpan<int> ids, Pass p)
    {
        if (_config.ReadAt == TextReadOut.EndOfText && !_config.SeesPadding)
            _tokens.Add(ids, p);
        else
            Add(ids, p);
    }

    public override void Forward(Pass p)
    {
        MatrixView x = p.Stream.Top(p.Rows);                   // [rows, width]
        p.Tap(Tap.Embedded, 0, x);
        _first?.Run(p, x);
        x = _blocks.Run(p, x, SightOf(_config), _last is null ? p.Read : ReadOut.Every); // [read, width]
        if (_last is not null)
        {
            _last.Run(p, x);
            x = p.Pick(x, p.Read, "read");
        }
        MatrixView y = p.Take("ln_final", x.Rows, x.Columns);
        _final.Run(p, x, y);
        y = p.Average(y);
        if (_projection is not null)
            _projection.Run(p, y, p.Embeddings);
        else
            p.Compute.Copy(y, p.Embeddings);
    }

    private static Sight SightOf(TextConfig c) =>
        !c.IsCausal ? Sight.All : c.ReadAt == TextReadOut.ClassToken ? Sight.BackBlindEnd : Sight.Back;
}

/// <summary>
/// x ← x + γ · (mixer(x) − norm(x)); x ← x + γ · mlp(norm(depthwise(x))): each token with its ten neighbours, padding as any other.
/// </summary>
/// <remarks>Vasu et al. 2024, "MobileCLIP", 4.1: Text-RepMixer. Kernels along the text have no branch of 1x1.</remarks>
internal sealed class TextMixer(Scope at, TextConfig text, TextMixerConfig c)
{
    private readonly DepthwiseLayer _mixer = RepMixer.New(
        at["mixer"], text.Transformer.Width, (1, TextMixerConfig.Kernel), new(c.IsFused, HasScale: false, HasIdentity: true));

    private readonly ConvolutionMlp _mlp = new(at, text.Transformer.Width, c.MlpWidth, (1, TextMixerConfig.Kernel), "gamma");

    /// <param name="p">The pass.</param>
    /// <param name="x">[texts · context, width], overwritten.</param>
    public void Run(Pass p, MatrixView x)
    {
        Window window = Window.Line(text.ContextLength, TextMixerConfig.Kernel);
        long mark = p.Mark();
        MatrixView mixed = p.Take("mixed", x.Rows, x.Columns);
        _mixer.Run(p, x, window, mixed);
        p.Compute.Copy(mixed, x);
        _mlp.AddTo(p, x, window);
        p.Release(mark);
    }
}

/// <summary>
/// The rows of a text with a class token behind it. Its mask says which positions are seen: position 0, and each whose left neighbour is no
/// padding, one to the right of where the text stands; in all published weights it was trained so. What nobody sees need not be computed.
/// The class token sees what is seen, and itself only where no padding is left: then it stands twice at the end, to be seen and to be read.
/// </summary>
/// <remarks>open_clip's TextTransformer with embed_cls, and its build_cls_mask without correct_cls_mask.</remarks>
internal static class ClassTokenSequence
{
    // Also the piece "!" inside of a word, which the mask takes for padding.
    private const int PadId = 0;

    /// <summary>Whether a position is seen.</summary>
    public static bool IsSeen(ReadOnlySpan<int> ids, int position) =>
        position == 0 || (position <= ids.Length && ids[position - 1] != PadId);

    /// <summary>Rows that are computed.</summary>
    public static int RowsOf(ReadOnlySpan<int> ids, int contextLength)
    {
        int rows = 1; // the class token that is read
        for (int position = 0; position <= contextLength; position++)
            rows += IsSeen(ids, position) ? 1 : 0;
        return rows;
    }
}

using PureClip.Kernels;
using PureClip.Memory;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Model;

/// <summary>Every scratch buffer of a forward pass by name, shape and lifetime: the plan of one call's workspace.</summary>
internal sealed class Pass : IDisposable
{
    private readonly Workspace _workspace = new();
    private readonly int _x, _y, _wide, _sums, _pooled, _pooledY, _pooledQuery, _embeddings;
    private readonly int _paddedWidth, _width, _hiddenWidth;

    private Pass(TransformerConfig config, int inputWidth, int embeddingWidth, int tokens, int sequences, int rows, Compute compute, int nr)
    {
        _width = config.Width;
        _hiddenWidth = config.MlpWidth;
        _paddedWidth = (config.Width + nr - 1) / nr * nr;
        MaxRows = rows;
        MaxSequences = sequences;
        _x = _workspace.Declare(rows, config.Width); // residual stream, the whole pass
        _y = _workspace.Declare(rows, config.Width); // layer norm → product, attention → product
        // qkv dies before the MLP's hidden numbers are born, and the patches before either.
        _wide = _workspace.Declare(rows, Math.Max(3 * _paddedWidth, Math.Max(config.MlpWidth, inputWidth)));
        _sums = _workspace.Declare(rows, config.Width); // within one product
        _pooled = _workspace.Declare(sequences, config.Width); // last block to projection
        _pooledY = _workspace.Declare(sequences, config.Width);
        _pooledQuery = _workspace.Declare(sequences, config.Width);
        _embeddings = _workspace.Declare(sequences, embeddingWidth);
        Compute = compute;
        _workspace.Allocate();
        Starts = new int[sequences + 1];
    }

    /// <summary>Rows that fit: tokens of all sequences together.</summary>
    public int MaxRows { get; }

    /// <summary>Sequences that fit.</summary>
    public int MaxSequences { get; }

    /// <summary>Size of the workspace.</summary>
    public long Bytes => _workspace.Bytes + Compute.Bytes;

    /// <summary>[sequences + 1]: first row of each sequence, and the row after the last. Set by <see cref="Begin"/>.</summary>
    public int[] Starts { get; }

    /// <summary>Sequences of this pass.</summary>
    public int Sequences { get; private set; }

    /// <summary>Rows of this pass.</summary>
    public int Rows => Starts[Sequences];

    /// <summary>The residual stream, [rows, width].</summary>
    public MatrixView X => _workspace.Matrix(_x).Top(Rows);

    /// <summary>Input of the next product, [rows, width].</summary>
    public MatrixView Y => _workspace.Matrix(_y).Top(Rows);

    /// <summary>[rows, 3 padded widths]: query, key and value beside one another.</summary>
    public MatrixView Qkv => Wide(3 * _paddedWidth);

    /// <summary>The queries' columns of <see cref="Qkv"/>, [rows, width].</summary>
    public MatrixView Query => Qkv.ColumnRange(0, _width);

    /// <summary>The keys' columns of <see cref="Qkv"/>, [rows, width].</summary>
    public MatrixView Key => Qkv.ColumnRange(_paddedWidth, _width);

    /// <summary>The values' columns of <see cref="Qkv"/>, [rows, width].</summary>
    public MatrixView Value => Qkv.ColumnRange(2 * _paddedWidth, _width);

    /// <summary>Keys and values together, padding included: where a product of those two parts goes.</summary>
    public MatrixView KeyValue => Qkv.ColumnRange(_paddedWidth, 2 * _paddedWidth);

    /// <summary>The MLP's hidden numbers, [rows, MLP width].</summary>
    public MatrixView Hidden => Wide(_hiddenWidth);

    /// <summary>Partial sums of a product whose result goes elsewhere, [rows, width].</summary>
    public MatrixView Sums => _workspace.Matrix(_sums).Top(Rows);

    /// <summary>The residual stream of the rows that are read in the end, [sequences, width].</summary>
    public MatrixView PooledX => _workspace.Matrix(_pooled).Top(Sequences);

    /// <summary>As <see cref="Y"/>, of the rows that are read, [sequences, width].</summary>
    public MatrixView PooledY => _workspace.Matrix(_pooledY).Top(Sequences);

    /// <summary>Queries of the rows that are read, [sequences, width].</summary>
    public MatrixView PooledQuery => _workspace.Matrix(_pooledQuery).Top(Sequences);

    /// <summary>[sequences, embedding width]</summary>
    public MatrixView Embeddings => _workspace.Matrix(_embeddings).Top(Sequences);

    /// <summary>Who computes this pass.</summary>
    public Compute Compute { get; }

    /// <summary>The tower's input as rows, such as patches: [rows, columns], alive until the first block.</summary>
    public MatrixView Input(int rows, int columns) => Wide(columns).Top(rows);

    /// <summary>Plans and allocates the workspace of a tower.</summary>
    /// <param name="tier">The vector width in use.</param>
    /// <param name="config">The tower's blocks.</param>
    /// <param name="inputWidth">Columns of <see cref="Input"/>, 0 where it is not used.</param>
    /// <param name="embeddingWidth">Columns of the projection.</param>
    /// <param name="tokens">Longest sequence.</param>
    /// <param name="sequences">Most sequences of a pass.</param>
    /// <param name="rows">Most tokens of a pass.</param>
    /// <param name="pool">Who computes.</param>
    public static Pass Allocate(SimdTier tier, TransformerConfig config, int inputWidth, int embeddingWidth, int tokens, int sequences, int rows, WorkerPool pool)
    {
        return new(config, inputWidth, embeddingWidth, tokens, sequences, rows, Compute.Of(tier, pool, tokens, config.HeadWidth), PanelLayout.Of(tier, WeightType.F32).Nr);
    }

    /// <summary>Starts a pass without sequences.</summary>
    public void Begin() => Sequences = 0;

    /// <summary>Adds a sequence of so many tokens to the pass and returns its first row.</summary>
    public int Add(int tokens)
    {
        int first = Starts[Sequences++];
        Starts[Sequences] = first + tokens;
        return first;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _workspace.Dispose();
        Compute.Dispose();
    }

    private MatrixView Wide(int columns)
    {
        MatrixView wide = _workspace.Matrix(_wide);
        return wide.ColumnRange(0, columns).Top(Rows);
    }
}

using System.Numerics.Tensors;
using PureClip.Imaging;
using PureClip.Kernels;
using PureClip.Memory;

namespace PureClip.Model;

/// <summary>x = [class; patches · W + b] + positions, without class or bias where the family has none.</summary>
/// <remarks>Dosovitskiy et al. 2020, equation 1.</remarks>
internal sealed class PatchEmbedding(Scope at, VisionTransformerConfig c)
{
    private readonly Parameter? _class = c.HasClassToken ? at.Declare("class_embedding", [c.Transformer.Width]) : null;

    private readonly PatchStem? _stem = c.Stem is not null ? new ConvolutionStem(at["conv_stem"], c, c.Stem)
        : c.Stages is not null ? new ConvolutionStages(at["conv_stages"], c, c.Stages)
        : null;

    private readonly Linear? _patches = c.Stem is not null || c.Stages is not null
        ? null
        : new(
            at["patch_embedding"], Columns(c), c.Transformer.Width, Use.End, bias: c.HasPatchBias,
            shape: c.MostPatches is null ? [c.Transformer.Width, 3, c.PatchSize, c.PatchSize] : [c.Transformer.Width, Columns(c)]);

    private readonly Parameter _positions = at.Declare(
        "positional_embedding", [c.TrainedGrid * c.TrainedGrid + c.ClassPositions, c.Transformer.Width],
        c.Grid == c.TrainedGrid || c.MostPatches is not null ? null : table => PositionTable.Resize(table, c));

    private int Patches => c.Grid * c.Grid;

    /// <summary>Takes the residual stream, and above it what pictures become: it is given back when the stream is filled.</summary>
    public void Begin(Pass p)
    {
        p.Stream = p.Take("embedded", p.MaxRows, c.Transformer.Width);
        if (_stem is not null)
            _stem.Begin(p);
        else
            p.TakeInput("patches", c.MostPatches is null ? checked(p.MaxSequences * Patches) : p.MaxRows, Columns(c));
    }

    /// <summary>Cuts a picture into patches.</summary>
    public void Add(ReadOnlySpan<float> pixels, Pass p)
    {
        if (c.MostPatches is int most)
        {
            AddFlexibly(pixels, most, p);
            return;
        }
        int picture = p.Sequences;
        p.Add(c.Tokens);
        if (_stem is not null)
        {
            _stem.Add(pixels, picture, p);
            return;
        }
        Patchify.Run(pixels, c.ImageSize, c.PatchSize, p.Input.Range(picture * Patches, Patches));
    }

    /// <summary>
    /// A picture in its own proportions: its patches, a pixel's channels beside one another, and the positions of its grid, for which the
    /// stream waits.
    /// </summary>
    private void AddFlexibly(ReadOnlySpan<float> pixels, int most, Pass p)
    {
        (int rows, int columns) = FlexibleSize.Read(pixels, most);
        int first = p.Add(rows * columns);
        Patchify.RunChannelsLast(pixels[FlexibleSize.HeaderLength..], rows, columns, c.PatchSize, p.Input.Range(first, rows * columns));
        PositionTable.Resize(_positions.Numbers, c.TrainedGrid, c.PositionRule, rows, columns, p.Stream.Range(first, rows * columns));
    }

    /// <summary>The tokens of all pictures.</summary>
    /// <returns>[rows, width]</returns>
    public MatrixView Run(Pass p)
    {
        MatrixView x = p.Stream.Top(p.Rows);                                               // [rows, width]
        MatrixView embedded = p.Take("patches.embedded", c.MostPatches is null ? p.Sequences * Patches : p.Rows, c.Transformer.Width);
        if (_stem is not null)
            _stem.Run(p, embedded);
        else
            _patches!.Run(p, p.Input.Top(embedded.Rows), embedded); // [patches, 3·P·P]
        if (c.MostPatches is not null)
        {
            p.Compute.Add(embedded, x); // which has the positions
            return x;
        }
        for (int row = 0; row < p.Rows && p.Compute.IsReal; row++)
        {
            int picture = row / c.Tokens, token = row % c.Tokens;
            ReadOnlySpan<float> content = token < c.ClassTokens
                ? _class!.Numbers
                : embedded.RowSpan(picture * Patches + token - c.ClassTokens);
            int position = token - c.ClassTokens + c.ClassPositions;
            if (position < 0)
                content.CopyTo(x.RowSpan(row));
            else
                TensorPrimitives.Add(
                    content, _positions.Numbers.Slice(position * c.Transformer.Width, c.Transformer.Width), x.RowSpan(row));
        }
        return x;
    }

    private static int Columns(VisionTransformerConfig c) => 3 * c.PatchSize * c.PatchSize;
}

/// <summary>What makes patches where one matrix does not.</summary>
internal abstract class PatchStem
{
    /// <summary>Takes what pictures become.</summary>
    public abstract void Begin(Pass p);

    /// <summary>Adds a picture.</summary>
    /// <param name="pixels">[3, size, size]</param>
    /// <param name="picture">How many are there already.</param>
    /// <param name="p">The pass.</param>
    public abstract void Add(ReadOnlySpan<float> pixels, int picture, Pass p);

    /// <summary>Makes the patches.</summary>
    /// <param name="p">The pass.</param>
    /// <param name="patches">[pictures · patches, width]: the result.</param>
    public abstract void Run(Pass p, MatrixView patches);
}

/// <summary>
/// Patches by three convolutions that do not overlap, 4x4, 2x2 and 2x2, with batch norm and GELU after the first two: MobileCLIP-B.
/// </summary>
/// <remarks>
/// Xiao et al. 2021, "Early Convolutions Help Transformers See Better". Apple's own program pads the picture by a pixel before the first,
/// timm does not, and both run the same weights.
/// </remarks>
internal sealed class ConvolutionStem : PatchStem
{
    private readonly int _width;
    private readonly Window _seen; // by the first convolution
    private readonly FoldedLinear[] _convolutions;

    public ConvolutionStem(Scope at, VisionTransformerConfig c, ConvolutionStemConfig stem)
    {
        _width = stem.Width;
        _seen = Window.Square(c.ImageSize, kernel: 4, stride: 4, stem.Padding);
        BatchNorm norm0 = new(at["0"]["bn"], _width), norm1 = new(at["1"]["bn"], _width);
        Parameter bias = at["2"]["conv"].Declare("bias", [c.Transformer.Width], Use.Folded);
        _convolutions =
        [
            new(at["0"]["conv"], "weight", [_width, 3, 4, 4], (numbers, weights) => weights.Then(norm0.Read(numbers)), use: Use.End),
            new(
                at["1"]["conv"], "weight", [_width, _width, 2, 2], (numbers, weights) => weights.Then(norm1.Read(numbers)), use: Use.End,
                order: KernelOrder.ChannelsLast),
            new(
                at["2"]["conv"], "weight", [c.Transformer.Width, _width, 2, 2], (numbers, weights) => weights.AddBias(numbers.Read(bias)),
                use: Use.End, order: KernelOrder.ChannelsLast),
        ];
    }

    public override void Begin(Pass p) => p.TakeInput("windows of pixels", checked(p.MaxSequences * _seen.OutputPixels), 3 * 4 * 4);

    public override void Add(ReadOnlySpan<float> pixels, int picture, Pass p) =>
        PixelWindows.Gather(pixels, _seen, p.Input.Range(picture * _seen.OutputPixels, _seen.OutputPixels));

    public override void Run(Pass p, MatrixView patches)
    {
        int side = _seen.OutputWidth;
        Window halves = Window.Square(side, kernel: 2, stride: 2, padding: 0);
        long mark = p.Mark();
        MatrixView a = p.Take("stem.0", p.Sequences * side * side, _width);
        MatrixView b = p.Take("stem.1", p.Sequences * halves.OutputPixels, _width);
        _convolutions[0].Run(p, p.Input.Top(a.Rows), a, Act.Gelu);
        _convolutions[1].Run(p, a, halves, b, Act.Gelu);
        _convolutions[2].Run(p, b, Window.Square(halves.OutputWidth, kernel: 2, stride: 2, padding: 0), patches, Act.None);
        p.Release(mark);
    }
}

/// <summary>x = token embedding + position</summary>
internal sealed class TokenEmbedding(Scope at, TextConfig c)
{
    private readonly Parameter _tokens = at.Declare("token_embedding", [c.VocabularySize, c.Transformer.Width], Use.Table);
    private readonly Parameter? _class =
        c.ReadAt == TextReadOut.ClassToken ? at.Declare("class_embedding", [c.Transformer.Width]) : null;

    private readonly Parameter _positions = at.Declare(
        "positional_embedding", [c.TrainedContextLength + (c.ReadAt == TextReadOut.ClassToken ? 1 : 0), c.Transformer.Width],
        c.ContextLength == c.TrainedContextLength ? null : table => PositionTable.Stretch(table, c));

    /// <summary>Takes the residual stream.</summary>
    public void Begin(Pass p) => p.Stream = p.Take("embedded", p.MaxRows, c.Transformer.Width);

    /// <summary>Adds a text.</summary>
    public void Add(ReadOnlySpan<int> ids, Pass p)
    {
        int first = p.Add(ids.Length);
        for (int i = 0; i < ids.Length; i++)
            Embed(ids[i], i, p.Stream.RowSpan(first + i));
    }

    /// <summary>Adds a text with padding to the end of the context.</summary>
    /// <param name="ids">Its token ids.</param>
    /// <param name="padId">That of padding.</param>
    /// <param name="readAt">The position at which it is read.</param>
    /// <param name="p">The pass.</param>
    public void AddPadded(ReadOnlySpan<int> ids, int padId, int readAt, Pass p)
    {
        int first = p.Add(c.ContextLength, readAt);
        for (int i = 0; i < c.ContextLength; i++)
            Embed(i < ids.Length ? ids[i] : padId, i, p.Stream.RowSpan(first + i));
    }

    /// <summary>Adds what is seen of a text, and the class token behind it; see <see cref="ClassTokenSequence"/>.</summary>
    public void AddBeforeClass(ReadOnlySpan<int> ids, Pass p)
    {
        int row = p.Add(ClassTokenSequence.RowsOf(ids, c.ContextLength));
        for (int i = 0; i < c.ContextLength; i++)
            if (ClassTokenSequence.IsSeen(ids, i))
                Embed(i < ids.Length ? ids[i] : 0, i, p.Stream.RowSpan(row++));
        for (; row < p.Rows; row++)
            AddPosition(_class!.Numbers, c.ContextLength, p.Stream.RowSpan(row));
    }

    private void Embed(int id, int position, Span<float> row)
    {
        _tokens.Table!.Read(id, row);
        AddPosition(row, position, row);
    }

    private void AddPosition(ReadOnlySpan<float> x, int position, Span<float> row) =>
        TensorPrimitives.Add(x, _positions.Numbers.Slice(position * c.Transformer.Width, c.Transformer.Width), row);
}

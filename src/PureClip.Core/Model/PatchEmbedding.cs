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

    private readonly Linear _patches = new(
        at["patch_embedding"], Columns(c), c.Transformer.Width, Use.End, bias: c.HasPatchBias,
        shape: c.MostPatches is null ? [c.Transformer.Width, 3, c.PatchSize, c.PatchSize] : [c.Transformer.Width, Columns(c)]);

    private readonly Parameter _positions = at.Declare(
        "positional_embedding", [c.TrainedGrid * c.TrainedGrid + c.ClassTokens, c.Transformer.Width],
        c.Grid == c.TrainedGrid || c.MostPatches is not null ? null : table => PositionTable.Resize(table, c));

    private int Patches => c.Grid * c.Grid;

    /// <summary>Takes the residual stream, and above it what pictures become: it is given back when the stream is filled.</summary>
    public void Begin(Pass p)
    {
        p.Stream = p.Take("embedded", p.MaxRows, c.Transformer.Width);
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
        MatrixView input = p.Input.Top(c.MostPatches is null ? p.Sequences * Patches : p.Rows); // [patches, 3·P·P]
        MatrixView embedded = p.Take("patches.embedded", input.Rows, c.Transformer.Width);
        _patches.Run(p, input, embedded);
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
            TensorPrimitives.Add(content, _positions.Numbers.Slice(token * c.Transformer.Width, c.Transformer.Width), x.RowSpan(row));
        }
        return x;
    }

    private static int Columns(VisionTransformerConfig c) => 3 * c.PatchSize * c.PatchSize;
}

/// <summary>x = token embedding + position</summary>
internal sealed class TokenEmbedding(Scope at, TextConfig c)
{
    private readonly Parameter _tokens = at.Declare("token_embedding", [c.VocabularySize, c.Transformer.Width], Use.Table);
    private readonly Parameter? _class =
        c.ReadAt == TextReadOut.ClassToken ? at.Declare("class_embedding", [c.Transformer.Width]) : null;

    private readonly Parameter _positions = at.Declare(
        "positional_embedding", [c.ContextLength + (c.ReadAt == TextReadOut.ClassToken ? 1 : 0), c.Transformer.Width]);

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
    public void AddPadded(ReadOnlySpan<int> ids, int padId, Pass p)
    {
        int first = p.Add(c.ContextLength);
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

using System.Numerics.Tensors;
using PureClip.Imaging;
using PureClip.Kernels;
using PureClip.Memory;
using PureClip.Model;

namespace PureClip.Training;

/// <summary>
/// x = [class; patches · Wᵀ + b] + positions, of the patches that are left, without class or bias where the family has none; and its backward.
/// </summary>
/// <param name="numbers">The model's.</param>
/// <param name="name">Name of the tower.</param>
/// <param name="c">The tower.</param>
/// <remarks>
/// Dosovitskiy et al. 2020, equation 1. Patches that are left out save their time (Li et al. 2022, FLIP); the others keep their places, and
/// the class token always stays. Positions that are interpolated for another grid do not learn.
/// </remarks>
internal sealed class PatchEmbeddingTraining(TrainedNumbers numbers, string name, VisionTransformerConfig c)
{
    private readonly TrainingCompute _compute = numbers.Compute;
    private readonly (MatrixView Numbers, MatrixView Gradients)? _class = c.HasClassToken ? numbers.Table($"{name}.class_embedding") : null;
    private readonly (MatrixView Numbers, MatrixView Gradients) _positions = numbers.Table($"{name}.positional_embedding");
    private readonly TrainedMatrix _patches = numbers.Matrix($"{name}.patch_embedding");

    private bool IsFlexible => c.MostPatches is not null;

    private bool IsResized => c.Grid != c.TrainedGrid && !IsFlexible;

    /// <summary>Patches of a whole picture, at most.</summary>
    public int MostPatches => c.MostPatches ?? c.Grid * c.Grid;

    /// <summary>Numbers of a picture, as it is prepared.</summary>
    public int PixelsPerPicture => c.MostPatches is int most
        ? FlexibleSize.HeaderLength + most * PatchColumns
        : 3 * c.ImageSize * c.ImageSize;

    /// <summary>Numbers of a patch.</summary>
    public int PatchColumns => _patches.Inputs;

    /// <summary>How many tokens each of some pictures becomes.</summary>
    /// <param name="pixels">[pictures · <see cref="PixelsPerPicture"/>]</param>
    /// <param name="kept">Patches that are left of each; null for all.</param>
    /// <exception cref="NotSupportedException">Patches cannot be left out of such a tower.</exception>
    public Sequences SequencesOf(ReadOnlyMemory<float> pixels, int[][]? kept)
    {
        if (kept is not null && (IsFlexible || IsResized || c.Transformer.Rotary is not null))
            throw new NotSupportedException("Patches can be left out only where each has a position of its own in a table that learns.");
        int[] lengths = new int[pixels.Length / PixelsPerPicture];
        for (int i = 0; i < lengths.Length; i++)
            lengths[i] = c.ClassTokens + (kept?[i].Length ?? MostPatches);
        for (int i = 0; IsFlexible && i < lengths.Length; i++)
        {
            (int rows, int columns) = FlexibleSize.Read(pixels.Span.Slice(i * PixelsPerPicture, PixelsPerPicture), MostPatches);
            lengths[i] = rows * columns;
        }
        return Sequences.Of(lengths);
    }

    /// <summary>The tokens of some pictures.</summary>
    /// <param name="pixels">[pictures · <see cref="PixelsPerPicture"/>]</param>
    /// <param name="kept">Patches that are left of each, ascending and as many of all; null for all.</param>
    /// <param name="s">Their tokens.</param>
    /// <param name="cut">Receives [all patches, patch columns]: kept.</param>
    /// <param name="t">Scratch.</param>
    /// <param name="x">[rows, width]</param>
    public void Forward(ReadOnlyMemory<float> pixels, int[][]? kept, Sequences s, TrainingMatrix cut, BlockScratch t, MatrixView x)
    {
        int classes = c.ClassTokens;
        MatrixView rows = cut.Shape(s.Rows - classes * s.Count, PatchColumns), embedded = t.Normed.Shape(rows.Rows, _patches.Outputs);
        _compute.Pool.For(s.Count, i => Cut(
            pixels.Span.Slice(i * PixelsPerPicture, PixelsPerPicture), kept?[i],
            rows.Range(s.Starts[i] - classes * i, s.Starts[i + 1] - s.Starts[i] - classes)));
        _compute.Linear(rows, _patches, embedded);
        float[]? table = IsResized ? Resized() : null;
        _compute.Pool.For(s.Count, i =>
        {
            int first = s.Starts[i], patches = s.Starts[i + 1] - first - classes;
            if (IsFlexible)
            {
                (int down, int across) = FlexibleSize.Read(pixels.Span.Slice(i * PixelsPerPicture, PixelsPerPicture), MostPatches);
                PositionTable.Resize(Table(), c.TrainedGrid, c.PositionRule, down, across, x.Range(first, patches));
                for (int row = first; row < first + patches; row++)
                    TensorPrimitives.Add(x.RowSpan(row), embedded.RowSpan(row), x.RowSpan(row));
                return;
            }
            ReadOnlySpan<float> PositionAt(int row) => table is null
                ? _positions.Numbers.RowSpan(row)
                : table.AsSpan(row * x.Columns, x.Columns);
            if (_class is (MatrixView token, _))
                TensorPrimitives.Add(token.RowSpan(0), PositionAt(0), x.RowSpan(first));
            for (int patch = 0; patch < patches; patch++)
                TensorPrimitives.Add(
                    embedded.RowSpan(first - classes * i + patch), PositionAt(classes + (kept?[i][patch] ?? patch)),
                    x.RowSpan(first + classes + patch));
        });
    }

    /// <summary>Adds the gradients of patches, class token and positions. Pixels need none.</summary>
    /// <param name="dx">[rows, width]</param>
    /// <param name="kept">As it was.</param>
    /// <param name="s">The tokens.</param>
    /// <param name="cut">What was kept.</param>
    /// <param name="t">Scratch.</param>
    public void Backward(MatrixView dx, int[][]? kept, Sequences s, TrainingMatrix cut, BlockScratch t)
    {
        int tokens = c.ClassTokens;
        int[] positions = new int[dx.Rows], classes = new int[dx.Rows];
        MatrixView dPatches = t.DNormed.Shape(dx.Rows - tokens * s.Count, dx.Columns);
        for (int i = 0; i < s.Count; i++)
            for (int row = s.Starts[i], token = 0; row < s.Starts[i + 1]; row++, token++)
            {
                int patch = token - tokens;
                classes[row] = patch < 0 ? 0 : -1;
                positions[row] = patch < 0 ? 0 : tokens + (kept?[i][patch] ?? patch);
                if (patch >= 0)
                    dx.RowSpan(row).CopyTo(dPatches.RowSpan(s.Starts[i] - tokens * i + patch));
            }
        if (!IsResized && !IsFlexible)
            RowScatter.Add(dx, positions, _positions.Gradients, _compute.Pool);
        if (_class is (_, MatrixView gradient))
            RowScatter.Add(dx, classes, gradient, _compute.Pool);
        _compute.WeightGradient(dPatches, cut.View, _patches);
    }

    /// <summary>The stored table, and the same for the grid of the tower.</summary>
    private unsafe ReadOnlySpan<float> Table() => new(_positions.Numbers.Data, _positions.Numbers.Rows * _positions.Numbers.Columns);

    private float[] Resized() => PositionTable.Resize(Table(), c);

    /// <summary>Patches of one picture, in the order of the convolution's kernel.</summary>
    private void Cut(ReadOnlySpan<float> pixels, int[]? kept, MatrixView patches)
    {
        int side = c.PatchSize;
        if (IsFlexible)
        {
            (int rows, int columns) = FlexibleSize.Read(pixels, MostPatches);
            Patchify.RunChannelsLast(pixels[FlexibleSize.HeaderLength..], rows, columns, side, patches);
            return;
        }
        if (kept is null)
        {
            Patchify.Run(pixels, c.ImageSize, side, patches);
            return;
        }
        for (int i = 0; i < kept.Length; i++)
        {
            Span<float> to = patches.RowSpan(i);
            int top = kept[i] / c.Grid * side, left = kept[i] % c.Grid * side;
            for (int channel = 0; channel < 3; channel++)
                for (int y = 0; y < side; y++)
                    pixels.Slice((channel * c.ImageSize + top + y) * c.ImageSize + left, side).CopyTo(to[((channel * side + y) * side)..]);
        }
    }
}

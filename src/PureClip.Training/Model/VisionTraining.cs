using System.Numerics.Tensors;
using PureClip.Kernels;
using PureClip.Memory;
using PureClip.Model;

namespace PureClip.Training;

/// <summary>x = [class; patches · Wᵀ + b] + positions, of the patches that are left, and its backward.</summary>
/// <param name="numbers">The model's.</param>
/// <param name="name">Name of the tower.</param>
/// <param name="imageSize">Pixels of a side.</param>
/// <param name="patchSize">Pixels of a patch's side.</param>
/// <remarks>
/// Dosovitskiy et al. 2020, equation 1. Patches that are left out save their time (Li et al. 2022, FLIP); the others keep their places, and
/// the class token always stays.
/// </remarks>
internal sealed class PatchEmbeddingTraining(TrainedNumbers numbers, string name, int imageSize, int patchSize)
{
    private readonly TrainingCompute _compute = numbers.Compute;
    private readonly (MatrixView Numbers, MatrixView Gradients) _class = numbers.Table($"{name}.class_embedding");
    private readonly (MatrixView Numbers, MatrixView Gradients) _positions = numbers.Table($"{name}.positional_embedding");
    private readonly TrainedMatrix _patches = numbers.Matrix($"{name}.patch_embedding");

    private int Grid => imageSize / patchSize;

    /// <summary>Patches of a whole picture.</summary>
    public int AllPatches => Grid * Grid;

    /// <summary>Numbers of a picture.</summary>
    public int PixelsPerPicture => 3 * imageSize * imageSize;

    /// <summary>Numbers of a patch.</summary>
    public int PatchColumns => _patches.Inputs;

    /// <summary>The tokens of some pictures.</summary>
    /// <param name="pixels">[pictures · 3 · size · size]</param>
    /// <param name="kept">Patches that are left of each, ascending and as many of all; null for all.</param>
    /// <param name="cut">Receives [pictures · patches, patch columns]: kept.</param>
    /// <param name="t">Scratch.</param>
    /// <param name="x">[pictures · (1 + patches), width]</param>
    public void Forward(ReadOnlyMemory<float> pixels, int[][]? kept, TrainingMatrix cut, BlockScratch t, MatrixView x)
    {
        int patches = kept is null ? AllPatches : kept[0].Length, tokens = 1 + patches, pictures = x.Rows / tokens;
        MatrixView rows = cut.Shape(pictures * patches, PatchColumns), embedded = t.Normed.Shape(pictures * patches, _patches.Outputs);
        _compute.Pool.For(
            pictures, i => Cut(pixels.Span.Slice(i * PixelsPerPicture, PixelsPerPicture), kept?[i], rows.Range(i * patches, patches)));
        _compute.Linear(rows, _patches, embedded);
        _compute.Pool.For(pictures, i =>
        {
            TensorPrimitives.Add(_class.Numbers.RowSpan(0), _positions.Numbers.RowSpan(0), x.RowSpan(i * tokens));
            for (int patch = 0; patch < patches; patch++)
                TensorPrimitives.Add(
                    embedded.RowSpan(i * patches + patch), _positions.Numbers.RowSpan(1 + (kept?[i][patch] ?? patch)),
                    x.RowSpan(i * tokens + 1 + patch));
        });
    }

    /// <summary>Adds the gradients of patches, class token and positions. Pixels need none.</summary>
    /// <param name="dx">[pictures · (1 + patches), width]</param>
    /// <param name="kept">As it was.</param>
    /// <param name="cut">What was kept.</param>
    /// <param name="t">Scratch.</param>
    public void Backward(MatrixView dx, int[][]? kept, TrainingMatrix cut, BlockScratch t)
    {
        int patches = kept is null ? AllPatches : kept[0].Length, pictures = dx.Rows / (1 + patches);
        int[] positions = new int[dx.Rows], classes = new int[dx.Rows];
        MatrixView dPatches = t.DNormed.Shape(pictures * patches, dx.Columns);
        for (int i = 0, row = 0; i < pictures; i++)
        {
            positions[row] = 0;
            classes[row++] = 0;
            for (int patch = 0; patch < patches; patch++, row++)
            {
                positions[row] = 1 + (kept?[i][patch] ?? patch);
                classes[row] = -1;
                dx.RowSpan(row).CopyTo(dPatches.RowSpan(i * patches + patch));
            }
        }
        RowScatter.Add(dx, positions, _positions.Gradients, _compute.Pool);
        RowScatter.Add(dx, classes, _class.Gradients, _compute.Pool);
        _compute.WeightGradient(dPatches, cut.View, _patches);
    }

    /// <summary>Patches of one picture, in the order of the convolution's kernel.</summary>
    private void Cut(ReadOnlySpan<float> pixels, int[]? kept, MatrixView patches)
    {
        if (kept is null)
        {
            Patchify.Run(pixels, imageSize, patchSize, patches);
            return;
        }
        for (int i = 0; i < kept.Length; i++)
        {
            Span<float> to = patches.RowSpan(i);
            int top = kept[i] / Grid * patchSize, left = kept[i] % Grid * patchSize;
            for (int channel = 0; channel < 3; channel++)
                for (int y = 0; y < patchSize; y++)
                    pixels.Slice((channel * imageSize + top + y) * imageSize + left, patchSize)
                    .CopyTo(to[((channel * patchSize + y) * patchSize)..]);
        }
    }
}

/// <summary>Pictures to embeddings and gradients back: the lines of <see cref="VisionTransformer"/>.</summary>
internal sealed class VisionTraining(TrainedNumbers numbers, VisionTransformerConfig c)
{
    private readonly TrainingCompute _compute = numbers.Compute;
    private readonly PatchEmbeddingTraining _patches = new(numbers, "vision", c.ImageSize, c.PatchSize);
    private readonly TrainedNorm _pre = numbers.Norm("vision.ln_pre", c.Transformer.LayerNormEps);
    private readonly BlocksTraining _blocks = new(numbers, "vision", c.Transformer, causal: false, Reads.First);
    private readonly TowerEnd _end = new(numbers, "vision.ln_post", "vision.projection", c.Transformer.LayerNormEps);

    /// <summary>What is kept of a micro-batch.</summary>
    public sealed class Memory(VisionTraining tower) : IDisposable
    {
        /// <summary>Patches that are left of each picture, ascending; all of them where null.</summary>
        public int[][]? Kept { get; set; }

        public Sequences Sequences { get; set; } = Sequences.Of();

        /// <summary>[pictures · patches, 3 · side²]</summary>
        public TrainingMatrix Patches { get; } = new();

        /// <summary>[rows, width]: before the first norm.</summary>
        public TrainingMatrix Embedded { get; } = new();

        /// <summary>[rows, width]: after it.</summary>
        public TrainingMatrix Stream { get; } = new();

        public BlockTraining.Memory[] Blocks { get; } = tower._blocks.NewMemory();

        public void Dispose()
        {
            Patches.Dispose();
            Embedded.Dispose();
            Stream.Dispose();
            Array.ForEach(Blocks, static block => block.Dispose());
        }
    }

    private int Width => c.Transformer.Width;

    /// <summary>Numbers of a picture.</summary>
    public int PixelsPerPicture => _patches.PixelsPerPicture;

    /// <summary>Floats that are kept of a picture.</summary>
    /// <param name="kept">Patches that are left of it.</param>
    public long FloatsKept(int kept) =>
        (long)(kept + 1) * (2 * Width + c.Transformer.Layers * (6 * Width + c.Transformer.MlpWidth)) + (long)kept * _patches.PatchColumns;

    /// <summary>Embeddings of some pictures, not normalised.</summary>
    /// <param name="pixels">[pictures · 3 · size · size]: normalised.</param>
    /// <param name="kept">Patches that are left of each, ascending and as many of all; null for all.</param>
    /// <param name="m">Receives what is kept.</param>
    /// <param name="t">Scratch.</param>
    /// <param name="embeddings">[pictures, embedding width]</param>
    public void Forward(ReadOnlyMemory<float> pixels, int[][]? kept, Memory m, BlockScratch t, MatrixView embeddings)
    {
        int pictures = embeddings.Rows, tokens = 1 + (kept is null ? _patches.AllPatches : kept[0].Length);
        m.Kept = kept;
        m.Sequences = Sequences.Of([.. Enumerable.Repeat(tokens, pictures)]);
        MatrixView x = m.Embedded.Shape(pictures * tokens, Width), normed = m.Stream.Shape(pictures * tokens, Width);
        _patches.Forward(pixels, kept, m.Patches, t, x);
        _compute.LayerNorm(x, _pre, normed);
        _end.Forward(_blocks.Forward(normed, m.Sequences, m.Blocks, t), t, embeddings);
    }

    /// <summary>Adds the gradients of everything that made the embeddings.</summary>
    public void Backward(MatrixView dEmbeddings, Memory m, BlockScratch t)
    {
        MatrixView d = _blocks.Backward(_end.Backward(dEmbeddings, m.Blocks[^1].Output.View, t), m.Sequences, m.Blocks, t);
        if (!numbers.Learns)
            return;
        MatrixView x = m.Embedded.View, dx = t.DEmbedded.Shape(x.Rows, Width);
        _compute.LayerNormBackward(x, _pre, d, dx, add: false);
        _patches.Backward(dx, m.Kept, m.Patches, t);
    }
}

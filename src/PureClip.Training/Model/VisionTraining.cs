using System.Numerics.Tensors;
using PureClip.Kernels;
using PureClip.Memory;
using PureClip.Model;

namespace PureClip.Training;

/// <summary>Pictures to embeddings and gradients back: the lines of <see cref="VisionTransformer"/>, with patches left out where that is asked for.</summary>
/// <remarks>Leaving out patches: Li et al. 2022 (FLIP). The class token always stays.</remarks>
internal sealed class VisionTraining(TrainedNumbers numbers, VisionTransformerConfig c)
{
    private readonly TrainingCompute _compute = numbers.Compute;
    private readonly (MatrixView Numbers, MatrixView Gradients) _class = numbers.Table("vision.class_embedding"), _positions = numbers.Table("vision.positional_embedding");
    private readonly TrainedMatrix _patches = numbers.Matrix("vision.patch_embedding");
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

    private int AllPatches => c.Tokens - 1;

    private int Width => c.Transformer.Width;

    /// <summary>Numbers of a picture.</summary>
    public int PixelsPerPicture => 3 * c.ImageSize * c.ImageSize;

    /// <summary>Floats that are kept of a picture.</summary>
    /// <param name="kept">Patches that are left of it.</param>
    public long FloatsKept(int kept) => (long)(kept + 1) * (2 * Width + c.Transformer.Layers * (6 * Width + c.Transformer.MlpWidth)) + (long)kept * _patches.Inputs;

    /// <summary>Embeddings of some pictures, not normalised.</summary>
    /// <param name="pixels">[pictures · 3 · size · size]: normalised.</param>
    /// <param name="kept">Patches that are left of each, ascending and as many of all; null for all.</param>
    /// <param name="m">Receives what is kept.</param>
    /// <param name="t">Scratch.</param>
    /// <param name="embeddings">[pictures, embedding width]</param>
    public void Forward(ReadOnlyMemory<float> pixels, int[][]? kept, Memory m, BlockScratch t, MatrixView embeddings)
    {
        int pictures = embeddings.Rows, patches = kept is null ? AllPatches : kept[0].Length, tokens = patches + 1;
        m.Kept = kept;
        m.Sequences = Sequences.Of([.. Enumerable.Repeat(tokens, pictures)]);
        MatrixView cut = m.Patches.Shape(pictures * patches, _patches.Inputs), embedded = t.Normed.Shape(pictures * patches, Width);
        _compute.Pool.For(pictures, i => Cut(pixels.Span.Slice(i * PixelsPerPicture, PixelsPerPicture), kept?[i], cut.Range(i * patches, patches)));
        _compute.Product(cut, _patches.Forward, embedded);
        MatrixView x = m.Embedded.Shape(pictures * tokens, Width), normed = m.Stream.Shape(pictures * tokens, Width);
        _compute.Pool.For(pictures, i =>
        {
            TensorPrimitives.Add(_class.Numbers.RowSpan(0), _positions.Numbers.RowSpan(0), x.RowSpan(i * tokens));
            for (int patch = 0; patch < patches; patch++)
                TensorPrimitives.Add(
                    embedded.RowSpan(i * patches + patch), _positions.Numbers.RowSpan(1 + (kept?[i][patch] ?? patch)), x.RowSpan(i * tokens + 1 + patch));
        });
        _compute.LayerNorm(x, _pre, normed);
        _end.Forward(_blocks.Forward(normed, m.Sequences, m.Blocks, t), t, embeddings);
    }

    /// <summary>Adds the gradients of everything that made the embeddings.</summary>
    public void Backward(MatrixView dEmbeddings, Memory m, BlockScratch t)
    {
        MatrixView d = _blocks.Backward(_end.Backward(dEmbeddings, m.Blocks[^1].Output.View, t), m.Sequences, m.Blocks, t);
        MatrixView x = m.Embedded.View, dx = t.DEmbedded.Shape(x.Rows, Width);
        _compute.LayerNormBackward(x, _pre, d, dx, add: false);

        int pictures = m.Sequences.Count, patches = x.Rows / pictures - 1;
        int[] positions = new int[x.Rows], classes = new int[x.Rows];
        MatrixView dPatches = t.DNormed.Shape(pictures * patches, Width);
        for (int i = 0, row = 0; i < pictures; i++)
        {
            positions[row] = 0;
            classes[row++] = 0;
            for (int patch = 0; patch < patches; patch++, row++)
            {
                positions[row] = 1 + (m.Kept?[i][patch] ?? patch);
                classes[row] = -1;
                dx.RowSpan(row).CopyTo(dPatches.RowSpan(i * patches + patch));
            }
        }
        RowScatter.Add(dx, positions, _positions.Gradients, _compute.Pool);
        RowScatter.Add(dx, classes, _class.Gradients, _compute.Pool);
        _compute.WeightGradient(dPatches, m.Patches.View, _patches);
    }

    /// <summary>Patches of one picture, in the order of the convolution's kernel.</summary>
    private void Cut(ReadOnlySpan<float> pixels, int[]? kept, MatrixView patches)
    {
        if (kept is null)
        {
            Patchify.Run(pixels, c.ImageSize, c.PatchSize, patches);
            return;
        }
        for (int i = 0; i < kept.Length; i++)
        {
            Span<float> to = patches.RowSpan(i);
            int top = kept[i] / c.Grid * c.PatchSize, left = kept[i] % c.Grid * c.PatchSize;
            for (int channel = 0; channel < 3; channel++)
                for (int y = 0; y < c.PatchSize; y++)
                    pixels.Slice((channel * c.ImageSize + top + y) * c.ImageSize + left, c.PatchSize).CopyTo(to[((channel * c.PatchSize + y) * c.PatchSize)..]);
        }
    }
}

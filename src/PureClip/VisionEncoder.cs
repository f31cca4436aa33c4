using PureClip.Model;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip;

/// <summary>The vision tower with its workspaces: any number of preprocessed pictures to embeddings.</summary>
internal sealed class VisionEncoder(VisionConfig config, int embeddingWidth, Func<VisionWeights> read, SimdTier tier, WorkerPool pool, bool normalize)
    : Encoder<VisionWeights>(config.Transformer, 3 * config.PatchSize * config.PatchSize, embeddingWidth, config.Tokens, read, tier, pool, normalize)
{
    private readonly int _pixelsPerImage = 3 * config.ImageSize * config.ImageSize;
    private VisionTransformer? _tower;

    /// <summary>Pictures that go through the tower together.</summary>
    public int ImagesPerPass { get; } = Math.Max(1, RowsPerPass / config.Tokens);

    protected override long WeightBytes => Weights().Bytes;

    /// <summary>Encodes pictures, as many passes as it takes.</summary>
    /// <param name="pixels">[count, 3, size, size]</param>
    /// <param name="count">Pictures.</param>
    /// <param name="destination">[count, embedding width]</param>
    public void Encode(ReadOnlySpan<float> pixels, int count, Span<float> destination)
    {
        Weights();
        while (count > 0)
        {
            int images = Math.Min(count, ImagesPerPass);
            Activations workspace = Rent(images, images * config.Tokens);
            try
            {
                Pass pass = new() { Encoder = this, Pixels = pixels[..(images * _pixelsPerImage)], Count = images, Workspace = workspace, Destination = destination };
                Run(ref pass);
            }
            finally
            {
                Return(workspace);
            }
            pixels = pixels[(images * _pixelsPerImage)..];
            destination = destination[(images * EmbeddingWidth)..];
            count -= images;
        }
    }

    protected override void Build(VisionWeights weights) => _tower = new(config, weights);

    private ref struct Pass : ISimdAction
    {
        public VisionEncoder Encoder;
        public ReadOnlySpan<float> Pixels;
        public int Count;
        public Activations Workspace;
        public Span<float> Destination;

        public readonly void Invoke<V>()
            where V : unmanaged, ISimd<V>
        {
            Encoder._tower!.Forward<V>(Pixels, Count, Workspace, Encoder.Pool);
            Encoder.Deliver<V>(Workspace, Destination);
        }
    }
}

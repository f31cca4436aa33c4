using PureClip.Imaging;
using PureClip.Model;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip;

/// <summary>The vision tower: any number of pictures to embeddings.</summary>
internal sealed class VisionEncoder(VisionConfig config, int embeddingWidth, Func<VisionWeights> read, SimdTier tier, WorkerPool pool, bool normalize)
    : Encoder<VisionWeights>(read, Workspaces.Of(config, embeddingWidth, tier), tier, pool, normalize)
{
    private readonly int _pixelsPerImage = 3 * config.ImageSize * config.ImageSize;
    private VisionTransformer? _tower;

    /// <summary>Pictures of a full round.</summary>
    public int ImagesPerRound => PassPlan.MostPasses(Workers) * PassPlan.SequencesPerPass(config.Tokens);

    protected override long WeightBytes => Weights().Bytes;

    /// <summary>Encodes preprocessed pictures. Allocates nothing once it is warm.</summary>
    /// <param name="pixels">[count, 3, size, size]</param>
    /// <param name="count">Pictures.</param>
    /// <param name="destination">[count, embedding width]</param>
    public void Encode(ReadOnlySpan<float> pixels, int count, Span<float> destination) =>
        Encode(new PreparedImages { Encoder = this, Pixels = pixels, Count = count, Destination = destination });

    /// <summary>Decodes, preprocesses and encodes pictures; workers do so pass by pass, so that one decodes while another multiplies.</summary>
    /// <param name="images">The pictures.</param>
    /// <param name="firstIndex">What the index of the first one is in <paramref name="results"/>.</param>
    /// <param name="preprocessor">How they are prepared.</param>
    /// <param name="options">How they are decoded.</param>
    /// <param name="results">[images]: receives what became of each; empty before.</param>
    public void Encode(ReadOnlySpan<ImageSource> images, int firstIndex, ImagePreprocessor preprocessor, ClipOptions options, Span<ImageResult?> results) =>
        Encode(new Images { Encoder = this, Sources = images, FirstIndex = firstIndex, Preprocessor = preprocessor, Options = options, Results = results });

    protected override void Build(VisionWeights weights) => _tower = new(config, weights);

    private int TokensPerImage => config.Tokens;

    /// <summary>Pictures whose pixels are ready.</summary>
    private ref struct PreparedImages : ISequences
    {
        public VisionEncoder Encoder;
        public ReadOnlySpan<float> Pixels;
        public Span<float> Destination;

        public int Count { get; init; }

        public readonly int Tokens(int index) => Encoder.TokensPerImage;

        public readonly void Forward<V>(int first, int count, Activations a, WorkerPool pool)
            where V : unmanaged, ISimd<V> =>
            Encoder._tower!.Forward<V>(Pixels.Slice(first * Encoder._pixelsPerImage, count * Encoder._pixelsPerImage), count, a, pool);

        public readonly void Deliver(int index, ReadOnlySpan<float> embedding) => embedding.CopyTo(Destination[(index * embedding.Length)..]);
    }

    /// <summary>Pictures that have to be decoded first.</summary>
    private ref struct Images : ISequences
    {
        public VisionEncoder Encoder;
        public ReadOnlySpan<ImageSource> Sources;
        public int FirstIndex;
        public ImagePreprocessor Preprocessor;
        public ClipOptions Options;
        public Span<ImageResult?> Results;

        public readonly int Count => Sources.Length;

        public readonly int Tokens(int index) => Encoder.TokensPerImage;

        public readonly void Forward<V>(int first, int count, Activations a, WorkerPool pool)
            where V : unmanaged, ISimd<V>
        {
            using PixelBatch batch = new(count, Encoder._pixelsPerImage);
            batch.TryPrepare(Sources.Slice(first, count), Preprocessor, Options, pool);
            for (int i = first; i < first + count; i++)
                if (batch.FailureOf(i - first) is { } failure)
                    Results[i] = new(FirstIndex + i, Sources[i], null, failure);
            Encoder._tower!.Forward<V>(batch.Pixels, count, a, pool);
        }

        public readonly void Deliver(int index, ReadOnlySpan<float> embedding) =>
            Results[index] ??= new(FirstIndex + index, Sources[index], embedding.ToArray(), null);
    }
}

using PureClip.Imaging;
using PureClip.Model;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip;

/// <summary>The vision tower: any number of pictures to embeddings.</summary>
internal sealed class VisionEncoder(VisionTower tower, Action load, SimdTier tier, WorkerPool pool, bool normalize)
    : Encoder(tower, load, new(tower, tier, pool), pool, normalize)
{
    /// <summary>Pictures of a full round.</summary>
    public int ImagesPerRound => PassPlan.SequencesPerRound(tower.RowsPerPicture, Workers);

    /// <summary>Encodes preprocessed pictures. Allocates nothing once it is warm.</summary>
    /// <param name="pixels">[count, 3, size, size]</param>
    /// <param name="count">Pictures.</param>
    /// <param name="destination">[count, embedding width]</param>
    public void Encode(ReadOnlySpan<float> pixels, int count, Span<float> destination) =>
        Encode(new PreparedImages { Encoder = this, Pixels = pixels, Count = count, Destination = destination });

    /// <summary>Decodes, preprocesses and encodes pictures; workers do so pass by pass, so that one decodes while another multiplies.</summary>
    /// <param name="images">The pictures.</param>
    /// <param name="firstIndex">The index of the first one in <paramref name="results"/>' <see cref="ImageResult.Index"/>.</param>
    /// <param name="preprocessor">How they are prepared.</param>
    /// <param name="options">How they are decoded.</param>
    /// <param name="results">[images]: receives what became of each; empty before.</param>
    public void Encode(ReadOnlySpan<ImageSource> images, int firstIndex, ImagePreprocessor preprocessor, ClipOptions options, Span<ImageResult?> results)
    {
        Images all = new() { Encoder = this, Sources = images, FirstIndex = firstIndex, Preprocessor = preprocessor, Options = options, Results = results };
        if (!PassPlan.IsOnePass(all, Workers))
        {
            Encode(all);
            return;
        }
        // Too few for passes of their own: they are decoded before the pool is taken, so that calls with a picture each decode side by side.
        using PixelBatch batch = new(images, preprocessor, options, Pool);
        Encode(all with { Batch = batch });
    }

    private int TokensPerImage => tower.RowsPerPicture;

    private void Forward(ReadOnlySpan<float> pixels, int count, Pass a)
    {
        a.Begin();
        for (int i = 0; i < count; i++)
            tower.Add(pixels.Slice(i * tower.PixelsPerPicture, tower.PixelsPerPicture), a);
        tower.Forward(a);
    }

    /// <summary>Pictures whose pixels are ready.</summary>
    private ref struct PreparedImages : ISequences
    {
        public VisionEncoder Encoder;
        public ReadOnlySpan<float> Pixels;
        public Span<float> Destination;

        public int Count { get; init; }

        public readonly int Tokens(int index) => Encoder.TokensPerImage;

        public readonly void Forward(int first, int count, Pass a) =>
            Encoder.Forward(Pixels[(first * (Pixels.Length / Count))..], count, a);

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

        /// <summary>All of them, where they have been decoded already.</summary>
        public PixelBatch? Batch;

        public readonly int Count => Sources.Length;

        public readonly int Tokens(int index) => Encoder.TokensPerImage;

        public readonly void Forward(int first, int count, Pass a)
        {
            PixelBatch batch = Batch ?? new(Sources.Slice(first, count), Preprocessor, Options, a.Compute.Pool);
            try
            {
                for (int i = 0; i < count; i++)
                    if (batch.FailureOf(i) is { } failure)
                        Results[first + i] = new(FirstIndex + first + i, Sources[first + i], null, failure);
                Encoder.Forward(batch.Pixels, count, a);
            }
            finally
            {
                if (Batch is null)
                    batch.Dispose();
            }
        }

        public readonly void Deliver(int index, ReadOnlySpan<float> embedding) =>
            Results[index] ??= new(FirstIndex + index, Sources[index], embedding.ToArray(), null);
    }
}

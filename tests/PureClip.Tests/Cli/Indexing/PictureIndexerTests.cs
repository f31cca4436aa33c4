using PureClip.Cli;
using PureClip.Cli.Indexing;
using PureClip.Imaging;
using PureClip.Search;

namespace PureClip.Tests.Cli.Indexing;

public sealed class PictureIndexerTests
{
    [Fact]
    public void What_was_done_before_an_interruption_is_committed_and_not_done_again()
    {
        using TemporaryFolder folder = new();
        string[] pictures = [.. Directory.GetFiles(TestData.PathOf("gallery"), "*.png").Order(StringComparer.Ordinal).Take(200)];
        using CancellationTokenSource interrupt = new();
        CountingDecoder decoder = new(picture =>
        {
            if (picture == 70)
                interrupt.Cancel();
        });
        using Clip clip = Clip.Load(TestData.Weights("pictogram-mini"), new() { Threads = 1, Decoders = [decoder] });

        using StringWriter error = new();
        Assert.Throws<OperationCanceledException>(() => Index(new(TextReader.Null, TextWriter.Null, error) { Cancellation = interrupt.Token }));
        int done, decoded = decoder.Count;
        using (EmbeddingIndex index = EmbeddingIndex.Open(folder["i.index"]))
            done = index.Count;
        Assert.InRange(done, 64, decoded);
        Assert.Contains($"{done} pictures are in the index", error.ToString());

        IndexingResult result = Index(new(TextReader.Null, TextWriter.Null, TextWriter.Null));
        Assert.Equal((pictures.Length - done, done), (result.Added, result.Unchanged));
        Assert.Equal(pictures.Length - done, decoder.Count - decoded + result.Reused);

        IndexingResult Index(Shell shell)
        {
            string path = folder["i.index"];
            using EmbeddingIndexWriter writer = EmbeddingIndex.Exists(path)
                ? EmbeddingIndexWriter.Open(path)
                : EmbeddingIndexWriter.Create(path, clip.Fingerprint, "pictogram-mini", clip.EmbeddingWidth, VectorType.Int8);
            return new PictureIndexer(clip, writer, new(path), shell).Run(pictures);
        }
    }

    /// <summary>Decodes PNG and tells how many pictures it has been given.</summary>
    private sealed class CountingDecoder(Action<int> given) : IImageDecoder
    {
        public int Count { get; private set; }

        public string FormatName => "PNG";

        public bool Recognizes(ReadOnlySpan<byte> head) => true;

        public RasterImage Decode(ReadOnlySpan<byte> file, ImageDecoderOptions options)
        {
            given(++Count);
            return ImageFormats.Decode(file, options);
        }
    }
}

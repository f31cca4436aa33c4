using PureClip.Imaging;
using PureClip.Search;

namespace PureClip.Tests;

/// <summary>Whatever a decoder of the application does wrong is its picture's own failure, and the model goes on.</summary>
public sealed class DecoderFaultTests : IDisposable
{
    private static readonly Dictionary<string, Func<RasterImage>> Faults = new()
    {
        ["an exception of its own"] = () => throw new FaultyFormatException(),
        ["a null that it did not expect"] = () => throw new NullReferenceException(),
        ["nothing"] = () => null!,
        ["an index out of range"] = () => throw new IndexOutOfRangeException(),
        ["memory that ran out"] = () => throw new OutOfMemoryException(),
        ["a cancellation of its own"] = () => throw new OperationCanceledException("its own"),
        ["a disposed thing of its own"] = () => throw new ObjectDisposedException("its own"),
        ["several at once"] = () => throw new AggregateException(new FaultyFormatException(), new FaultyFormatException()),
    };

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pureclip-tests-");

    public static TheoryData<string> Names => [.. Faults.Keys];

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_decoder_that_fails_fails_its_picture_alone(string fault)
    {
        using Clip clip = Load(fault);
        string good = ShippedModel.Gallery[0];
        ImageSource[] pictures = [good, ImageSource.FromBytes("fault"u8.ToArray(), "bad"), good];
        float[] expected = clip.EncodeImage(good);
        foreach (List<ImageResult> results in (List<ImageResult>[])[[.. clip.EncodeEach(pictures)], await clip.EncodeEachAsync(pictures).ToListAsync()])
        {
            Assert.Equal([false, true, false], results.Select(result => result.IsError));
            Assert.Equal("bad", results[1].Name);
            TensorAssert.SameBits(expected, results[2].Embedding);
        }
        Assert.ThrowsAny<Exception>(() => clip.EncodeImages(pictures));
        TensorAssert.SameBits(expected, clip.EncodeImage(good));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void An_index_takes_the_other_pictures(string fault)
    {
        string photos = Path.Combine(_folder.FullName, "photos");
        Directory.CreateDirectory(photos);
        File.Copy(ShippedModel.Gallery[0], Path.Combine(photos, "good.png"));
        File.WriteAllText(Path.Combine(photos, "bad.png"), "fault");
        using Clip clip = Load(fault);
        using FolderIndex index = FolderIndex.OpenOrCreate(Path.Combine(_folder.FullName, "index"), clip);
        FolderUpdate update = index.Update(photos);
        Assert.Equal((1, 1), (update.Added, update.Failures.Count));
        Assert.EndsWith("bad.png", update.Failures[0].Path);
    }

    private static Clip Load(string fault) =>
        Clip.Load(ShippedModel.Path, new() { Threads = 2, Decoders = [new FaultyDecoder(Faults[fault]), .. ImageFormats.BuiltIn] });

    private sealed class FaultyDecoder(Func<RasterImage> decode) : IImageDecoder
    {
        public string FormatName => "fault";

        public bool Recognizes(ReadOnlySpan<byte> head) => head.StartsWith("fault"u8);

        public RasterImage Decode(ReadOnlySpan<byte> file, ImageDecoderOptions options) => decode();
    }

    private sealed class FaultyFormatException() : Exception("the format's own error");
}

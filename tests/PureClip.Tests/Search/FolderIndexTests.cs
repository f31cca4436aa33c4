using PureClip.Imaging;
using PureClip.Search;
using PureClip.Tests.Cli;

namespace PureClip.Tests.Search;

public sealed class FolderIndexTests(Cli.ShippedModel model) : IClassFixture<Cli.ShippedModel>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_folder_is_indexed_searched_and_brought_up_to_date()
    {
        _folder.Copy(CommandLine.Cat, "photos/cat.png");
        _folder.Copy(CommandLine.Picture("dog"), "photos/below/dog.png");
        _folder.Write("photos/broken.png", "no picture"u8);
        _folder.Write("photos/notes.txt", "no picture either"u8);
        using FolderIndex photos = FolderIndex.OpenOrCreate(_folder["photos.index"], model.Clip);
        Assert.Empty(photos.Search("a cat"));

        List<FolderProgress> progress = [];
        FolderUpdate update = photos.Update(_folder["photos"], progress: new Told(progress));
        Assert.Equal((2, 0, 0, 0, 0), Counts(update));
        PictureFailure failure = Assert.Single(update.Failures);
        Assert.Equal(_folder["photos/broken.png"], failure.Path);
        Assert.IsType<InvalidDataException>(failure.Error);
        Assert.Equal([new(3, 3)], progress);

        SearchHit[] hits = photos.Search("a cat");
        Assert.Equal(["photos/cat.png", "photos/below/dog.png"], hits.Select(hit => hit.Key));
        Assert.Equal(_folder["photos/cat.png"], photos.PathOf(hits[0]));
        Assert.Equal(model.Clip.EncodeText("a cat").Length, photos.Index.Width);
        Assert.Equal(hits[0].Key, photos.Search((ImageSource)CommandLine.Cat)[0].Key);
        Assert.Equal(["photos/below/dog.png"], photos.EntriesBelow(_folder["photos/below"]).Select(photos.Index.KeyOf));

        File.Move(_folder["photos/cat.png"], _folder["photos/moved.png"]);
        File.Delete(_folder["photos/broken.png"]);
        Assert.Equal((1, 0, 1, 1, 1), Counts(photos.Update(_folder["photos"])));
        Assert.Equal("photos/moved.png", photos.Search("a cat")[0].Key);
    }

    [Fact]
    public async Task Waiting_calls_give_what_the_others_give()
    {
        _folder.Copy(CommandLine.Cat, "photos/cat.png");
        _folder.Copy(CommandLine.Picture("dog"), "photos/dog.png");
        _folder.Copy(CommandLine.Cat, "photos/same.png");
        _folder.Write("photos/broken.png", "no picture"u8);
        using FolderIndex waiting = FolderIndex.OpenOrCreate(_folder["a.index"], model.Clip);
        using FolderIndex other = FolderIndex.OpenOrCreate(_folder["b.index"], model.Clip);
        FolderUpdate update = await waiting.UpdateAsync(_folder["photos"]);
        Assert.Equal(Counts(other.Update(_folder["photos"])), Counts(update));
        Assert.Equal((3, 0, 0, 0, 0), Counts(update));
        Assert.Equal(_folder["photos/broken.png"], Assert.Single(update.Failures).Path);
        Assert.Equal((0, 0, 3, 0, 0), Counts(await waiting.UpdateAsync(_folder["photos"])));

        Assert.Equal(other.Search("a cat"), await waiting.SearchAsync("a cat"));
        using FileStream body = File.OpenRead(CommandLine.Cat);
        Assert.Equal(other.Search((ImageSource)CommandLine.Cat), await waiting.SearchAsync(ImageSource.FromStream(body)));
        CancellationToken gone = new(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => waiting.UpdateAsync([CommandLine.Picture("dog")], [], cancellationToken: gone));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.SearchAsync("a cat", cancellationToken: gone).AsTask());
    }

    [Fact]
    public void What_was_done_before_an_interruption_is_committed_and_not_done_again()
    {
        string[] pictures = [.. PictureFiles.Below(TestData.PathOf("gallery")).Take(200)];
        using CancellationTokenSource interrupt = new();
        CountingDecoder decoder = new(picture =>
        {
            if (picture == 70)
                interrupt.Cancel();
        });
        using Clip clip = Clip.Load(TestData.Weights("pictogram-mini"), new() { Threads = 1, Decoders = [decoder] });
        using FolderIndex photos = FolderIndex.OpenOrCreate(_folder["i.index"], clip, VectorType.Int8);
        Assert.Throws<OperationCanceledException>(() => photos.Update(pictures, [], cancellationToken: interrupt.Token));
        int done = photos.Index.Count, decoded = decoder.Count;
        Assert.InRange(done, 64, decoded);

        FolderUpdate update = photos.Update(pictures, []);
        Assert.Equal((pictures.Length - done, done), (update.Added, update.Unchanged));
        Assert.Equal(pictures.Length - done, decoder.Count - decoded + update.Reused);
    }

    [Fact]
    public void An_index_without_a_model_can_be_looked_after_but_takes_no_pictures()
    {
        _folder.Copy(CommandLine.Cat, "photos/cat.png");
        using (FolderIndex photos = FolderIndex.OpenOrCreate(_folder["i.index"], model.Clip))
            photos.Update(_folder["photos"]);
        using FolderIndex open = FolderIndex.Open(_folder["i.index"]);
        Assert.Contains("opened without a model", Assert.Throws<InvalidOperationException>(() => open.Search("a cat")).Message);
        _folder.Copy(CommandLine.Picture("dog"), "photos/dog.png");
        Assert.Contains("opened without a model", Assert.Throws<InvalidOperationException>(() => open.Update(_folder["photos"])).Message);
        File.Delete(_folder["photos/cat.png"]);
        Assert.Equal(1, open.Update([], [], new() { PruneAll = true, Compact = true }).Removed);
        Assert.Equal((0, 0), (open.Index.Count, open.Index.DeadRows));
    }

    [Fact]
    public void Another_way_of_storing_and_another_space_are_refused()
    {
        FolderIndex.OpenOrCreate(_folder["i.index"], model.Clip, VectorType.Int8).Dispose();
        Assert.Contains(
            "Int8", Assert.Throws<InvalidDataException>(
                () => FolderIndex.OpenOrCreate(_folder["i.index"], model.Clip, VectorType.F16)).Message);
        using Clip other = Clip.Load(TestData.Weights("pictogram-mini"), new() { Threads = 1, ApplyOrientation = false });
        Assert.Contains("exif=off", Assert.Throws<InvalidDataException>(() => FolderIndex.OpenOrCreate(_folder["i.index"], other)).Message);
        Assert.Throws<DirectoryNotFoundException>(() => FolderIndex.OpenOrCreate(_folder["j.index"], model.Clip).Update(_folder["none"]));
    }

    private static (int, int, int, int, int) Counts(FolderUpdate update) =>
        (update.Added, update.Updated, update.Unchanged, update.Reused, update.Removed);

    private sealed class Told(List<FolderProgress> values) : IProgress<FolderProgress>
    {
        public void Report(FolderProgress value) => values.Add(value);
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

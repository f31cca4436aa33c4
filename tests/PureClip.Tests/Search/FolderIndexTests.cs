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

    [Theory]
    [InlineData("disk")] // its mount point is empty
    [InlineData("disk/2020/summer")]
    [InlineData("disk", "disk/lost+found/README")]
    [InlineData("disk/2020", "disk/.hidden")]
    public void A_disk_that_is_away_takes_no_entries_along(string emptied, string? left = null)
    {
        _folder.Copy(CommandLine.Cat, "photos/cat.png");
        _folder.Copy(CommandLine.Picture("dog"), "photos/disk/2020/summer/dog.png");
        _folder.Copy(CommandLine.Picture("house"), "photos/disk/2020/summer/sea/house.png");
        using FolderIndex photos = FolderIndex.OpenOrCreate(_folder["i.index"], model.Clip);
        photos.Update(_folder["photos"]);
        Directory.Delete(_folder["photos/" + emptied], recursive: true);
        Directory.CreateDirectory(_folder["photos/" + emptied]);
        if (left is not null)
            _folder.Write("photos/" + left, "not a picture"u8);

        FolderUpdate update = photos.Update(_folder["photos"]);
        Assert.Equal((0, 3), (update.Removed, photos.Index.Count));
        Assert.Equal([new(_folder["photos/" + emptied], 2)], update.Kept);
        Assert.Empty(update.Gone);
        update = photos.Update(_folder["photos"], new() { PruneAll = true });
        Assert.Equal((2, 1), (update.Removed, photos.Index.Count));
        Assert.Empty(update.Kept);
    }

    [Fact]
    public void Entries_of_a_folder_that_was_deleted_go_and_the_folder_is_named()
    {
        _folder.Copy(CommandLine.Cat, "photos/cat.png");
        _folder.Copy(CommandLine.Picture("dog"), "photos/2020/summer/dog.png");
        using FolderIndex photos = FolderIndex.OpenOrCreate(_folder["i.index"], model.Clip);
        photos.Update(_folder["photos"]);
        Directory.Delete(_folder["photos/2020"], recursive: true);
        FolderUpdate update = photos.Update(_folder["photos"]);
        Assert.Equal((1, 1), (update.Removed, photos.Index.Count));
        Assert.Equal([new(_folder["photos/2020"], 1)], update.Gone);
    }

    [Theory]
    [InlineData(UnixFileMode.None)]
    [InlineData(UnixFileMode.UserRead)]
    [InlineData(UnixFileMode.UserExecute)]
    public void A_folder_that_cannot_be_read_keeps_its_entries_and_is_named(UnixFileMode mode)
    {
        if (OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess)
            return; // who may read everything cannot see it
        _folder.Copy(CommandLine.Cat, "photos/cat.png");
        _folder.Copy(CommandLine.Picture("dog"), "photos/locked/below/dog.png");
        using FolderIndex photos = FolderIndex.OpenOrCreate(_folder["i.index"], model.Clip);
        photos.Update(_folder["photos"]);
        UnixFileMode before = File.GetUnixFileMode(_folder["photos/locked"]);
        File.SetUnixFileMode(_folder["photos/locked"], mode);
        FolderUpdate update = photos.Update(_folder["photos"]), pruned = photos.Update([], [], new() { PruneAll = true });
        File.SetUnixFileMode(_folder["photos/locked"], before);
        Assert.Equal(2, photos.Index.Count);
        Assert.Contains(_folder["photos/locked"], Assert.Single(update.Failures).Path);
        Assert.Equal(0, pruned.Removed);
    }

    [Fact]
    public void A_folder_has_its_pictures_once_whatever_links_lead_to_it()
    {
        if (OperatingSystem.IsWindows())
            return; // links need a privilege there
        _folder.Copy(CommandLine.Cat, "disk/photos/2020/cat.png");
        Directory.CreateSymbolicLink(_folder["disk/again"], _folder["disk/photos"]);
        Directory.CreateSymbolicLink(_folder["link"], "disk/again"); // relative, to a link
        Directory.CreateDirectory(_folder["indexes"]);
        Directory.CreateSymbolicLink(_folder["other"], _folder["indexes"]);
        using FolderIndex photos = FolderIndex.OpenOrCreate(_folder["other/i.index"], model.Clip);
        foreach (string name in (string[])["link", "disk/photos", "link/2020", "disk/again/2020"])
            Assert.Equal(name == "link" ? (1, 0) : (0, 1), Changes(photos.Update(_folder[name])));
        Assert.Equal(_folder["disk/photos/2020/cat.png"], photos.PathOf(Assert.Single(photos.Search("a cat"))));
        foreach (string name in (string[])["link", "link/2020", "disk", "disk/again/2020/cat.png"])
            Assert.Single(photos.EntriesBelow(_folder[name]));
        Directory.Delete(_folder["link"]);
        Directory.Delete(_folder["disk/again"]);
        Directory.Delete(_folder["other"]);
        using FolderIndex moved = FolderIndex.Open(_folder["indexes/i.index"]);
        Assert.Equal(0, moved.Update([], [], new() { PruneAll = true }).Removed);
        Assert.Equal(1, moved.Index.Count);

        static (int, int) Changes(FolderUpdate update) => (update.Added, update.Unchanged);
    }

    [Fact]
    public void Entries_that_were_added_by_the_name_of_a_link_get_the_name_of_the_folder()
    {
        if (OperatingSystem.IsWindows())
            return; // links need a privilege there
        string cat = _folder.Copy(CommandLine.Cat, "photos/cat.png");
        Directory.CreateSymbolicLink(_folder["link"], _folder["photos"]);
        using FolderIndex photos = FolderIndex.OpenOrCreate(_folder["i.index"], model.Clip);
        using (EmbeddingIndexWriter writer = EmbeddingIndexWriter.OpenOrCreate(_folder["i.index"], model.Clip.Space))
        {
            FileInfo file = new(cat);
            writer.Add(new("link/cat.png", file.Length, file.LastWriteTimeUtc, ContentHash.OfFile(cat)), model.Clip.EncodeImage(cat));
            writer.Commit();
        }
        Assert.Equal((0, 0, 1, 0, 0), Counts(photos.Update(_folder["link"])));
        Assert.Equal("photos/cat.png", Assert.Single(photos.Search("a cat")).Key);
    }

    [Fact]
    public async Task The_bytes_that_are_hashed_are_those_that_are_decoded()
    {
        foreach (bool isAsync in (bool[])[false, true])
        {
            string[] pictures = [.. Enumerable.Range(0, 40).Select(i =>
                _folder.Write($"photos/{i:00}.png", [.. File.ReadAllBytes(CommandLine.Cat), (byte)i]))];
            Dictionary<UInt128, int> decoded = [];
            CountingDecoder decoder = new(_ => { })
            {
                Seen = file =>
                {
                    lock (decoded)
                        decoded[ContentHash.Of(file)] = file[^1];
                    foreach (string picture in pictures) // all of them change under its hands
                        File.WriteAllBytes(picture, File.ReadAllBytes(CommandLine.Picture("dog")));
                },
            };
            using Clip clip = Clip.Load(TestData.Weights("pictogram-mini"), new() { Threads = 1, Decoders = [decoder] });
            using FolderIndex photos = FolderIndex.OpenOrCreate(_folder[$"{isAsync}.index"], clip);
            if (isAsync)
                await photos.UpdateAsync(pictures, []);
            else
                photos.Update(pictures, []);
            Assert.Equal(40, photos.Index.Count);
            Assert.All(Enumerable.Range(0, 40), entry => Assert.Contains(photos.Index[entry].ContentHash, decoded.Keys));
        }
    }

    [Fact]
    public void What_is_too_large_for_the_model_is_refused_by_its_size_before_it_is_read()
    {
        string sparse = _folder.Write("photos/disk-image.png", File.ReadAllBytes(CommandLine.Cat));
        using (FileStream file = File.OpenWrite(sparse))
            file.SetLength(3L << 30);
        _folder.Write("photos/large.png", new byte[200_001]);
        _folder.Copy(CommandLine.Cat, "photos/cat.png");
        using Clip clip = Clip.Load(TestData.Weights("pictogram-mini"), new() { Threads = 1, MaxFileBytes = 200_000 });
        using FolderIndex photos = FolderIndex.OpenOrCreate(_folder["i.index"], clip);
        FolderUpdate update = photos.Update(_folder["photos"]);
        Assert.Equal(1, update.Added);
        Assert.Equal(["disk-image.png", "large.png"], update.Failures.Select(failure => Path.GetFileName(failure.Path)));
        Assert.All(update.Failures, failure => Assert.Contains("more than 200000 bytes", failure.Error.Message));
    }

    [Fact]
    public void Of_several_that_make_one_index_at_once_all_have_it_and_one_writes()
    {
        for (int round = 0; round < 10; round++)
        {
            string path = _folder[$"{round}.index"];
            using Barrier start = new(6);
            Exception?[] ends = new Exception?[6];
            Thread[] makers = [.. Enumerable.Range(0, 6).Select(i => new Thread(() =>
            {
                start.SignalAndWait();
                ends[i] = Record.Exception(() =>
                {
                    using FolderIndex photos = FolderIndex.OpenOrCreate(path, model.Clip);
                    photos.Update([CommandLine.Cat], []);
                });
            }))];
            Array.ForEach(makers, maker => maker.Start());
            Array.ForEach(makers, maker => maker.Join());
            Assert.All(ends, end => Assert.True(
                end is null || end.Message.Contains("another process is writing", StringComparison.Ordinal), end?.ToString()));
            Assert.Contains(ends, end => end is null);
            using FolderIndex made = FolderIndex.Open(path);
            Assert.Equal(1, made.Index.Count);
        }
    }

    [Theory]
    [InlineData("writer.lock")]
    [InlineData("vectors-1.bin")]
    [InlineData("entries-1.log")]
    public void An_index_that_cannot_be_written_is_searched_and_says_so(string kept)
    {
        if (OperatingSystem.IsWindows() || (Environment.IsPrivilegedProcess && kept != "writer.lock"))
            return; // who may write everything cannot see it
        using (FolderIndex photos = FolderIndex.OpenOrCreate(_folder["i.index"], model.Clip))
            photos.Update([CommandLine.Cat], []);
        string file = Path.Combine(_folder["i.index"], kept);
        if (kept == "writer.lock")
        {
            File.Delete(file);
            Directory.CreateDirectory(file); // which no one can open as a file
        }
        else
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead);
        }
        using FolderIndex index = FolderIndex.OpenOrCreate(_folder["i.index"], model.Clip);
        Assert.Single(index.Search("a cat"));
        string message = Assert.Throws<IOException>(() => index.Update([CommandLine.Picture("dog")], [])).Message;
        Assert.StartsWith($"{_folder["i.index"]}: this index cannot be written", message);
    }

    private static (int, int, int, int, int) Counts(FolderUpdate update) =>
        (update.Added, update.Updated, update.Unchanged, update.Reused, update.Removed);

    private sealed class Told(List<FolderProgress> values) : IProgress<FolderProgress>
    {
        public void Report(FolderProgress value) => values.Add(value);
    }

    private delegate void ReadOnlySpanAction<T>(ReadOnlySpan<T> span);

    /// <summary>Decodes PNG and tells how many pictures it has been given.</summary>
    private sealed class CountingDecoder(Action<int> given) : IImageDecoder
    {
        public int Count { get; private set; }

        public ReadOnlySpanAction<byte>? Seen { get; init; }

        public string FormatName => "PNG";

        public bool Recognizes(ReadOnlySpan<byte> head) => true;

        public RasterImage Decode(ReadOnlySpan<byte> file, ImageDecoderOptions options)
        {
            given(++Count);
            Seen?.Invoke(file);
            return ImageFormats.Decode(file, options);
        }
    }
}

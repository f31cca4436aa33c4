using System.Buffers;
using System.Diagnostics;
using PureClip.Imaging;
using PureClip.Tests.Cli;

namespace PureClip.Tests;

public sealed class ImageSourceTests
{
    private static readonly string PngPath = TestData.PathOf("pictures/png/rgb8-plain-4.png");
    private static readonly byte[] Png = File.ReadAllBytes(PngPath);

    [Fact]
    public async Task Every_way_to_a_file_gives_its_pixels_at_once_and_without_blocking()
    {
        RasterImage expected = ImageFormats.Decode(Png);
        Func<ImageSource>[] ways =
        [
            () => PngPath,
            () => ImageSource.FromFile(new FileInfo(PngPath)),
            () => Png,
            () => ImageSource.FromBytes(Png.AsMemory()),
            () => ImageSource.FromBytes(new ReadOnlySequence<byte>(Png)),
            () => ImageSource.FromBytes(InPieces(Png, 7)),
            () => ImageSource.FromStream(new MemoryStream(Png)),
            () => ImageSource.FromStream(new UnknownLength(Png)),
            () => ImageSource.FromStream(_ => new(new UnknownLength(Png))),
            () => ImageSource.FromPixels(expected),
        ];
        foreach (Func<ImageSource> way in ways)
        {
            Assert.Equal(expected.Pixels, way().Decode().Pixels);
            using PictureMemory memory = PictureMemory.Borrow();
            ImageSource read = await way().ReadAsync(ImageDecoderOptions.Default, memory, default);
            Assert.Equal(expected.Pixels, read.Decode().Pixels);
            Assert.Equal(expected.Pixels, read.Decode().Pixels);
        }
    }

    [Fact]
    public async Task A_stream_that_refuses_to_block_is_read()
    {
        using PictureMemory memory = PictureMemory.Borrow();
        ImageSource body = ImageSource.FromStream(new UnknownLength(Png) { RefusesToBlock = true });
        Assert.Equal(ImageFormats.Decode(Png).Pixels, (await body.ReadAsync(ImageDecoderOptions.Default, memory, default)).Decode().Pixels);
        Assert.Equal(
            ImageFormats.Decode(Png).Pixels,
            ImageSource.FromStream(_ => new(new UnknownLength(Png) { RefusesToBlock = true })).Decode().Pixels);
    }

    [Fact]
    public async Task The_second_use_of_a_stream_says_that_it_is_the_second()
    {
        foreach (Stream stream in (Stream[])[new MemoryStream(Png), new UnknownLength(Png)])
        {
            ImageSource source = ImageSource.FromStream(stream, "upload 7");
            source.Decode();
            string message = Assert.Throws<InvalidOperationException>(() => source.Decode()).Message;
            Assert.StartsWith("upload 7: the stream of this picture was read before", message, StringComparison.Ordinal);
            using PictureMemory memory = PictureMemory.Borrow();
            await Assert.ThrowsAsync<InvalidOperationException>(
                async () => await source.ReadAsync(ImageDecoderOptions.Default, memory, default));
        }
    }

    [Fact]
    public async Task A_stream_that_is_opened_late_is_opened_for_every_use_and_disposed()
    {
        List<UnknownLength> opened = [];
        using CancellationTokenSource source = new();
        List<CancellationToken> tokens = [];
        ImageSource late = ImageSource.FromStream(async token =>
        {
            await Task.Yield();
            tokens.Add(token);
            opened.Add(new UnknownLength(Png));
            return opened[^1];
        });
        Assert.Empty(opened);
        late.Decode();
        late.Decode();
        using PictureMemory memory = PictureMemory.Borrow();
        await late.ReadAsync(ImageDecoderOptions.Default, memory, source.Token);
        Assert.Equal(3, opened.Count);
        Assert.All(opened, stream => Assert.True(stream.IsDisposed));
        Assert.Equal([default, default, source.Token], tokens);
    }

    [Fact]
    public void What_opens_or_reads_a_stream_may_fail_in_its_own_way()
    {
        ImageSource unreachable = ImageSource.FromStream(_ => throw new HttpRequestException("gone"));
        Assert.Equal("gone", Assert.Throws<HttpRequestException>(() => unreachable.Decode()).Message);
        Assert.Throws<IOException>(() => ImageSource.FromStream(new UnknownLength(Png) { RefusesToBlock = true }).Decode());
        Assert.Equal("a: the function that opens its stream gave null.",
            Assert.Throws<InvalidDataException>(() => ImageSource.FromStream(_ => new((Stream)null!), "a").Decode()).Message);
    }

    [Fact]
    public async Task Cancelling_ends_the_reading()
    {
        using CancellationTokenSource source = new();
        using PictureMemory memory = PictureMemory.Borrow();
        ImageSource slow = ImageSource.FromStream(new UnknownLength(Png) { Delay = Timeout.InfiniteTimeSpan });
        ValueTask<ImageSource> reading = slow.ReadAsync(ImageDecoderOptions.Default, memory, source.Token);
        Assert.False(reading.IsCompleted);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await reading);
    }

    [Fact]
    public async Task More_bytes_than_the_limit_are_refused_by_name()
    {
        byte[] large = [.. Png, .. new byte[200_000]];
        string file = Path.Combine(Directory.CreateTempSubdirectory().FullName, "large.png");
        File.WriteAllBytes(file, large);
        Func<ImageSource>[] ways =
        [
            () => ImageSource.FromFile(file),
            () => ImageSource.FromStream(new MemoryStream(large), file),
            () => ImageSource.FromStream(new UnknownLength(large), file),
            () => ImageSource.FromStream(_ => new(new UnknownLength(large)), file),
        ];
        foreach (Func<ImageSource> way in ways)
        {
            foreach (long enough in (long[])[large.Length, large.Length + 1, long.MaxValue])
                Assert.Equal(17, way().Decode(options: new() { MaxFileBytes = enough }).Width);
            foreach (long few in (long[])[1, 65_536, large.Length - 1])
            {
                ImageDecoderOptions options = new() { MaxFileBytes = few };
                using PictureMemory memory = PictureMemory.Borrow();
                string message = Assert.Throws<InvalidDataException>(() => way().Decode(options: options)).Message;
                Assert.Equal(
                    $"{file}: the file has more than {few} bytes, the most that is read. Reduce the picture, or raise the limit of bytes.",
                    message);
                Assert.Equal(
                    message,
                    (await Assert.ThrowsAsync<InvalidDataException>(async () => await way().ReadAsync(options, memory, default))).Message);
            }
        }
        Assert.Equal(17, ImageSource.FromBytes(large).Decode(options: new() { MaxFileBytes = 1 }).Width);
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
    }

    [Theory]
    [InlineData("pipe.png")]
    [InlineData("link.png")]
    [InlineData("device.png")]
    [InlineData("empty.png")]
    public async Task What_is_no_regular_file_is_refused_without_being_opened(string name)
    {
        if (OperatingSystem.IsWindows())
            return; // pipes are no files there
        using TemporaryFolder folder = new();
        using (Process process = Process.Start("mkfifo", folder["pipe.png"]))
            await process.WaitForExitAsync();
        File.CreateSymbolicLink(folder["link.png"], folder["pipe.png"]);
        File.CreateSymbolicLink(folder["device.png"], "/dev/zero");
        folder.Write("empty.png", []);
        using PictureMemory memory = PictureMemory.Borrow();
        ImageSource source = folder[name];
        string message = Assert.Throws<InvalidDataException>(() => source.Decode()).Message;
        Assert.Equal(name == "device.png"
            ? $"{folder[name]}: this is a device, not a picture."
            : $"{folder[name]}: there is nothing to read: the file is empty, or is a pipe or a socket.", message);
        Assert.Equal(message, (await Assert.ThrowsAsync<InvalidDataException>(
            async () => await source.ReadAsync(ImageDecoderOptions.Default, memory, default))).Message);
        Assert.Throws<InvalidDataException>(() => ImageFormats.ReadFile(folder[name]));
    }

    [Fact]
    public async Task A_stream_that_is_shorter_than_it_said_is_named()
    {
        using PictureMemory memory = PictureMemory.Borrow();
        const string problem = "shrinking: it ends after 50 of the 100 bytes that it had a moment ago. Is it still being written?";
        Assert.Equal(
            problem, Assert.Throws<InvalidDataException>(() => ImageSource.FromStream(new Shrinking(), "shrinking").Decode()).Message);
        ImageSource source = ImageSource.FromStream(new Shrinking(), "shrinking");
        Exception later = await Assert.ThrowsAsync<InvalidDataException>(
            async () => await source.ReadAsync(ImageDecoderOptions.Default, memory, default));
        Assert.Equal(problem, later.Message);
    }

    [Fact]
    public void A_stream_without_end_stops_at_64_MiB()
    {
        ImageSource endless = ImageSource.FromStream(new UnknownLength(Png) { IsEndless = true }, "endless");
        Assert.Contains(
            $"endless: the file has more than {64 << 20} bytes", Assert.Throws<InvalidDataException>(() => endless.Decode()).Message);
    }

    [Fact]
    public void Nothing_to_read_is_told_apart()
    {
        MemoryStream atItsEnd = new();
        atItsEnd.Write(Png);
        Assert.Equal($"picture: the stream stands at its end, at byte {Png.Length}. Set its Position to where the picture begins.",
            Assert.Throws<InvalidDataException>(() => ImageSource.FromStream(atItsEnd).Decode()).Message);
        ImageSource[] sources =
            [Array.Empty<byte>(), ImageSource.FromStream(new MemoryStream()), ImageSource.FromStream(new UnknownLength([]))];
        foreach (ImageSource empty in sources)
            Assert.Equal("picture: The picture file is empty.", Assert.Throws<InvalidDataException>(() => empty.Decode()).Message);
        atItsEnd.Dispose();
        Assert.Contains("cannot be read", Assert.Throws<ArgumentException>(() => ImageSource.FromStream(atItsEnd)).Message);
    }

    [Fact]
    public void Null_is_refused_where_it_is_given()
    {
        Assert.Throws<ArgumentNullException>(() => ImageSource.FromFile((string)null!));
        Assert.Throws<ArgumentException>(() => ImageSource.FromFile(""));
        Assert.Throws<ArgumentNullException>(() => ImageSource.FromFile((FileInfo)null!));
        Assert.Throws<ArgumentNullException>(() => (ImageSource)(byte[])null!);
        Assert.Throws<ArgumentNullException>(() => ImageSource.FromStream((Stream)null!));
        Assert.Throws<ArgumentNullException>(() => ImageSource.FromStream((Func<CancellationToken, ValueTask<Stream>>)null!));
        Assert.Throws<ArgumentNullException>(() => ImageSource.FromBytes(Png, null!));
    }

    private static ReadOnlySequence<byte> InPieces(byte[] bytes, int length)
    {
        Piece first = new(bytes.AsMemory(0, length), 0), last = first;
        for (int at = length; at < bytes.Length; at += length)
            last = last.Append(bytes.AsMemory(at, Math.Min(length, bytes.Length - at)));
        return new(first, 0, last, last.Memory.Length);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> bytes, long index) => (Memory, RunningIndex) = (bytes, index);

        public Piece Append(ReadOnlyMemory<byte> bytes)
        {
            Piece next = new(bytes, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }

    /// <summary>As a file from which somebody else takes bytes away.</summary>
    private sealed class Shrinking() : MemoryStream(new byte[50])
    {
        public override long Length => 100;
    }

    /// <summary>
    /// Bytes as a network brings them: a few at a time, nobody knows how many, and perhaps only to those who do not block.
    /// </summary>
    private sealed class UnknownLength(byte[] bytes) : Stream
    {
        private int _position;

        public bool RefusesToBlock { get; init; }

        public bool IsEndless { get; init; }

        public TimeSpan Delay { get; init; }

        public bool IsDisposed { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(Span<byte> buffer) =>
            RefusesToBlock ? throw new IOException("Synchronous operations are disallowed.") : Some(buffer);

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Delay(Delay, cancellationToken);
            return Some(buffer.Span);
        }

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing) => IsDisposed = true;

        private int Some(Span<byte> buffer)
        {
            if (IsEndless)
                return buffer.Length;
            int count = Math.Min(Math.Min(buffer.Length, 1000), bytes.Length - _position);
            bytes.AsSpan(_position, count).CopyTo(buffer);
            _position += count;
            return count;
        }
    }
}

using PureClip.Files;

namespace PureClip.Tests.Files;

public sealed class MappedFileTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly byte[] _bytes = [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i * 31 >> 3))];

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Bytes_are_those_of_the_file(bool read)
    {
        using MappedFile file = Open(read);
        Assert.Equal(_bytes.Length, file.Length);
        foreach ((int offset, int count) in new[] { (0, 1), (5, 17), (4095, 4098), (99_999, 1), (100_000, 0), (0, 100_000) })
        {
            byte[] copy = new byte[count];
            file.Read(offset, copy);
            using Lease lease = file.Lease(offset, count);
            Assert.Equal(_bytes[offset..(offset + count)], copy);
            Assert.Equal(copy, lease.Span(0, count).ToArray());
        }
        file.Release(0, file.Length);
        using Lease whole = file.Lease();
        Assert.Equal(_bytes[10..20], whole.Span(10, 10).ToArray());
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(0, 100_001)]
    [InlineData(100_000, 1)]
    [InlineData(long.MaxValue, 1)]
    [InlineData(1, long.MaxValue)]
    [InlineData(0, -1)]
    public void A_range_outside_is_refused(long offset, long count)
    {
        using MappedFile file = Open(read: false);
        string expected = $"needs {count} bytes at offset {offset}, but the file has 100000 bytes";
        Assert.Contains(expected, Assert.Throws<InvalidDataException>(() => file.Lease(offset, count)).Message);
        Assert.Contains(expected, Assert.Throws<InvalidDataException>(() => file.RequireRange(offset, count, "x")).Message);
        if (count is < 0 or > int.MaxValue)
            return;
        using Lease whole = file.Lease();
        Assert.Contains(expected, Assert.Throws<InvalidDataException>(() => { whole.Span(offset, (int)count); }).Message);
        Assert.Contains(expected, Assert.Throws<InvalidDataException>(() => file.Read(offset, new byte[count])).Message);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_lease_outlives_its_file(bool read)
    {
        MappedFile file = Open(read);
        Lease lease = file.Lease(7, 50_000);
        file.Dispose();
        file.Dispose();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.Equal(_bytes[7..50_007], lease.Span(0, 50_000).ToArray());
        Assert.Throws<ObjectDisposedException>(() => file.Lease());
        Assert.Throws<ObjectDisposedException>(() => file.Read(0, new byte[1]));
        lease.Dispose();
    }

    [Fact]
    public void A_lease_is_returned_once()
    {
        using MappedFile file = Open(read: false);
        Lease first = file.Lease(), second = file.Lease();
        first.Dispose();
        first.Dispose();
        first.Dispose();
        Assert.Throws<ObjectDisposedException>(() => { first.Span(0, 1); });
        Assert.Equal(_bytes[..9], second.Span(0, 9).ToArray());
        second.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Closing_beside_readers_lets_them_finish_or_refuses_them(bool read)
    {
        for (int round = 0; round < 20; round++)
        {
            MappedFile file = Open(read);
            using Barrier start = new(4);
            Task[] readers = [.. Enumerable.Range(0, 3).Select(i => Task.Run(() => ReadUntilClosed(file, start, leases: i == 0)))];
            start.SignalAndWait();
            await Task.Delay(round % 3);
            file.Dispose();
            await Task.WhenAll(readers);
        }
    }

    [Fact]
    public void A_file_that_is_read_and_cut_is_an_error()
    {
        if (OperatingSystem.IsWindows())
            return; // which keeps others from cutting an open file
        using MappedFile file = Open(read: true);
        using (FileStream stream = new(file.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            stream.SetLength(4096);
        file.Read(0, new byte[4096]);
        Assert.Contains("ends at byte 4096; it had 100000 bytes", Assert.Throws<EndOfStreamException>(() => file.Read(4000, new byte[500])).Message);
        Assert.Throws<EndOfStreamException>(() => file.Lease());
    }

    [Fact]
    public void The_start_of_a_file_that_grows_can_be_mapped()
    {
        string path = _directory.Write("rows", _bytes);
        FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        using MappedFile file = MappedFile.Open(stream, path, 1000, read: false);
        using (FileStream more = new(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite))
            more.Write(_bytes);
        using Lease lease = file.Lease();
        Assert.Equal(_bytes[..1000], lease.Span(0, 1000).ToArray());
        Assert.Throws<InvalidDataException>(() => { lease.Span(1, 1000); });
    }

    [Fact]
    public void An_empty_file_is_refused() =>
        Assert.Contains("is empty", Assert.Throws<InvalidDataException>(() => MappedFile.Open(_directory.Write("empty", []))).Message);

    [Fact]
    public void Bytes_in_memory_can_be_leased_too()
    {
        using Lease lease = Lease.FromBytes(_bytes, "name"), nothing = Lease.FromBytes([]);
        Assert.Equal("name", lease.Path);
        Assert.Equal(_bytes[^3..], lease.Span(lease.Length - 3, 3).ToArray());
        Assert.Equal(0, nothing.Length);
    }

    private MappedFile Open(bool read) => MappedFile.Open(_directory.Write("file", _bytes), read);

    private void ReadUntilClosed(MappedFile file, Barrier start, bool leases)
    {
        byte[] copy = new byte[_bytes.Length];
        start.SignalAndWait();
        try
        {
            while (true)
            {
                Array.Clear(copy);
                using Lease? lease = leases ? file.Lease() : null;
                if (lease is not null)
                    lease.Span(0, copy.Length).CopyTo(copy);
                else
                    file.Read(0, copy);
                Assert.Equal(_bytes, copy);
            }
        }
        catch (ObjectDisposedException)
        {
            // The end that was waited for.
        }
    }
}

using PureClip.Files;
using static PureClip.Tests.Files.Bytes;

namespace PureClip.Tests.Files;

public sealed class SafetensorsFileTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Bytes_are_those_of_the_file()
    {
        using SafetensorsFile file = Open("{" + Entry("a", "U8", "2,3", "0,6") + "," + Entry("z", "F32", "0", "6,6") + "," + Entry("b", "I64", "", "6,14") + "}", 14);
        Assert.Equal([0, 1, 2, 3, 4, 5], BytesOf(file, "a"));
        Assert.Equal([7, 8, 9], BytesOf(file, "b", 1, 3));
        Assert.Empty(BytesOf(file, "z"));
        Assert.Equal(["a", "z", "b"], file.Tensors.Select(tensor => tensor.Name));
    }

    [Fact]
    public void Floats_of_a_row_are_read_at_any_alignment()
    {
        // The odd header length leaves the data unaligned, which the format allows.
        string json = "{" + Entry("m", "BF16", "2,3", "0,12") + "}";
        byte[] data = [.. new ushort[] { 0x3F80, 0x4000, 0x4040, 0xBF80, 0xC000, 0x0001 }.SelectMany(BitConverter.GetBytes)];
        for (int padding = 0; padding < 8; padding++)
        {
            using SafetensorsFile file = SafetensorsFile.Open(_directory.Write($"{padding}.safetensors", File([.. System.Text.Encoding.UTF8.GetBytes(json + new string(' ', padding))], data)));
            float[] row = new float[3];
            file.ReadFloats(file["m"], 3, row);
            Assert.Equal([-1f, -2f, BitConverter.UInt32BitsToSingle(0x00010000)], row);
        }
    }

    [Fact]
    public void Tensor_longer_than_one_step_is_read_whole()
    {
        float[] values = [.. Enumerable.Range(0, 50_001).Select(i => i / 3f)];
        string path = _directory.File("long.safetensors");
        SafetensorsWriter.Write(path, [TensorSource.FromFloats("t", [values.Length], values)]);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        float[] found = new float[values.Length];
        file.ReadFloats(file["t"], found);
        Assert.Equal(values, found);
    }

    [Fact]
    public void Integer_tensor_is_listed_but_not_read_as_floats()
    {
        using SafetensorsFile file = Open("{" + Entry("position_ids", "I64", "2", "0,16") + "}", 16);
        string message = Assert.Throws<InvalidDataException>(() => file.ReadFloats(file["position_ids"], new float[2])).Message;
        Assert.Contains(file.Path, message);
        Assert.Contains("\"position_ids\" I64 [2]", message);
        Assert.Contains("F32, F16, BF16 or F64", message);
    }

    [Fact]
    public void Missing_tensor_is_named()
    {
        using SafetensorsFile file = Open("{}", 0);
        Assert.False(file.TryGet("logit_scale", out _));
        Assert.Contains("\"logit_scale\"", Assert.Throws<InvalidDataException>(() => file["logit_scale"]).Message);
    }

    [Fact]
    public void Destination_of_another_length_is_refused()
    {
        using SafetensorsFile file = Open("{" + Entry("t", "F32", "4", "0,16") + "}", 16);
        Assert.Throws<ArgumentException>(() => file.ReadFloats(file["t"], new float[3]));
        Assert.Throws<ArgumentException>(() => file.ReadFloats(file["t"], new float[5]));
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(4, 1)]
    [InlineData(0, 5)]
    [InlineData(long.MaxValue, 1)]
    [InlineData(long.MinValue, 1)]
    public void Range_outside_the_tensor_is_refused(long first, int count)
    {
        using SafetensorsFile file = Open("{" + Entry("t", "F32", "4", "0,16") + "}", 16);
        Assert.Throws<ArgumentOutOfRangeException>(() => file.ReadFloats(file["t"], first, new float[count]));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Lease(file["t"], first, count + 12));
    }

    [Fact]
    public void Negative_count_is_refused()
    {
        using SafetensorsFile file = Open("{" + Entry("t", "F32", "4", "0,16") + "}", 16);
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Lease(file["t"], 4, -1));
    }

    [Fact]
    public void Tensor_of_another_file_is_refused()
    {
        string path = _directory.Write("one.safetensors", File("{" + Entry("t", "F32", "4", "0,16") + "}", 16));
        using SafetensorsFile one = SafetensorsFile.Open(path), other = SafetensorsFile.Open(path);
        Assert.Throws<ArgumentException>(() => one.ReadFloats(other["t"], new float[4]));
        Assert.Throws<ArgumentException>(() => one.Lease(other["t"]));
        Assert.Throws<ArgumentException>(() => one.CopyTo(other["t"], Stream.Null));
    }

    [Fact]
    public void Disposed_file_says_so()
    {
        SafetensorsFile file = Open("{" + Entry("t", "F32", "4", "0,16") + "}", 16);
        TensorInfo tensor = file["t"];
        file.Dispose();
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => file.ReadFloats(tensor, new float[4]));
        Assert.Throws<ObjectDisposedException>(() => file.Lease(tensor));
        Assert.Throws<ObjectDisposedException>(() => file.CopyTo(tensor, Stream.Null));
    }

    [Fact]
    public void Refused_file_is_not_kept_open()
    {
        string path = _directory.Write("bad.safetensors", File("{}", 1));
        Assert.Throws<InvalidDataException>(() => SafetensorsFile.Open(path));
        System.IO.File.WriteAllBytes(path, File("{}"));
        SafetensorsFile.Open(path).Dispose();
    }

    [Fact]
    public void Missing_file_is_named()
    {
        string path = _directory.File("none.safetensors");
        Assert.Contains(path, Assert.Throws<FileNotFoundException>(() => SafetensorsFile.Open(path)).Message);
    }

    [Fact]
    public void Many_threads_read_the_same_values()
    {
        float[] values = [.. Enumerable.Range(0, 100_000).Select(i => (float)Math.Sin(i))];
        string path = _directory.File("shared.safetensors");
        SafetensorsWriter.Write(path, Enumerable.Range(0, 4).Select(i => TensorSource.FromFloats($"t{i}", [values.Length], values)));
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Parallel.For(0, 64, i =>
        {
            float[] found = new float[values.Length];
            file.ReadFloats(file[$"t{i % 4}"], found);
            Assert.Equal(values, found);
        });
    }

    [Fact]
    public async Task Dispose_during_reads_lets_them_finish_or_refuses_them()
    {
        float[] values = [.. Enumerable.Range(0, 300_000).Select(i => (float)i)];
        string path = _directory.File("closing.safetensors");
        SafetensorsWriter.Write(path, [TensorSource.FromFloats("t", [values.Length], values)]);
        for (int round = 0; round < 10; round++)
        {
            SafetensorsFile file = SafetensorsFile.Open(path);
            TensorInfo tensor = file["t"];
            using Barrier start = new(3);
            Task[] readers = [.. Enumerable.Range(0, 2).Select(_ => Task.Run(() => ReadUntilDisposed(file, tensor, values, start)))];
            start.SignalAndWait();
            file.Dispose();
            await Task.WhenAll(readers);
        }
    }

    [Fact]
    public void File_beyond_two_gigabytes_is_read_in_pieces()
    {
        // Sparse: takes no space where the file system knows holes.
        const long Elements = (1L << 30) + 5;
        byte[] json = System.Text.Encoding.UTF8.GetBytes("{" + Entry("t", "F16", $"{Elements}", $"0,{2 * Elements}") + "}");
        string path = _directory.File("huge.safetensors");
        using (FileStream stream = System.IO.File.Create(path))
        {
            stream.Write(File(json, []));
            stream.SetLength(8 + json.Length + 2 * Elements);
            stream.Seek(-2, SeekOrigin.End);
            stream.Write([0x00, 0x3C]);
        }
        using SafetensorsFile file = SafetensorsFile.Open(path);
        TensorInfo tensor = file["t"];
        byte[] end = new byte[4];
        file.Read(tensor, 2 * Elements - 4, end);
        Assert.Equal([0x00, 0x00, 0x00, 0x3C], end);
        using Lease whole = file.Lease(tensor);
        Assert.Equal([0x00, 0x3C], whole.Span(2 * Elements - 2, 2).ToArray());
        float[] last = new float[3];
        file.ReadFloats(tensor, Elements - 3, last);
        Assert.Equal([0f, 0f, 1f], last);
    }

    /// <summary>Short and long tensors of every type that becomes floats: all ways through ReadFloats.</summary>
    [Fact]
    public void A_file_that_is_read_gives_what_the_mapped_one_gives()
    {
        Random random = new(5);
        string path = _directory.File("both.safetensors");
        SafetensorsWriter.Write(path, new[] { NumberType.F64, NumberType.F32, NumberType.F16, NumberType.BF16 }.SelectMany(type => new[] { 7, 40_000 }.Select(count =>
        {
            byte[] bytes = new byte[count * type.Bits() / 8];
            random.NextBytes(bytes);
            return new TensorSource($"{type}.{count}", type, [count], stream => stream.Write(bytes));
        })));
        using SafetensorsFile mapped = SafetensorsFile.Open(path), read = SafetensorsFile.Open(path, read: true);
        foreach (TensorInfo tensor in mapped.Tensors)
        {
            float[] expected = new float[tensor.ElementCount - 1], found = new float[tensor.ElementCount - 1];
            mapped.ReadFloats(tensor, 1, expected);
            read.ReadFloats(read[tensor.Name], 1, found);
            Assert.Equal(expected.Select(BitConverter.SingleToUInt32Bits), found.Select(BitConverter.SingleToUInt32Bits));
            Assert.Equal(BytesOf(mapped, tensor.Name), BytesOf(read, tensor.Name));
        }
    }

    [Fact]
    public void A_file_that_is_read_and_cut_is_an_error()
    {
        if (OperatingSystem.IsWindows())
            return; // which keeps others from cutting an open file
        string path = _directory.File("cut.safetensors");
        SafetensorsWriter.Write(path, [TensorSource.FromFloats("t", [50_000], new float[50_000])]);
        using SafetensorsFile file = SafetensorsFile.Open(path, read: true);
        using (FileStream stream = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            stream.SetLength(4096);
        Assert.Contains("Another program has cut it", Assert.Throws<EndOfStreamException>(() => file.ReadFloats(file["t"], new float[50_000])).Message);
    }

    [Fact]
    public void Shipped_model_opens()
    {
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(TestData.Weights("pictogram-mini"), "model.safetensors"));
        AssertReadable(file);
        Assert.Equal("pt", file.Metadata["format"]);
    }

    [FixtureTheory("checkpoints")]
    [InlineData("tiny/hf/model.safetensors")]
    [InlineData("tiny/hf16/model.safetensors")]
    [InlineData("tiny/openclip/open_clip_model.safetensors")]
    [InlineData("tiny-gelu/hf/model.safetensors")]
    [InlineData("tiny-gelu/openclip/open_clip_model.safetensors")]
    public void Published_layout_opens(string relative)
    {
        using SafetensorsFile file = SafetensorsFile.Open(Fixtures.PathOf(Path.Combine("checkpoints", relative)));
        AssertReadable(file);
    }

    private SafetensorsFile Open(string json, int dataBytes) => SafetensorsFile.Open(_directory.Write("file.safetensors", File(json, dataBytes)));

    private static byte[] BytesOf(SafetensorsFile file, string name) => BytesOf(file, name, 0, (int)file[name].ByteLength);

    private static byte[] BytesOf(SafetensorsFile file, string name, long offset, int count)
    {
        using Lease lease = file.Lease(file[name], offset, count);
        byte[] copy = new byte[count];
        file.Read(file[name], offset, copy);
        Assert.Equal(copy, lease.Span(0, count).ToArray());
        return copy;
    }

    private static void AssertReadable(SafetensorsFile file)
    {
        Assert.True(file.TryGet("logit_scale", out _));
        foreach (TensorInfo tensor in file.Tensors.Where(tensor => tensor.Type.IsFloat()))
        {
            float[] values = new float[tensor.ElementCount];
            file.ReadFloats(tensor, values);
            Assert.False(values.Any(float.IsNaN), tensor.ToString());
        }
    }

    private static void ReadUntilDisposed(SafetensorsFile file, TensorInfo tensor, float[] values, Barrier start)
    {
        float[] found = new float[values.Length];
        start.SignalAndWait();
        try
        {
            while (true)
            {
                file.ReadFloats(tensor, found);
                Assert.Equal(values[^1], found[^1]);
            }
        }
        catch (ObjectDisposedException)
        {
            // The end that was waited for.
        }
    }
}

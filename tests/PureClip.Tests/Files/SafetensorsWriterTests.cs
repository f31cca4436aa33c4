using System.Text;
using PureClip.Files;

namespace PureClip.Tests.Files;

public sealed class SafetensorsWriterTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Empty_file_equals_the_reference() =>
        Assert.Equal([0x08, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0x7D, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20], Written([]));

    [Fact]
    public void File_with_metadata_equals_the_reference() =>
        Assert.Equal([40, 0, 0, 0, 0, 0, 0, 0, .. "{\"__metadata__\":{\"framework\":\"pt\"}}     "u8], Written([], new() { ["framework"] = "pt" }));

    [Fact]
    public void Tensors_are_sorted_by_dtype_descending_then_by_utf8_name()
    {
        // U+FF5E sorts before U+1F600 in UTF-8, behind it in UTF-16.
        string[] names = ["b", "a", "\U0001F600", "\uFF5E", "B", ""];
        TensorSource[] tensors = [Of("i", NumberType.I64, []), Of("f", NumberType.F16, []), .. names.Select(name => Of(name, NumberType.F32, [])), Of("g", NumberType.BF16, [0])];
        Assert.Equal(["i", "", "B", "a", "b", "\uFF5E", "\U0001F600", "g", "f"], Names(Written(tensors)));
        Assert.Equal(Written(tensors), Written([.. tensors.Reverse()]));
    }

    [Fact]
    public void Header_text_is_that_of_the_reference()
    {
        byte[] bytes = Written([Of("a\"\\/\b\f\n\r\t\u0001\u001f\u007f é😀", NumberType.F32, [2, 0, 3]), Of("s", NumberType.U8, [])], new() { ["z"] = "", ["k"] = "\u2028<>&'+" });
        string json = "{\"__metadata__\":{\"k\":\"\u2028<>&'+\",\"z\":\"\"}," +
            "\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\u007f é😀\":{\"dtype\":\"F32\",\"shape\":[2,0,3],\"data_offsets\":[0,0]}," +
            "\"s\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0,1]}}";
        Assert.Equal(json, Encoding.UTF8.GetString(bytes.AsSpan(8, bytes.Length - 9)).TrimEnd(' '));
        Assert.Equal(0, (bytes.Length - 1) % 8);
    }

    [Fact]
    public void Random_files_survive_the_round_trip()
    {
        for (int seed = 0; seed < 200; seed++)
            AssertRoundTrip(new Random(seed));
    }

    [Fact]
    public void Shipped_model_is_reproduced() => AssertReproduced(Path.Combine(TestData.Weights("pictogram-mini"), "model.safetensors"));

    [Fact]
    public void Old_file_is_replaced_and_nothing_else_is_left()
    {
        string path = _directory.Write("m.safetensors", [1, 2, 3]);
        SafetensorsWriter.Write(path, [Of("a", NumberType.F32, [3])]);
        Assert.Equal(["m.safetensors"], _directory.Names());
        Assert.Equal(["a"], Names(File.ReadAllBytes(path)));
    }

    [Fact]
    public void Link_to_a_file_stays_a_link()
    {
        if (OperatingSystem.IsWindows())
            return; // links need a privilege there
        string path = _directory.Write("m.safetensors", [1, 2, 3]), link = _directory.File("link");
        File.CreateSymbolicLink(link, path);
        SafetensorsWriter.Write(link, [Of("a", NumberType.F32, [3])]);
        Assert.Equal(path, new FileInfo(link).LinkTarget);
        Assert.Equal(["a"], Names(File.ReadAllBytes(path)));
        Assert.Equal(["link", "m.safetensors"], _directory.Names());
    }

    [Fact]
    public void Open_file_gets_the_same_bytes()
    {
        TensorSource[] tensors = [Of("a", NumberType.F32, [3]), Of("b", NumberType.U8, [5])];
        Dictionary<string, string> metadata = new() { ["k"] = "v" };
        byte[] expected = Written(tensors, metadata);
        using FileStream file = File.Create(_directory.File("open"));
        SafetensorsWriter.Write(file, tensors, metadata);
        file.Dispose();
        Assert.Equal(expected, File.ReadAllBytes(_directory.File("open")));
    }

    [Fact]
    public void Failing_source_leaves_the_old_file_and_nothing_else()
    {
        string path = _directory.Write("m.safetensors", [1, 2, 3]);
        TensorSource failing = new("b", NumberType.U8, [4], stream => { stream.WriteByte(1); throw new InvalidOperationException("source"); });
        Assert.Equal("source", Assert.Throws<InvalidOperationException>(() => SafetensorsWriter.Write(path, [Of("a", NumberType.F32, [3]), failing])).Message);
        AssertUntouched(path);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(0)]
    public void Source_of_the_wrong_length_is_rejected(int bytes)
    {
        string path = _directory.Write("m.safetensors", [1, 2, 3]);
        TensorSource wrong = new("b", NumberType.U8, [4], stream => stream.Write(new byte[bytes]));
        string message = Assert.Throws<InvalidDataException>(() => SafetensorsWriter.Write(path, [wrong])).Message;
        Assert.Contains($"\"b\" wrote {bytes} bytes. Allowed: exactly 4", message);
        AssertUntouched(path);
    }

    [Fact]
    public void Cancellation_inside_a_source_leaves_the_old_file_and_nothing_else()
    {
        string path = _directory.Write("m.safetensors", [1, 2, 3]);
        using CancellationTokenSource cancellation = new();
        TensorSource endless = new("b", NumberType.U8, [1L << 20], stream =>
        {
            for (int i = 0; i < 1 << 20; i++)
            {
                if (i == 10)
                    cancellation.Cancel();
                stream.WriteByte(0);
            }
        });
        Assert.Throws<OperationCanceledException>(() => SafetensorsWriter.Write(path, [endless], cancellation: cancellation.Token));
        AssertUntouched(path);
    }

    [Fact]
    public void Cancellation_after_the_last_tensor_leaves_the_old_file_and_nothing_else()
    {
        string path = _directory.Write("m.safetensors", [1, 2, 3]);
        using CancellationTokenSource cancellation = new();
        Listener<WriteProgress> cancel = new(_ => cancellation.Cancel());
        Assert.Throws<OperationCanceledException>(() => SafetensorsWriter.Write(path, [Of("a", NumberType.U8, [])], progress: cancel, cancellation: cancellation.Token));
        AssertUntouched(path);
    }

    [Fact]
    public void Target_that_is_a_directory_leaves_nothing()
    {
        string path = _directory.File("sub");
        Directory.CreateDirectory(path);
        Assert.ThrowsAny<Exception>(() => SafetensorsWriter.Write(path, [Of("a", NumberType.U8, [])]));
        Assert.Equal(["sub"], _directory.Names());
    }

    [Fact]
    public void Open_file_keeps_its_old_bytes_while_it_is_replaced()
    {
        if (OperatingSystem.IsWindows())
            return; // A mapped file cannot be replaced there; File.Move reports it.
        string path = _directory.File("m.safetensors");
        SafetensorsWriter.Write(path, [TensorSource.FromFloats("a", [1], new[] { 1f })]);
        using SafetensorsFile old = SafetensorsFile.Open(path);
        SafetensorsWriter.Write(path, [TensorSource.FromFloats("a", [1], new[] { 2f })]);
        using SafetensorsFile renewed = SafetensorsFile.Open(path);
        Assert.Equal([1f, 2f], [Value(old), Value(renewed)]);
    }

    [Fact]
    public void Progress_is_reported_after_every_tensor()
    {
        List<WriteProgress> reports = [];
        SafetensorsWriter.Write(_directory.File("m"), [Of("a", NumberType.F32, [2]), Of("b", NumberType.U8, [3])], progress: new Listener<WriteProgress>(reports.Add));
        Assert.Equal([new("a", 8, 11), new("b", 11, 11)], reports);
    }

    [Theory]
    [InlineData("a", "a")]
    [InlineData("__metadata__", "b")]
    public void Name_that_no_file_can_hold_is_refused(string one, string other)
    {
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(_directory.File("m"), [Of(one, NumberType.F32, []), Of(other, NumberType.U8, [])]));
        Assert.Empty(_directory.Names());
    }

    [Fact]
    public void Half_a_surrogate_pair_is_refused()
    {
        Assert.Contains("surrogate", Assert.Throws<ArgumentException>(() => Written([Of("\ud800", NumberType.F32, [])])).Message);
        Assert.Contains("surrogate", Assert.Throws<ArgumentException>(() => Written([], new() { ["k"] = "\udc00" })).Message);
    }

    [Theory]
    [InlineData(NumberType.F32, new long[] { -1 })]
    [InlineData(NumberType.F4, new long[] { 3 })]
    [InlineData(NumberType.F64, new[] { 1L << 60 })]
    [InlineData(NumberType.F32, new[] { 1L << 40, 1L << 40 })]
    internal void Shape_that_is_no_size_is_refused(NumberType dtype, long[] shape) =>
        Assert.Contains("is no size", Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(_directory.File("m"), [Of("a", dtype, shape)])).Message);

    [Fact]
    public void Header_longer_than_the_limit_is_refused() =>
        Assert.Contains("100000000", Assert.Throws<ArgumentException>(() => Written([], new() { ["k"] = new string('x', 100_000_000) })).Message);

    private static TensorSource Of(string name, NumberType dtype, long[] shape) =>
        new(name, dtype, [.. shape], stream => stream.Write(new byte[shape.Aggregate(1L, (a, b) => a * b) * dtype.Bits() / 8]));

    private byte[] Written(TensorSource[] tensors, Dictionary<string, string>? metadata = null)
    {
        SafetensorsWriter.Write(_directory.File("written"), tensors, metadata);
        return File.ReadAllBytes(_directory.File("written"));
    }

    private static IEnumerable<string> Names(byte[] file)
    {
        // Zero-size tensors share an offset, so the order is taken from the text.
        string json = Encoding.UTF8.GetString(file.AsSpan(8));
        return Bytes.Parse(file).Tensors.Select(tensor => tensor.Name).OrderBy(name => json.IndexOf($"\"{name}\":{{", StringComparison.Ordinal));
    }

    private static float Value(SafetensorsFile file)
    {
        float[] value = new float[1];
        file.ReadFloats(file["a"], value);
        return value[0];
    }

    private void AssertUntouched(string path)
    {
        Assert.Equal([Path.GetFileName(path)], _directory.Names());
        Assert.Equal([1, 2, 3], File.ReadAllBytes(path));
    }

    private void AssertReproduced(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        SafetensorsWriter.Write(_directory.File("copy"), file.Tensors.Reverse().Select(tensor => TensorSource.FromFile(file, tensor)), file.Metadata);
        Assert.True(File.ReadAllBytes(path).AsSpan().SequenceEqual(File.ReadAllBytes(_directory.File("copy"))));
    }

    private void AssertRoundTrip(Random random)
    {
        Dictionary<string, byte[]> data = [];
        List<TensorSource> tensors = [];
        for (int i = random.Next(12); i > 0; i--)
        {
            NumberType dtype = Enum.GetValues<NumberType>()[random.Next(22)];
            // A last dimension divisible by 4 keeps the sub-byte types on whole bytes.
            long[] shape = [.. Enumerable.Range(0, random.Next(4)).Select(_ => (long)random.Next(5))];
            if (dtype.Bits() < 8)
                shape = [.. shape, 4];
            byte[] bytes = new byte[shape.Aggregate(1L, (a, b) => a * b) * dtype.Bits() / 8];
            random.NextBytes(bytes);
            string name = RandomName(random) + i;
            data.Add(name, bytes);
            tensors.Add(new(name, dtype, [.. shape], stream => WriteInPieces(stream, bytes)));
        }
        Dictionary<string, string> metadata = new() { [RandomName(random)] = RandomName(random) };
        byte[] first = Written([.. tensors], metadata);

        using SafetensorsFile file = SafetensorsFile.Open(_directory.File("written"));
        Assert.Equal(metadata, file.Metadata);
        Assert.Equal(tensors.Count, file.Tensors.Length);
        foreach (TensorSource tensor in tensors)
        {
            TensorInfo found = file[tensor.Name];
            Assert.Equal((tensor.Type, string.Join(',', tensor.Shape)), (found.Type, string.Join(',', found.Shape)));
            byte[] bytes = new byte[found.ByteLength];
            file.Read(found, 0, bytes);
            Assert.Equal(data[tensor.Name], bytes);
        }
        Assert.Equal(0, Bytes.Parse(first).DataStart % 8);
    }

    private static void WriteInPieces(Stream stream, byte[] bytes)
    {
        foreach (byte[] piece in bytes.Chunk(7))
            stream.Write(piece);
    }

    private static string RandomName(Random random)
    {
        string[] parts = ["a", ".", "weight", "\"", "\\", "\n", "\0", "é", "図", "😀", "\u2028", " ", "/", "{", "~"];
        return string.Concat(Enumerable.Range(0, random.Next(8)).Select(_ => parts[random.Next(parts.Length)]));
    }

    private sealed class Listener<T>(Action<T> action) : IProgress<T>
    {
        public void Report(T value) => action(value);
    }
}

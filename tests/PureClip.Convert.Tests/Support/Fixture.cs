using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using PureClip.Convert.Tensors;
using PureClip.Files;

namespace PureClip.Convert.Tests.Support;

/// <summary>
/// Checkpoints of tests/data/convert and what torch, onnx and numpy read in them (tools/golden/make_convert_fixtures.py).
/// </summary>
internal static class Fixture
{
    private static readonly JsonElement Expected = JsonDocument.Parse(File.ReadAllBytes(PathOf("expected.json"))).RootElement;

    public static string PathOf(string name) => TestData.PathOf(Path.Combine("convert", name));

    /// <summary>A file's bytes, unpacked where the repository has it packed.</summary>
    public static byte[] Bytes(string name)
    {
        if (File.Exists(PathOf(name)))
            return File.ReadAllBytes(PathOf(name));
        using GZipStream packed = new(File.OpenRead(PathOf(name + ".gz")), CompressionMode.Decompress);
        using MemoryStream bytes = new();
        packed.CopyTo(bytes);
        return bytes.ToArray();
    }

    public static SourceCheckpoint Open(string name) => CheckpointOpener.Open(Lease.FromBytes(Bytes(name), name));

    /// <summary>Compares names, types, shapes and every element.</summary>
    public static void Matches(string name, IReadOnlyList<SourceTensor> tensors, params string[] extra)
    {
        JsonElement expected = Expected.GetProperty(name);
        Assert.Equal(
            expected.EnumerateObject().Select(static p => p.Name).Order(StringComparer.Ordinal),
            tensors.Select(static t => t.Name).Except(extra).Order(StringComparer.Ordinal));
        foreach (SourceTensor tensor in tensors.Where(t => !extra.Contains(t.Name)))
            Assert.Equal((tensor.Name, Describe(expected.GetProperty(tensor.Name))), (tensor.Name, Describe(tensor)));
    }

    private static string Describe(JsonElement expected) =>
        $"{expected[0]} [{string.Join(", ", expected[1].EnumerateArray())}] {expected[2]}";

    private static string Describe(SourceTensor tensor) => $"{tensor.Type} {TensorShape.Text(tensor.Shape)} {Hash(tensor)}";

    /// <summary>Reads seven elements at a time, so that ranges begin and end in the middle of rows and blocks.</summary>
    private static string Hash(SourceTensor tensor)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (long first = 0; first < tensor.ElementCount; first += 7)
        {
            byte[] bytes = new byte[Math.Min(7, tensor.ElementCount - first) * tensor.Type.Size()];
            tensor.Read(first, bytes);
            hash.AppendData(bytes);
        }
        return System.Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

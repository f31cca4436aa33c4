using System.Text.RegularExpressions;
using PureClip.Search;
using PureClip.Tests.Cli;

namespace PureClip.Tests.Search;

/// <summary>A folder for an index, and what is to be in it.</summary>
internal sealed partial class IndexFolder : IDisposable
{
    public const int Width = 5;
    public const string Fingerprint = "0123456789abcdef", ModelName = "tiny";

    private readonly TemporaryFolder _folder = new();

    public string Path => _folder["pictures.index"];

    public string Header => System.IO.Path.Combine(Path, "index.json");

    /// <summary>The files of the index's only generation.</summary>
    public string VectorsFile => Directory.GetFiles(Path, "vectors-*").Single();

    /// <inheritdoc cref="VectorsFile"/>
    public string EntriesFile => Directory.GetFiles(Path, "entries-*").Single();

    /// <summary>The space of a model whose pictures follow these rules; null for any.</summary>
    public static VectorSpace Space(string? pictures = null, string fingerprint = Fingerprint, string name = ModelName) =>
        new(fingerprint, Width) { ModelName = name, PictureRules = pictures };

    public EmbeddingIndexWriter Create(VectorType type = VectorType.F32, string? preparation = null) =>
        EmbeddingIndexWriter.Create(Path, Space(preparation), type);

    public EmbeddingIndexWriter Open() => EmbeddingIndexWriter.Open(Path);

    /// <summary>An entry and a vector that follow from a number.</summary>
    public static void Add(EmbeddingIndexWriter writer, string key, int number) =>
        writer.Add(EntryOf(key, number), VectorOf(number, writer.Width));

    public static IndexEntry EntryOf(string key, int number) =>
        new(key, number, new DateTime(2024, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddSeconds(number), (UInt128)(number + 1) << 70);

    public static float[] VectorOf(int number, int width = Width) =>
        [.. Enumerable.Range(0, width).Select(i => MathF.Sin(number * 31 + i))];

    /// <summary>Replaces something in the header, as an older program would have written it: without a checksum.</summary>
    public void EditHeader(string found, string replacement)
    {
        string header = ChecksumMember().Replace(File.ReadAllText(Header), "");
        Assert.Contains(found, header);
        Assert.DoesNotContain("checksum", header);
        File.WriteAllText(Header, header.Replace(found, replacement));
    }

    /// <summary>A copy of the folder, to be damaged.</summary>
    public IndexFolder Copy()
    {
        IndexFolder copy = new();
        Directory.CreateDirectory(copy.Path);
        foreach (string file in Directory.GetFiles(Path))
            File.Copy(file, System.IO.Path.Combine(copy.Path, System.IO.Path.GetFileName(file)));
        return copy;
    }

    /// <summary>Opens the index and compares it with what it should hold, in any order.</summary>
    public void AssertHolds(IReadOnlyDictionary<string, int> expected)
    {
        using EmbeddingIndex index = EmbeddingIndex.Open(Path);
        AssertHolds(index, expected);
    }

    /// <inheritdoc cref="AssertHolds(IReadOnlyDictionary{string, int})"/>
    public static void AssertHolds(EmbeddingIndex index, IReadOnlyDictionary<string, int> expected)
    {
        Assert.Equal(
            expected.Keys.Order(StringComparer.Ordinal), Enumerable.Range(0, index.Count).Select(index.KeyOf)
                .Order(StringComparer.Ordinal));
        float[] vector = new float[index.Width];
        foreach ((string key, int number) in expected)
        {
            Assert.True(index.TryFind(key, out int entry));
            Assert.Equal(EntryOf(key, number), index[entry]);
            index.CopyVector(entry, vector);
            Assert.Equal(VectorOf(number, index.Width), vector);
        }
    }

    public void Dispose() => _folder.Dispose();

    [GeneratedRegex(",\\s*\"checksum\": \"[0-9a-f]{8}\"")]
    private static partial Regex ChecksumMember();
}

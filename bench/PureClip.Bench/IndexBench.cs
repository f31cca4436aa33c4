using BenchmarkDotNet.Attributes;
using PureClip.Search;

namespace PureClip.Bench;

/// <summary>What does an index of 100,000 vectors (512 wide, F16) cost to open, and to add to?</summary>
public class IndexBench
{
    private const int Entries = 100_000, Width = 512, Batch = 1000;

    private readonly string _path = Path.Combine(Path.GetTempPath(), $"pureclip-bench-{Guid.NewGuid():N}.index");
    private readonly float[] _vector = RandomTowers.Numbers(Width, 1f);
    private EmbeddingIndexWriter? _writer;
    private int _added;

    [GlobalSetup]
    public void Setup()
    {
        _writer = EmbeddingIndexWriter.Create(_path, new("bench", Width));
        AddAndCommit(Entries);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _writer?.Dispose();
        Directory.Delete(_path, recursive: true);
    }

    [Benchmark]
    public int OpenToRead()
    {
        using EmbeddingIndex index = EmbeddingIndex.Open(_path);
        return index.Count;
    }

    /// <summary>With reading every key, as the first <see cref="EmbeddingIndex.TryFind"/> does.</summary>
    [Benchmark]
    public bool OpenAndFind()
    {
        using EmbeddingIndex index = EmbeddingIndex.Open(_path);
        return index.TryFind("photos/00000077.jpg", out _);
    }

    /// <summary>Of the same keys over and over, so that the index does not grow in entries; its dead rows do.</summary>
    [Benchmark]
    public void ReplaceAThousand() => AddAndCommit(Batch);

    /// <summary>Two flushes to disk.</summary>
    [Benchmark]
    public void CommitOfOne() => AddAndCommit(1);

    private void AddAndCommit(int count)
    {
        for (int i = 0; i < count; i++)
            _writer!.Add(new($"photos/{_added++ % Entries:00000000}.jpg", 1, DateTime.UnixEpoch, 1), _vector);
        _writer!.Commit();
    }
}

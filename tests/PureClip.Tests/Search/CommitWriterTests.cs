using PureClip.Search;

namespace PureClip.Tests.Search;

public sealed class CommitWriterTests : IDisposable
{
    private readonly IndexFolder _folder = new();

    [Fact]
    public void A_commit_that_cannot_be_written_does_not_count_and_ends_the_writer()
    {
        IndexFiles files = new(_folder.Path);
        IndexHeader header = new(IndexFolder.Space(), VectorType.F32, 1);
        using (EmbeddingIndexWriter first = _folder.Create())
        {
            IndexFolder.Add(first, "a", 1);
            first.Commit();
        }
        EntryLog log = EntryLog.Read(files, header);
        // as on a disk that is full
        using (CommitWriter writer = CommitWriter.Append(files, header, log, maxEntriesBytes: log.CommittedBytes + 10))
        {
            writer.Add(IndexFolder.EntryOf("b", 2), new byte[IndexFolder.Width * sizeof(float)]);
            Assert.Contains("full", Assert.Throws<IOException>(writer.Commit).Message);
            Assert.Contains("Open the index again", Assert.Throws<InvalidOperationException>(writer.Commit).Message);
            Assert.Throws<InvalidOperationException>(() => writer.Drop(0));
        }
        _folder.AssertHolds(new Dictionary<string, int> { ["a"] = 1 });
        using (EmbeddingIndexWriter next = _folder.Open())
        {
            IndexFolder.Add(next, "c", 3);
            next.Commit();
        }
        _folder.AssertHolds(new Dictionary<string, int> { ["a"] = 1, ["c"] = 3 });
    }

    public void Dispose() => _folder.Dispose();
}

using PureClip.Search;

namespace PureClip.Tests.Search;

public sealed class EmbeddingIndexWriterTests : IDisposable
{
    private readonly IndexFolder _folder = new();

    [Fact]
    public void What_was_committed_is_there_and_what_was_not_is_not()
    {
        using (EmbeddingIndexWriter writer = _folder.Create())
        {
            IndexFolder.Add(writer, "a", 1);
            IndexFolder.Add(writer, "b", 2);
            writer.Commit();
            IndexFolder.Add(writer, "c", 3);
        }
        _folder.AssertHolds(new Dictionary<string, int> { ["a"] = 1, ["b"] = 2 });
    }

    [Fact]
    public void Random_additions_replacements_removals_and_compactions_agree_with_a_dictionary()
    {
        Random random = new(5);
        Dictionary<string, int> pending = [], committed = [];
        EmbeddingIndexWriter writer = _folder.Create();
        for (int step = 0; step < 2000; step++)
        {
            string key = $"ключ {random.Next(60)}";
            switch (random.Next(20))
            {
                case < 11:
                    IndexFolder.Add(writer, key, step);
                    pending[key] = step;
                    break;
                case < 16:
                    Assert.Equal(pending.Remove(key), writer.Remove(key));
                    break;
                case < 18:
                    writer.Commit();
                    committed = new(pending);
                    break;
                case 18:
                    writer.Dispose(); // as if killed
                    writer = _folder.Open();
                    pending = new(committed);
                    _folder.AssertHolds(committed);
                    break;
                default:
                    writer.Compact();
                    committed = new(pending);
                    Assert.Equal(0, writer.DeadRows);
                    break;
            }
            Assert.Equal(pending.Count, writer.Count);
        }
        writer.Commit();
        writer.Dispose();
        _folder.AssertHolds(pending);
    }

    [Theory]
    [InlineData(VectorType.F32)]
    [InlineData(VectorType.F16)]
    [InlineData(VectorType.Int8)]
    public void Each_type_gives_back_what_its_rows_hold_also_in_a_copy_and_after_compaction(VectorType type)
    {
        float[] vector = IndexFolder.VectorOf(3), expected = new float[IndexFolder.Width], actual = new float[IndexFolder.Width];
        byte[] row = new byte[VectorRow.Bytes(type, vector.Length)];
        VectorRow.Write(type, vector, row);
        VectorRow.Read(type, row, expected);
        using (EmbeddingIndexWriter writer = _folder.Create(type))
        {
            writer.Add(new("dropped"), IndexFolder.VectorOf(1));
            writer.Add(new("a"), vector);
            writer.AddCopy(new("pending"), "a");
            writer.Commit();
            writer.AddCopy(new("committed"), "a");
            writer.Remove("dropped");
            writer.Compact();
        }
        using EmbeddingIndex index = EmbeddingIndex.Open(_folder.Path);
        Assert.Equal((3, type, 0), (index.Count, index.VectorType, index.DeadRows));
        for (int entry = 0; entry < index.Count; entry++)
        {
            index.CopyVector(entry, actual);
            Assert.Equal(expected, actual);
        }
    }

    [Fact]
    public void Adding_appends_and_rewrites_nothing()
    {
        using EmbeddingIndexWriter writer = _folder.Create();
        for (int i = 0; i < 100; i++)
            IndexFolder.Add(writer, $"{i}", i);
        writer.Commit();
        byte[] vectors = Read(_folder.VectorsFile), entries = Read(_folder.EntriesFile), header = Read(_folder.Header);
        IndexFolder.Add(writer, "17", 1000);
        writer.Remove("18");
        writer.Commit();

        Assert.Equal(vectors, Read(_folder.VectorsFile)[..vectors.Length]);
        Assert.Equal(vectors.Length + IndexFolder.Width * sizeof(float), Read(_folder.VectorsFile).Length);
        Assert.Equal(entries, Read(_folder.EntriesFile)[..entries.Length]);
        Assert.Equal(header, Read(_folder.Header));
    }

    [Fact]
    public void A_thousand_entries_more_cost_a_thousand_entries_however_many_there_are()
    {
        const int Many = 100_000, More = 1000, Wide = 16;
        string path = Path.Combine(_folder.Path, "large"), vectors = Path.Combine(path, "vectors-1.bin"),
            entries = Path.Combine(path, "entries-1.log");
        using (EmbeddingIndexWriter writer = EmbeddingIndexWriter.Create(path, new("f", Wide), VectorType.F16))
        {
            for (int i = 0; i < Many; i++)
                writer.Add(IndexFolder.EntryOf($"{i:000000}", i), IndexFolder.VectorOf(i, Wide));
            writer.Commit();
        }
        byte[] vectorsBefore = File.ReadAllBytes(vectors), entriesBefore = File.ReadAllBytes(entries);
        using (EmbeddingIndexWriter writer = EmbeddingIndexWriter.Open(path))
        {
            for (int i = Many; i < Many + More; i++)
                writer.Add(IndexFolder.EntryOf($"{i:000000}", i), IndexFolder.VectorOf(i, Wide));
            writer.Commit();
        }
        Assert.Equal(vectorsBefore.Length + More * Wide * 2, new FileInfo(vectors).Length);
        Assert.Equal(entriesBefore.Length + CommitHeader.Bytes + More * (37 + 6), new FileInfo(entries).Length);
        Assert.True(File.ReadAllBytes(vectors).AsSpan().StartsWith(vectorsBefore));
        Assert.True(File.ReadAllBytes(entries).AsSpan().StartsWith(entriesBefore));

        using EmbeddingIndex index = EmbeddingIndex.Open(path);
        index.Verify();
        Assert.Equal(Many + More, index.Count);
        for (int i = 0; i < index.Count; i += 99)
            Assert.Equal(IndexFolder.EntryOf($"{i:000000}", i), index[i]);
    }

    [Fact]
    public void A_large_commit_goes_to_disk_piece_by_piece()
    {
        const int Wide = 1 << 14;
        string path = Path.Combine(_folder.Path, "wide"); // rows of 64 KiB, 100 of them
        using (EmbeddingIndexWriter writer = EmbeddingIndexWriter.Create(path, new("f", Wide), VectorType.F32))
        {
            for (int i = 0; i < 100; i++)
                writer.Add(new($"{i}"), IndexFolder.VectorOf(i, Wide));
            Assert.True(new FileInfo(Path.Combine(path, "vectors-1.bin")).Length > 0);
            writer.AddCopy(new("copy of one on disk"), "0");
            writer.AddCopy(new("copy of one in memory"), "99");
            writer.Commit();
        }
        using EmbeddingIndex index = EmbeddingIndex.Open(path);
        float[] vector = new float[Wide];
        for (int i = 0; i < index.Count; i++)
        {
            index.CopyVector(i, vector);
            Assert.Equal(IndexFolder.VectorOf(i < 100 ? i : i == 100 ? 0 : 99, Wide), vector);
        }
    }

    [Fact]
    public void A_second_writer_is_refused_until_the_first_has_gone()
    {
        using (EmbeddingIndexWriter first = _folder.Create())
        {
            IOException error = Assert.Throws<IOException>(_folder.Open);
            Assert.Contains("another process is writing", error.Message);
        }
        _folder.Open().Dispose();
    }

    [Fact]
    public void A_folder_with_other_files_is_not_taken_for_an_index()
    {
        Directory.CreateDirectory(_folder.Path);
        string photo = Path.Combine(_folder.Path, "photo.png");
        File.WriteAllText(photo, "mine");
        Assert.Contains("holds other files", Assert.Throws<IOException>(() => _folder.Create()).Message);
        Assert.Throws<FileNotFoundException>(_folder.Open);
        Assert.Equal([photo], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void A_folder_that_a_writer_was_killed_in_before_it_had_made_an_index_is_used()
    {
        _folder.Create().Dispose();
        File.Delete(_folder.Header);
        File.WriteAllText(_folder.Header + ".tmp", "{");
        File.WriteAllText(_folder.EntriesFile, "something");
        using (EmbeddingIndexWriter writer = _folder.Create())
        {
            IndexFolder.Add(writer, "a", 1);
            writer.Commit();
        }
        _folder.AssertHolds(new Dictionary<string, int> { ["a"] = 1 });
        Assert.Contains("an index already", Assert.Throws<IOException>(() => _folder.Create()).Message);
    }

    [Fact]
    public void What_killed_compactions_have_left_is_deleted_by_the_next_writer_and_nothing_else()
    {
        _folder.Create().Dispose();
        string[] leftovers = ["vectors-2.bin", "entries-2.log", "index.json.tmp"], others = ["vectors-old.bin", "notes.txt"];
        foreach (string name in leftovers.Concat(others))
            File.WriteAllText(Path.Combine(_folder.Path, name), "");
        _folder.Open().Dispose();
        Assert.Equal(
            others.Concat(["entries-1.log", "index.json", "vectors-1.bin", "writer.lock"]).Order(StringComparer.Ordinal),
            Directory.GetFiles(_folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_cancelled_compaction_changes_nothing()
    {
        using EmbeddingIndexWriter writer = _folder.Create();
        IndexFolder.Add(writer, "a", 1);
        IndexFolder.Add(writer, "a", 2);
        Assert.Throws<OperationCanceledException>(() => writer.Compact(new(canceled: true)));
        IndexFolder.Add(writer, "b", 3);
        writer.Commit();
        Assert.EndsWith("vectors-1.bin", _folder.VectorsFile);
        _folder.AssertHolds(new Dictionary<string, int> { ["a"] = 2, ["b"] = 3 });
    }

    [Fact]
    public void Another_models_vectors_are_refused_by_name()
    {
        using EmbeddingIndexWriter writer = _folder.Create();
        writer.RequireSpace(IndexFolder.Space(name: "another name for it"));
        string message = Assert.Throws<InvalidDataException>(() => writer.RequireSpace(IndexFolder.Space(null, "fedcba", "large"))).Message;
        Assert.Contains("tiny (0123456789abcdef)", message);
        Assert.Contains("large (fedcba)", message);
        Assert.Throws<ArgumentException>(() => writer.Add(new("a"), new float[IndexFolder.Width + 1]));
    }

    [Fact]
    public void Other_rules_are_refused_by_both_names_and_change_nothing()
    {
        _folder.Create(preparation: "turned").Dispose();
        using (EmbeddingIndexWriter writer = _folder.Open())
        {
            writer.RequireSpace(IndexFolder.Space("turned"));
            string message = Assert.Throws<InvalidDataException>(() => writer.RequireSpace(IndexFolder.Space("as it lies"))).Message;
            Assert.Contains("[turned]", message);
            Assert.Contains("[as it lies]", message);
            IndexFolder.Add(writer, "a", 1);
            writer.Commit();
        }
        Assert.Equal("turned", Recorded());
    }

    [Fact]
    public void Rules_that_were_not_recorded_are_when_a_vector_is_added_and_not_before()
    {
        using EmbeddingIndexWriter writer = _folder.Create();
        IndexFolder.Add(writer, "old", 1);
        writer.Commit();
        writer.RequireSpace(IndexFolder.Space("as it lies"));
        writer.RequireSpace(IndexFolder.Space("turned")); // nothing was made by the rules asked for first
        writer.AddCopy(IndexFolder.EntryOf("copy", 2), "old");
        writer.Remove("copy");
        writer.Commit();
        Assert.Null(Recorded());

        IndexFolder.Add(writer, "new", 3);
        Assert.Null(Recorded());
        Assert.Throws<InvalidDataException>(() => writer.RequireSpace(IndexFolder.Space("as it lies")));
        writer.Commit();
        Assert.Equal("turned", Recorded());
        _folder.AssertHolds(new Dictionary<string, int> { ["old"] = 1, ["new"] = 3 });
    }

    [Fact]
    public void Rules_outlast_compaction()
    {
        using EmbeddingIndexWriter writer = _folder.Create(preparation: "turned");
        IndexFolder.Add(writer, "a", 1);
        IndexFolder.Add(writer, "a", 2);
        writer.Compact();
        Assert.Equal("turned", Recorded());
        Assert.EndsWith("vectors-2.bin", _folder.VectorsFile);
    }

    [Fact]
    public void Rules_that_cannot_be_recorded_are_refused()
    {
        string tooLong = new('x', 1025);
        Assert.Throws<ArgumentException>(() => _folder.Create(preparation: ""));
        Assert.Throws<ArgumentException>(() => _folder.Create(preparation: tooLong));
        Assert.False(EmbeddingIndex.Exists(_folder.Path));
        using EmbeddingIndexWriter writer = _folder.Create();
        Assert.Throws<ArgumentException>(() => writer.RequireSpace(IndexFolder.Space("")));
        Assert.Throws<ArgumentException>(() => writer.RequireSpace(IndexFolder.Space(tooLong)));
    }

    [Fact]
    public void What_cannot_be_stored_is_refused_before_anything_changes()
    {
        using (EmbeddingIndexWriter writer = _folder.Create())
        {
            IndexFolder.Add(writer, "a", 1);
            float[] vector = IndexFolder.VectorOf(2);
            Assert.Throws<ArgumentException>(() => writer.Add(new(""), vector));
            Assert.Throws<ArgumentNullException>(() => writer.Add(new(null!), vector));
            Assert.Throws<ArgumentException>(() => writer.Add(new("half \ud800"), vector));
            Assert.Throws<ArgumentException>(() => writer.Add(new(new string('x', IndexEntry.MaxKeyBytes + 1)), vector));
            Assert.Throws<ArgumentOutOfRangeException>(() => writer.Add(new("a", -1), vector));
            Assert.Throws<ArgumentException>(() => writer.Add(new("a"), [1, 2, float.NaN, 4, 5]));
            Assert.Throws<ArgumentException>(() => writer.AddCopy(new("a"), "not there"));
            Assert.False(writer.Remove("not there"));
            writer.Commit();
        }
        _folder.AssertHolds(new Dictionary<string, int> { ["a"] = 1 });
    }

    [Fact]
    public void Entries_are_found_by_their_content()
    {
        using EmbeddingIndexWriter writer = _folder.Create();
        UInt128 content = IndexFolder.EntryOf("", 1).ContentHash;
        Assert.False(writer.TryFindContent(default, out _));
        IndexFolder.Add(writer, "a", 1);
        Assert.True(writer.TryFindContent(content, out IndexEntry same));
        Assert.Equal("a", same.Key);
        IndexFolder.Add(writer, "a", 2);
        Assert.False(writer.TryFindContent(content, out _));
        writer.Remove("a");
        Assert.False(writer.TryFindContent(IndexFolder.EntryOf("", 2).ContentHash, out _));
    }

    public void Dispose() => _folder.Dispose();

    private string? Recorded()
    {
        using EmbeddingIndex index = EmbeddingIndex.Open(_folder.Path);
        return index.Space.PictureLine;
    }

    private static byte[] Read(string path)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}

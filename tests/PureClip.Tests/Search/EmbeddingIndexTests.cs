using PureClip.Search;

namespace PureClip.Tests.Search;

public sealed class EmbeddingIndexTests : IDisposable
{
    private static readonly Dictionary<string, int> Before = new() { ["a"] = 1, ["b"] = 2, ["é"] = 3 };
    private static readonly Dictionary<string, int> After = new() { ["a"] = 4, ["é"] = 3, ["c"] = 5 };

    private readonly IndexFolder _folder = new();
    private long _vectorsBefore, _entriesBefore;

    [Fact]
    public void Entries_keep_the_order_in_which_they_were_added()
    {
        WriteTwoCommits();
        using EmbeddingIndex index = EmbeddingIndex.Open(_folder.Path);
        Assert.Equal(["é", "a", "c"], Enumerable.Range(0, index.Count).Select(index.KeyOf));
        Assert.Equal(2, index.DeadRows);
        Assert.False(index.TryFind("b", out _));
        Assert.Equal(
            (IndexFolder.Width, VectorType.F32, "tiny", "0123456789abcdef"),
            (index.Width, index.VectorType, index.Space.ModelName, index.Space.Fingerprint));
        Assert.Equal(new FileInfo(_folder.VectorsFile).Length + new FileInfo(_folder.EntriesFile).Length, index.StoredBytes);
        Assert.Throws<ArgumentException>(() => index.CopyVector(0, new float[4]));
    }

    [Fact]
    public void An_empty_index_is_an_index()
    {
        Assert.False(EmbeddingIndex.Exists(_folder.Path));
        Assert.Contains("there is no index", Assert.Throws<FileNotFoundException>(() => EmbeddingIndex.Open(_folder.Path)).Message);
        _folder.Create().Dispose();
        Assert.True(EmbeddingIndex.Exists(_folder.Path));
        _folder.AssertHolds(new Dictionary<string, int>());
    }

    [Fact]
    public void A_reader_sees_the_commit_it_was_opened_at_while_a_writer_goes_on_and_compacts()
    {
        using EmbeddingIndexWriter writer = _folder.Create();
        Dictionary<string, int> expected = [];
        List<(EmbeddingIndex Index, Dictionary<string, int> Expected)> readers = [];
        for (int i = 0; i < 60; i++)
        {
            IndexFolder.Add(writer, $"{i % 13}", i);
            expected[$"{i % 13}"] = i;
            writer.Commit();
            if (i % 20 == 19)
                writer.Compact();
            Assert.All(readers, reader => Assert.True(reader.Index.IsOutdated));
            readers.Add((EmbeddingIndex.Open(_folder.Path), new(expected)));
            Assert.False(readers[^1].Index.IsOutdated);
        }
        foreach ((EmbeddingIndex index, Dictionary<string, int> seen) in readers)
        {
            IndexFolder.AssertHolds(index, seen);
            index.Dispose();
        }
    }

    [Fact]
    public async Task Readers_that_open_while_a_writer_is_at_work_see_whole_commits()
    {
        using EmbeddingIndexWriter writer = _folder.Create();
        using CancellationTokenSource done = new();
        Task reading = Task.Run(() =>
        {
            float[] vector = new float[IndexFolder.Width];
            while (!done.IsCancellationRequested)
            {
                using EmbeddingIndex index = EmbeddingIndex.Open(_folder.Path);
                Assert.Equal(0, index.Count % 3); // three entries a commit, all of the same number
                for (int entry = 0; entry < index.Count; entry++)
                {
                    index.CopyVector(entry, vector);
                    Assert.Equal(IndexFolder.VectorOf((int)index[entry].Size), vector);
                    Assert.Equal(index[entry / 3 * 3].Size, index[entry].Size);
                }
            }
        });
        for (int i = 0; i < 150 && !reading.IsCompleted; i++)
        {
            foreach (string key in (string[])["a", "b", "c"])
                IndexFolder.Add(writer, $"{key}{i % 30}", i);
            writer.Commit();
            if (i % 40 == 39)
                writer.Compact();
        }
        await done.CancelAsync();
        await reading;
    }

    [Fact]
    public void Entries_cut_anywhere_in_the_last_commit_leave_the_commits_before_it()
    {
        WriteTwoCommits(killed: true);
        byte[] entries = File.ReadAllBytes(_folder.EntriesFile);
        for (int length = (int)_entriesBefore; length < entries.Length; length++)
        {
            using IndexFolder copy = _folder.Copy();
            File.WriteAllBytes(copy.EntriesFile, entries[..length]);
            AssertGoesOn(copy, Before);
        }
        AssertGoesOn(_folder, After);
    }

    [Fact]
    public void Vectors_cut_anywhere_in_the_last_commit_leave_the_commits_before_it()
    {
        WriteTwoCommits(killed: true);
        byte[] vectors = File.ReadAllBytes(_folder.VectorsFile);
        for (int length = (int)_vectorsBefore; length < vectors.Length; length++)
        {
            using IndexFolder copy = _folder.Copy();
            File.WriteAllBytes(copy.VectorsFile, vectors[..length]);
            AssertGoesOn(copy, Before);
        }
    }

    [Fact]
    public void Anything_behind_the_last_commit_is_passed_over()
    {
        WriteTwoCommits();
        byte[] entries = File.ReadAllBytes(_folder.EntriesFile), lastCommit = entries[(int)_entriesBefore..];
        byte[][] tails = [[0], new byte[500], lastCommit, lastCommit[..40], [.. "PCCOMMITPCCOMMIT"u8], [.. lastCommit, .. lastCommit]];
        foreach (byte[] tail in tails)
        {
            using IndexFolder copy = _folder.Copy();
            File.WriteAllBytes(copy.EntriesFile, [.. entries, .. tail]);
            File.AppendAllText(copy.VectorsFile, "some rows that no commit is about");
            AssertGoesOn(copy, After);
        }
    }

    [Fact]
    public void Any_garbled_byte_of_the_last_commit_takes_that_commit_away_and_no_other_where_a_writer_was_killed()
    {
        WriteTwoCommits(killed: true);
        byte[] entries = File.ReadAllBytes(_folder.EntriesFile);
        for (int i = (int)_entriesBefore; i < entries.Length; i++)
        {
            using IndexFolder copy = _folder.Copy();
            byte[] garbled = [.. entries];
            garbled[i] ^= 0x55;
            File.WriteAllBytes(copy.EntriesFile, garbled);
            copy.AssertHolds(Before);
        }
    }

    [Fact]
    public void Any_garbled_or_missing_byte_of_what_the_header_knows_to_be_whole_is_an_error()
    {
        WriteTwoCommits();
        byte[] entries = File.ReadAllBytes(_folder.EntriesFile), vectors = File.ReadAllBytes(_folder.VectorsFile);
        for (int i = (int)_entriesBefore; i < entries.Length; i++)
        {
            byte[] garbled = [.. entries];
            garbled[i] ^= 0x55;
            AssertDamaged(garbled, vectors);
            AssertDamaged(entries[..i], vectors);
        }
        for (int length = 0; length < vectors.Length; length++)
            AssertDamaged(entries, vectors[..length]);
        AssertDamaged([], []);

        void AssertDamaged(byte[] entries, byte[] vectors)
        {
            File.WriteAllBytes(_folder.EntriesFile, entries);
            File.WriteAllBytes(_folder.VectorsFile, vectors);
            Assert.Contains("make the index anew", Assert.Throws<InvalidDataException>(() => EmbeddingIndex.Open(_folder.Path)).Message);
            Assert.Throws<InvalidDataException>(_folder.Open);
            Assert.Equal(entries, File.ReadAllBytes(_folder.EntriesFile)); // nothing was cut
        }
    }

    [Fact]
    public void Any_flipped_bit_of_the_header_is_an_error_or_changes_nothing()
    {
        _folder.Create(preparation: "turned").Dispose();
        byte[] header = File.ReadAllBytes(_folder.Header);
        int refused = 0;
        for (int bit = 0; bit < 8 * header.Length; bit++)
        {
            byte[] flipped = [.. header];
            flipped[bit / 8] ^= (byte)(1 << bit % 8);
            File.WriteAllBytes(_folder.Header, flipped);
            try
            {
                using EmbeddingIndex index = EmbeddingIndex.Open(_folder.Path);
                Assert.Equal((IndexFolder.Space("turned"), VectorType.F32), (index.Space, index.VectorType));
            }
            catch (InvalidDataException)
            {
                refused++;
            }
        }
        Assert.InRange(refused, 8 * header.Length * 9 / 10, 8 * header.Length - 1); // not the bits of the word "checksum"
    }

    [Theory]
    [InlineData(VectorType.F32, float.PositiveInfinity)]
    [InlineData(VectorType.F16, float.NaN)]
    [InlineData(VectorType.F16, float.NegativeInfinity)]
    public void A_stored_number_that_is_none_is_damage_and_no_hit(VectorType type, float number)
    {
        using (EmbeddingIndexWriter writer = _folder.Create(type))
        {
            IndexFolder.Add(writer, "a", 1);
            IndexFolder.Add(writer, "b", 2);
            writer.Commit();
        }
        byte[] vectors = File.ReadAllBytes(_folder.VectorsFile);
        byte[] stored = type == VectorType.F16 ? BitConverter.GetBytes((Half)number) : BitConverter.GetBytes(number);
        stored.CopyTo(vectors, 2 * stored.Length);
        File.WriteAllBytes(_folder.VectorsFile, vectors);
        using EmbeddingIndex index = EmbeddingIndex.Open(_folder.Path);
        Assert.Contains("row 0 holds", Assert.Throws<InvalidDataException>(() => index.Search(IndexFolder.VectorOf(2))).Message);
    }

    [Fact]
    public void A_garbled_byte_before_the_last_commit_is_an_error_rather_than_a_loss()
    {
        WriteTwoCommits();
        byte[] entries = File.ReadAllBytes(_folder.EntriesFile);
        for (int i = 0; i < _entriesBefore; i++)
        {
            byte[] garbled = [.. entries];
            garbled[i] ^= 0x55;
            File.WriteAllBytes(_folder.EntriesFile, garbled);
            string message = Assert.Throws<InvalidDataException>(() => EmbeddingIndex.Open(_folder.Path)).Message;
            Assert.Contains("commit 2 is there", message);
            Assert.Contains("make the index anew", message);
            Assert.Throws<InvalidDataException>(_folder.Open);
            Assert.Equal(garbled, File.ReadAllBytes(_folder.EntriesFile)); // nothing was cut
        }
    }

    [Fact]
    public void Verifying_finds_every_garbled_byte_of_the_vectors()
    {
        WriteTwoCommits();
        byte[] vectors = File.ReadAllBytes(_folder.VectorsFile);
        for (int i = 0; i <= vectors.Length; i++)
        {
            byte[] garbled = [.. vectors, 0];
            garbled[i] ^= 1;
            File.WriteAllBytes(_folder.VectorsFile, garbled);
            using EmbeddingIndex index = EmbeddingIndex.Open(_folder.Path);
            if (i == vectors.Length)
                index.Verify(); // what is behind the rows means nothing
            else
                Assert.Contains(
                    i < _vectorsBefore ? "rows 0 to 2" : "rows 3 to 4", Assert.Throws<InvalidDataException>(() => index.Verify()).Message);
        }
    }

    [Fact]
    public void A_missing_file_is_an_error_with_a_next_step()
    {
        WriteTwoCommits();
        foreach (string file in (string[])[_folder.VectorsFile, _folder.EntriesFile])
        {
            using IndexFolder copy = _folder.Copy();
            File.Delete(Path.Combine(copy.Path, Path.GetFileName(file)));
            Assert.Contains("make the index anew", Assert.Throws<InvalidDataException>(() => EmbeddingIndex.Open(copy.Path)).Message);
            Assert.Contains("make the index anew", Assert.Throws<InvalidDataException>(copy.Open).Message);
        }
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("header", "index.json")]
    [InlineData("log", "entries-1.log")]
    [InlineData("rows 1 and 3", "rows 2 to 3, 6 to 7 are")]
    [InlineData("log and row 0", "entries-1.log", "rows 0 to 1 are")]
    [InlineData("no vectors", "vectors-1.bin: this file is missing")]
    [InlineData("vectors cut", "has lost vectors")]
    public void All_damage_is_found_whether_or_not_the_index_opens(string damage, params string[] expected)
    {
        using Cli.TemporaryFolder folder = new();
        string path = folder["i.index"], vectors = Path.Combine(path, "vectors-1.bin"), log = Path.Combine(path, "entries-1.log");
        using (EmbeddingIndexWriter writer = EmbeddingIndexWriter.Create(path, new("ffff", 8), VectorType.F32))
        {
            for (int i = 0; i < 8; i++)
            {
                writer.Add(new($"picture {i}"), Enumerable.Range(i, 8).Select(number => (float)number).ToArray());
                if (i % 2 == 1)
                    writer.Commit();
            }
        }
        int logBytes = (int)new FileInfo(log).Length;
        if (damage == "header")
            Flip(Path.Combine(path, "index.json"), 60);
        if (damage.Contains("log", StringComparison.Ordinal))
            Flip(log, logBytes - 3);
        if (damage.Contains("row 0", StringComparison.Ordinal))
            Flip(vectors, 5);
        if (damage == "no vectors")
            File.Delete(vectors);
        if (damage == "vectors cut")
            File.WriteAllBytes(vectors, File.ReadAllBytes(vectors)[..100]);
        if (damage.StartsWith("rows", StringComparison.Ordinal))
            Array.ForEach([2 * 32, 7 * 32], at => Flip(vectors, at));

        IReadOnlyList<InvalidDataException> found = EmbeddingIndex.FindDamage(path);
        Assert.Equal(expected.Count(part => part.Length > 0), found.Count);
        Assert.All(found.Zip(expected), pair => Assert.Contains(pair.Second, pair.First.Message));
        Assert.All(found, part => Assert.Contains("The index is damaged", part.Message));

        static void Flip(string file, int at)
        {
            byte[] bytes = File.ReadAllBytes(file);
            bytes[at] ^= 4;
            File.WriteAllBytes(file, bytes);
        }
    }

    [Fact]
    public void Damaged_files_are_refused_or_read_and_never_anything_else()
    {
        WriteTwoCommits();
        Random random = new(11);
        byte[] header = File.ReadAllBytes(_folder.Header), entries = File.ReadAllBytes(_folder.EntriesFile);
        for (int i = 0; i < 3000; i++)
        {
            File.WriteAllBytes(_folder.Header, i % 2 == 0 ? Mutator.Mutate(header, random) : header);
            File.WriteAllBytes(
                Path.Combine(_folder.Path, "entries-1.log"), i % 2 == 1 ? WithRightChecksums(Mutator.Mutate(entries, random)) : entries);
            try
            {
                using EmbeddingIndex index = EmbeddingIndex.Open(_folder.Path);
                for (int entry = 0; entry < index.Count; entry++)
                {
                    index.CopyVector(entry, new float[index.Width]);
                    Assert.True(index.TryFind(index[entry].Key, out _));
                }
            }
            catch (InvalidDataException e)
            {
                Assert.StartsWith(_folder.Path, e.Message);
            }
        }
    }

    [Theory]
    [InlineData("\"version\": 1", "\"version\": 2", "Use a newer PureClip")]
    [InlineData("pureclip-index", "pureclip-folder", "format")]
    [InlineData("\"f32\"", "\"f64\"", "type \"f64\"")]
    [InlineData("\"width\": 5", "\"width\": 0", "width 0")]
    [InlineData("\"width\": 5", "\"width\": 5000000000", "no description of an index")]
    [InlineData("\"generation\": 1", "\"generation\": -1", "generation -1")]
    [InlineData("\"fingerprint\"", "\"thumbprint\"", "no description of an index")]
    [InlineData("\"generation\"", "\"preparation\": 7, \"generation\"", "\"preparation\" is no text of 1 to 1024 characters")]
    [InlineData("\"generation\"", "\"preparation\": \"\", \"generation\"", "\"preparation\" is no text")]
    [InlineData("\"generation\"", "\"preparation\": null, \"generation\"", "\"preparation\" is no text")]
    [InlineData("\"generation\"", "\"preparation\": {\"exif\": true}, \"generation\"", "\"preparation\" is no text")]
    public void A_header_that_this_version_cannot_read_is_refused(string found, string replacement, string word)
    {
        _folder.Create().Dispose();
        _folder.EditHeader(found, replacement);
        Assert.Contains(word, Assert.Throws<InvalidDataException>(() => EmbeddingIndex.Open(_folder.Path)).Message);
    }

    [Fact]
    public void A_header_of_the_first_programs_is_read_and_gone_on_with()
    {
        WriteTwoCommits();
        File.WriteAllText(_folder.Header, """
            {
              "format": "pureclip-index",
              "version": 1,
              "model": {
                "name": "tiny",
                "fingerprint": "0123456789abcdef"
              },
              "width": 5,
              "type": "f32",
              "preparation": "exif=on, background=none, order=rgb-first, crop=half-to-even, weights=as-stored",
              "generation": 1
            }

            """);
        using (EmbeddingIndex index = EmbeddingIndex.Open(_folder.Path))
        {
            Assert.Equal(VectorSpace.UsualPictureLine, index.Space.PictureLine);
            Assert.Null(index.Space.TextLine);
        }
        AssertGoesOn(_folder, After);
        using (EmbeddingIndexWriter writer = _folder.Open())
        {
            writer.RequireSpace(IndexFolder.Space() with { TextRules = "cleaning=openai" });
            IndexFolder.Add(writer, "newer", 10);
            writer.Compact();
        }
        using EmbeddingIndex newer = EmbeddingIndex.Open(_folder.Path);
        Assert.Equal((VectorSpace.UsualPictureLine, "cleaning=openai, weights=as-stored"), (newer.Space.PictureLine, newer.Space.TextLine));
        Assert.Contains("\"checksum\"", File.ReadAllText(_folder.Header));
    }

    [Fact]
    public void A_header_may_say_more_than_this_version_knows()
    {
        WriteTwoCommits();
        _folder.EditHeader("\"format\"", "\"colour\": [\"blue\"], \"format\"");
        _folder.AssertHolds(After);
    }

    [Fact]
    public void Another_models_vectors_are_refused_by_name()
    {
        _folder.Create().Dispose();
        using EmbeddingIndex index = EmbeddingIndex.Open(_folder.Path);
        index.RequireSpace(IndexFolder.Space(name: "another name for it"), VectorKinds.All);
        string message = Assert.Throws<InvalidDataException>(
            () => index.RequireSpace(IndexFolder.Space(null, "fedcba", "large"), VectorKinds.None)).Message;
        Assert.Contains("tiny (0123456789abcdef)", message);
        Assert.Contains("large (fedcba)", message);
    }

    [Fact]
    public void Rules_are_recorded_and_others_are_refused_by_both_names()
    {
        _folder.Create(preparation: "turned, int8").Dispose();
        using EmbeddingIndex index = EmbeddingIndex.Open(_folder.Path);
        Assert.Equal("turned, int8", index.Space.PictureLine);
        index.RequireSpace(IndexFolder.Space("turned, int8"), VectorKinds.All);
        index.RequireSpace(IndexFolder.Space("as it lies, f32"), VectorKinds.Texts); // a text does not lie
        string message = Assert.Throws<InvalidDataException>(
            () => index.RequireSpace(IndexFolder.Space("as it lies, f32"), VectorKinds.Pictures)).Message;
        Assert.StartsWith(_folder.Path, message);
        Assert.Contains("[turned, int8]", message);
        Assert.Contains("[as it lies, f32]", message);
        Assert.Contains("make another", message);
    }

    [Fact]
    public void An_index_that_does_not_say_its_rules_accepts_any()
    {
        _folder.Create().Dispose();
        Assert.DoesNotContain("preparation", File.ReadAllText(_folder.Header));
        using EmbeddingIndex index = EmbeddingIndex.Open(_folder.Path);
        Assert.Null(index.Space.PictureLine);
        index.RequireSpace(IndexFolder.Space("turned, int8"), VectorKinds.All);
        index.RequireSpace(IndexFolder.Space("as it lies, f32"), VectorKinds.All);
    }

    [Fact]
    public void A_closed_index_says_so()
    {
        WriteTwoCommits();
        EmbeddingIndex index = EmbeddingIndex.Open(_folder.Path);
        index.Dispose();
        index.Dispose();
        Assert.Throws<ObjectDisposedException>(() => index.CopyVector(0, new float[IndexFolder.Width]));
    }

    [Fact]
    public void The_format_is_the_one_that_is_described()
    {
        // Written by hand after FORMAT.md, so that a change of the format is seen.
        using (EmbeddingIndexWriter writer = _folder.Create(VectorType.F16))
        {
            writer.Add(new("a", 2, new DateTime(3, DateTimeKind.Utc), 4), [0, 1, 2, -1, 0.5f]);
            writer.Remove("a");
            writer.Commit();
        }
        Assert.Equal(
            "0000" + "003c" + "0040" + "00bc" + "0038",
            Convert.ToHexStringLower(File.ReadAllBytes(_folder.VectorsFile)));
        byte[] entries = File.ReadAllBytes(_folder.EntriesFile);
        byte[] records = Convert.FromHexString(
            "01" + "0200000000000000" + "0300000000000000" + "00000000000000000000000000000004" + "01000000" + "61" + "02" + "00000000");
        Assert.Equal(records, entries[36..]);
        Assert.Equal("PCCOMMIT"u8.ToArray(), entries[..8]);
        Assert.Equal("0100000000000000" + "2b000000" + "01000000", Convert.ToHexStringLower(entries[8..24]));
        Assert.Equal(BitConverter.GetBytes(Crc32C.Of(File.ReadAllBytes(_folder.VectorsFile))), entries[24..28]);
        Assert.Equal(BitConverter.GetBytes(Crc32C.Of(records)), entries[28..32]);
        Assert.Equal(BitConverter.GetBytes(Crc32C.Of(entries.AsSpan(0, 32))), entries[32..36]);
    }

    public void Dispose() => _folder.Dispose();

    private void WriteTwoCommits(bool killed = false)
    {
        byte[] header;
        using (EmbeddingIndexWriter writer = _folder.Create())
        {
            header = File.ReadAllBytes(_folder.Header);
            WriteTwoCommits(writer);
        }
        if (killed) // the header knows of no commit yet
            File.WriteAllBytes(_folder.Header, header);
    }

    private void WriteTwoCommits(EmbeddingIndexWriter writer)
    {
        foreach ((string key, int number) in Before)
            IndexFolder.Add(writer, key, number);
        writer.Commit();
        (_vectorsBefore, _entriesBefore) = (new FileInfo(_folder.VectorsFile).Length, new FileInfo(_folder.EntriesFile).Length);
        IndexFolder.Add(writer, "a", 4);
        writer.Remove("b");
        IndexFolder.Add(writer, "c", 5);
        writer.Commit();
    }

    /// <summary>The index holds what it should, and a writer can go on with it.</summary>
    private static void AssertGoesOn(IndexFolder folder, Dictionary<string, int> expected)
    {
        folder.AssertHolds(expected);
        using (EmbeddingIndexWriter writer = folder.Open())
        {
            IndexFolder.Add(writer, "new", 9);
            writer.Commit();
        }
        folder.AssertHolds(new Dictionary<string, int>(expected) { ["new"] = 9 });
    }

    /// <summary>Damage that the checksums do not reveal, as a hostile file has it.</summary>
    private static byte[] WithRightChecksums(byte[] entries)
    {
        Span<byte> rest = entries;
        while (rest.Length >= CommitHeader.Bytes)
        {
            int recordBytes = Math.Clamp(BitConverter.ToInt32(rest[16..]), 0, rest.Length - CommitHeader.Bytes);
            long number = BitConverter.ToInt64(rest[8..]);
            uint records = Crc32C.Of(rest.Slice(CommitHeader.Bytes, recordBytes));
            new CommitHeader(number, recordBytes, BitConverter.ToInt32(rest[20..]), 0, records).Write(rest);
            rest = rest[(CommitHeader.Bytes + recordBytes)..];
        }
        return entries;
    }
}

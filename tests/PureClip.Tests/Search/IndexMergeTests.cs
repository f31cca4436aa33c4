using PureClip.Search;
using PureClip.Tests.Cli;

namespace PureClip.Tests.Search;

public sealed class IndexMergeTests : IDisposable
{
    private static readonly MergeOptions AsTheyAre = new() { KeysArePaths = false };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(VectorType.F32)]
    [InlineData(VectorType.F16)]
    [InlineData(VectorType.Int8)]
    public void Rows_are_copied_bit_for_bit_and_sorted_by_key(VectorType type)
    {
        string a = Make("a", type, ("dog", 1), ("ant", 2)), b = Make("b", type, ("cat", 3), ("bee", 4), ("Bee", 5)), empty = Make("empty", type);
        MergeResult result = IndexMerge.Run([a, empty, b], _folder["c"], AsTheyAre);
        Assert.Equal(new(5, 5, 0, 0), result);
        using EmbeddingIndex merged = EmbeddingIndex.Open(_folder["c"]);
        merged.Verify();
        Assert.Equal(["Bee", "ant", "bee", "cat", "dog"], Keys(merged));
        Assert.Equal((type, IndexFolder.Space("rules")), (merged.VectorType, merged.Space));
        byte[] rows = [.. new[] { (b, 2), (a, 1), (b, 1), (b, 0), (a, 0) }.SelectMany(row => Row(row.Item1, row.Item2))];
        Assert.Equal(rows, VectorsOf(_folder["c"]));
        for (int entry = 0; entry < merged.Count; entry++)
            Assert.Equal(IndexFolder.EntryOf(merged.KeyOf(entry), (int)merged[entry].Size), merged[entry]);
        Assert.Equal(["a", "b", "c", "empty"], _folder.Names);
    }

    [Fact]
    public void The_order_in_which_indexes_are_named_does_not_matter()
    {
        string a = Make("a", VectorType.F16, ("dog", 1), ("ant", 2)), b = Make("b", VectorType.F16, ("cat", 3), ("ant", 2));
        Assert.Equal(new(3, 3, 0, 1), IndexMerge.Run([a, b], _folder["c"], AsTheyAre));
        Assert.Equal(new(3, 3, 0, 1), IndexMerge.Run([b, a], _folder["d"], AsTheyAre));
        foreach (string file in Directory.GetFiles(_folder["c"]))
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(_folder["d"], Path.GetFileName(file))));
    }

    [Fact]
    public void An_index_merged_with_itself_is_itself()
    {
        string a = Make("a", VectorType.F32, ("ant", 1), ("bee", 2));
        Assert.Equal(new(2, 2, 0, 0), IndexMerge.Run([a, a, _folder["./a"]], _folder["c"], AsTheyAre));
        Assert.Equal(new(2, 0, 0, 0), IndexMerge.Run([a], a, AsTheyAre));
        Assert.Equal(new(2, 0, 0, 2), IndexMerge.Run([_folder["c"]], a, AsTheyAre));
        Assert.Equal(VectorsOf(a), VectorsOf(_folder["c"]));
    }

    [Fact]
    public void An_index_that_is_there_is_added_to_in_one_commit()
    {
        string a = Make("a", VectorType.F16, ("dog", 1)), b = Make("b", VectorType.F16, ("cat", 2), ("dog", 1), ("ant", 3));
        using EmbeddingIndex open = EmbeddingIndex.Open(a);
        Assert.Equal(new(3, 2, 0, 1), IndexMerge.Run([b], a, AsTheyAre));
        Assert.Equal(1, open.Count); // as it was when it was opened
        Assert.True(open.Refresh());
        Assert.Equal(["dog", "ant", "cat"], Keys(open));
        Assert.Equal(2, CommitsOf(a));
        Assert.Equal(new(3, 0, 0, 3), IndexMerge.Run([b], a, AsTheyAre)); // again: nothing new
        Assert.Equal(2, CommitsOf(a));
    }

    [Fact]
    public void Different_contents_of_one_key_are_refused_or_the_newest_counts()
    {
        string a = Make("a", VectorType.F32, ("ant", 5), ("bee", 1)), b = Make("b", VectorType.F32, ("ant", 4), ("bee", 9));
        InvalidDataException conflict = Assert.Throws<InvalidDataException>(() => IndexMerge.Run([a, b], _folder["c"], AsTheyAre));
        Assert.Equal("ant", IndexMerge.ConflictOf(conflict));
        Assert.All(["ant", a, b], word => Assert.Contains(word, conflict.Message));
        Assert.Equal(["a", "b"], _folder.Names);

        MergeOptions newest = AsTheyAre with { OnConflict = MergeConflict.Newest };
        Assert.Equal(new(2, 2, 0, 2), IndexMerge.Run([a, b], _folder["c"], newest));
        using (EmbeddingIndex merged = EmbeddingIndex.Open(_folder["c"]))
            IndexFolder.AssertHolds(merged, new Dictionary<string, int> { ["ant"] = 5, ["bee"] = 9 });
        Assert.Equal(new(2, 0, 1, 2), IndexMerge.Run([b], a, newest));
        using (EmbeddingIndex merged = EmbeddingIndex.Open(a))
        {
            IndexFolder.AssertHolds(merged, new Dictionary<string, int> { ["ant"] = 5, ["bee"] = 9 });
            Assert.Equal(1, merged.DeadRows);
        }

        string c = Make("same time", VectorType.F32);
        using (EmbeddingIndexWriter writer = EmbeddingIndexWriter.Open(c))
        {
            writer.Add(IndexFolder.EntryOf("ant", 5) with { ContentHash = 77 }, IndexFolder.VectorOf(6));
            writer.Commit();
        }
        conflict = Assert.Throws<InvalidDataException>(() => IndexMerge.Run([a, c], _folder["d"], newest));
        Assert.Contains("both of the same time", conflict.Message);
    }

    [Fact]
    public void What_does_not_belong_together_is_refused_by_name()
    {
        string a = Make("a", VectorType.F32, ("ant", 1));
        Refused(With("model", IndexFolder.Space("rules", fingerprint: "ffff", name: "other"), VectorType.F32), "other (ffff", "tiny (0123456789abcdef");
        Refused(With("rules", IndexFolder.Space("exif=off"), VectorType.F32), "[exif=off]", "[rules]");
        Refused(With("type", IndexFolder.Space("rules"), VectorType.Int8), "Int8", "F32");
        Refused(With("width", IndexFolder.Space("rules") with { Width = 7 }, VectorType.F32), "7 numbers", "5 numbers");

        // An index of rules that were not recorded fits any; two of different ones beside it do not.
        string unknown = With("unknown", IndexFolder.Space(), VectorType.F32);
        IndexMerge.Run([unknown, a], _folder["c"], AsTheyAre);
        using (EmbeddingIndex merged = EmbeddingIndex.Open(_folder["c"]))
            Assert.Equal("rules", merged.Space.PictureRules);
        Assert.Throws<InvalidDataException>(() => IndexMerge.Run([unknown, a, _folder["rules"]], _folder["d"], AsTheyAre));
        Assert.False(Directory.Exists(_folder["d"]));

        void Refused(string other, string theirs, string mine)
        {
            foreach (string[] both in new[] { new[] { a, other }, [other, a] })
            {
                InvalidDataException error = Assert.Throws<InvalidDataException>(() => IndexMerge.Run(both, _folder["none"], AsTheyAre));
                Assert.All([a, other, theirs, mine], word => Assert.Contains(word, error.Message));
            }
            InvalidDataException into = Assert.Throws<InvalidDataException>(() => IndexMerge.Run([other], a, AsTheyAre));
            Assert.Contains(theirs, into.Message);
            Assert.False(Directory.Exists(_folder["none"]));
        }
    }

    [Fact]
    public void A_damaged_index_is_refused_before_anything_is_written()
    {
        string a = Make("a", VectorType.F32, ("ant", 1)), b = Make("b", VectorType.F32, ("bee", 2));
        string vectors = Directory.GetFiles(b, "vectors-*").Single();
        byte[] rows = File.ReadAllBytes(vectors);
        rows[3] ^= 1;
        File.WriteAllBytes(vectors, rows);
        InvalidDataException damage = Assert.Throws<InvalidDataException>(() => IndexMerge.Run([a, b], _folder["c"], AsTheyAre));
        Assert.Contains(vectors, damage.Message);
        Assert.Throws<InvalidDataException>(() => IndexMerge.Run([b], a, AsTheyAre));
        Assert.Equal(["a", "b"], _folder.Names);
        Assert.Throws<FileNotFoundException>(() => IndexMerge.Run([a, _folder["missing"]], _folder["c"], AsTheyAre));
    }

    [Fact]
    public void Places_that_hold_something_else_are_refused_and_what_killed_merges_left_goes()
    {
        string a = Make("a", VectorType.F32, ("ant", 1));
        _folder.Write("photos/cat.png", "picture"u8);
        Assert.Contains("other files", Assert.Throws<IOException>(() => IndexMerge.Run([a], _folder["photos"], AsTheyAre)).Message);
        _folder.Write("file", "x"u8);
        Assert.Throws<IOException>(() => IndexMerge.Run([a], _folder["file"], AsTheyAre));
        Assert.Throws<IOException>(() => IndexMerge.Run([a], _folder["no/where"], AsTheyAre));
        Assert.Throws<ArgumentException>(() => IndexMerge.Run([], _folder["c"], AsTheyAre));
        Assert.Throws<ArgumentException>(() => IndexMerge.Run([""], _folder["c"], AsTheyAre));

        _folder.Write(".c.merging/vectors-1.bin", "half a row"u8);
        Directory.CreateDirectory(_folder["c"]);
        IndexMerge.Run([a], _folder["c"], AsTheyAre);
        Assert.Equal(["a", "c", "file", "photos"], _folder.Names);

        using EmbeddingIndexWriter atWork = EmbeddingIndexWriter.Open(_folder["c"]);
        Assert.Contains("another process is writing", Assert.Throws<IOException>(() => IndexMerge.Run([a], _folder["c"], AsTheyAre)).Message);
    }

    [Fact]
    public void An_interruption_leaves_everything_as_it_was()
    {
        (string, int)[] many = [.. Enumerable.Range(0, 3000).Select(number => ($"key {number:0000}", number))];
        string a = Make("a", VectorType.F16, many), b = Make("b", VectorType.F16, ("ant", 1));
        byte[] before = VectorsOf(b);
        foreach (string output in new[] { _folder["c"], b })
        {
            using CancellationTokenSource interrupt = new();
            List<MergeProgress> told = [];
            Told progress = new(step =>
            {
                told.Add(step);
                if (step.Done > 4500)
                    interrupt.Cancel();
            });
            Assert.ThrowsAny<OperationCanceledException>(() => IndexMerge.Run([a], output, AsTheyAre, progress, interrupt.Token));
            Assert.True(told[^1].Done < told[^1].Total);
        }
        Assert.Equal(["a", "b"], _folder.Names);
        using EmbeddingIndex still = EmbeddingIndex.Open(b);
        Assert.Equal(["ant"], Keys(still));
        Assert.Equal(before, VectorsOf(b)[..before.Length]);

        List<MergeProgress> all = [];
        IndexMerge.Run([a], b, AsTheyAre, new Told(all.Add));
        Assert.Equal(all.OrderBy(step => step.Done), all);
        Assert.Equal(all[^1].Total, all[^1].Done);
        still.Refresh();
        Assert.Equal(3001, still.Count);
    }

    [Fact]
    public void Relative_paths_follow_the_index_in_which_they_are_stored()
    {
        string near = Make("near/a", VectorType.F32, ("photos/ant.png", 1), ("/elsewhere/bee.png", 2));
        string deep = Make("near/photos/b", VectorType.F32, ("cat.png", 3), ("ant.png", 1), ("x.tar!dog.png", 4));
        IndexMerge.Run([near, deep], _folder["near/c"]);
        Keys("near/c", "/elsewhere/bee.png", "photos/ant.png", "photos/cat.png", "photos/x.tar!dog.png");
        IndexMerge.Run([near, deep], _folder["d"]);
        Keys("d", "/elsewhere/bee.png", "near/photos/ant.png", "near/photos/cat.png", "near/photos/x.tar!dog.png");
        Directory.CreateDirectory(_folder["far"]);
        IndexMerge.Run([deep], _folder["far/e"]);
        string photos = new RealPaths().OfFolder(_folder["near/photos"]);
        Keys("far/e", photos + "/ant.png", photos + "/cat.png", photos + "/x.tar!dog.png");

        void Keys(string index, params string[] keys)
        {
            using EmbeddingIndex merged = EmbeddingIndex.Open(_folder[index]);
            Assert.Equal(keys, IndexMergeTests.Keys(merged));
        }
    }

    private string Make(string name, VectorType type, params (string Key, int Number)[] entries) =>
        With(name, IndexFolder.Space("rules"), type, entries);

    private string With(string name, VectorSpace space, VectorType type, params (string Key, int Number)[] entries)
    {
        using EmbeddingIndexWriter writer = EmbeddingIndexWriter.Create(_folder[name], space, type);
        foreach ((string key, int number) in entries)
            IndexFolder.Add(writer, key, number);
        writer.Commit();
        return _folder[name];
    }

    private static string[] Keys(EmbeddingIndex index) => [.. Enumerable.Range(0, index.Count).Select(index.KeyOf)];

    private static byte[] VectorsOf(string index) => File.ReadAllBytes(Directory.GetFiles(index, "vectors-*").Single());

    private static byte[] Row(string index, int row)
    {
        using EmbeddingIndex open = EmbeddingIndex.Open(index);
        byte[] all = VectorsOf(index);
        int bytes = all.Length / open.Count;
        return all[(row * bytes)..((row + 1) * bytes)];
    }

    private static int CommitsOf(string index) =>
        EntryLog.Read(new IndexFiles(index), IndexHeader.Read(new IndexFiles(index))).Commits;

    private sealed class Told(Action<MergeProgress> tell) : IProgress<MergeProgress>
    {
        public void Report(MergeProgress value) => tell(value);
    }
}

using PureClip.Search;

namespace PureClip.Postgres.Tests;

/// <summary>A table does what an index on disk does: the same counts, the same pictures, the same scores.</summary>
[Collection(DatabaseTests.Name)]
public sealed class PostgresIndexTests(SharedClip shared) : IDisposable
{
    private readonly TestSchema _schema = new();
    private readonly TemporaryFolder _folder = new();

    private Clip Clip => shared.Clip;

    /// <inheritdoc/>
    public void Dispose()
    {
        _folder.Dispose();
        _schema.Dispose();
    }

    [DatabaseFact]
    public async Task Folders_are_followed_as_an_index_on_disk_follows_them()
    {
        await using PostgresIndex table = await Open();
        using FolderIndex disk = FolderIndex.OpenOrCreate(_folder["disk.index"], Clip);
        _folder.Copy(CommandLine.Cat, "photos/cat.png");
        _folder.Copy(CommandLine.Picture("dog"), "photos/below/dog.png");
        _folder.Write("photos/broken.png", "no picture"u8);
        _folder.Write("photos/notes.txt", "no picture either"u8);
        FolderUpdate update = await Same();
        Assert.Equal((2, 1), (update.Added, update.Failures.Count));
        Assert.Equal(2, (await Same()).Unchanged);

        File.Move(_folder["photos/cat.png"], _folder["photos/moved.png"]); // the content is known: nothing is computed
        update = await Same();
        Assert.Equal((1, 1, 1), (update.Added, update.Reused, update.Removed));
        _folder.Copy(CommandLine.Picture("rocket"), "photos/moved.png"); // another picture of the same name
        Assert.Equal((1, 0), ((await Same()).Updated, update.Updated));
        File.SetLastWriteTimeUtc(_folder["photos/moved.png"], new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc).AddTicks(7));
        update = await Same(); // read again, and found as it was; to the tick
        Assert.Equal((1, 1), (update.Updated, update.Reused));
        Assert.Equal(2, (await Same()).Unchanged);
        _folder.Copy(CommandLine.Picture("rocket"), "photos/copy.png");
        Assert.Equal(1, (await Same()).Reused);

        Directory.Delete(_folder["photos/below"], recursive: true);
        Directory.CreateDirectory(_folder["photos/below"]); // as an empty mount point
        update = await Same();
        Assert.Equal((0, 1), (update.Removed, Assert.Single(update.Kept).Count));
        update = await Same(new() { PruneAll = true });
        Assert.Equal(1, update.Removed);
        Assert.Equal(2, await table.CountAsync());

        async Task<FolderUpdate> Same(FolderUpdateOptions? options = null)
        {
            FolderUpdate inTable = await table.UpdateAsync(_folder["photos"], options), onDisk = disk.Update(_folder["photos"], options);
            Assert.Equal(
                (onDisk.Added, onDisk.Updated, onDisk.Unchanged, onDisk.Reused, onDisk.Removed, onDisk.Failures.Count, onDisk.Kept.Count),
                (inTable.Added, inTable.Updated, inTable.Unchanged, inTable.Reused, inTable.Removed, inTable.Failures.Count, inTable.Kept.Count));
            AssertSame(disk.Search("a rocket"), await table.SearchAsync("a rocket"), disk, table);
            return inTable;
        }
    }

    [DatabaseFact]
    public async Task Searches_find_what_an_index_on_disk_finds()
    {
        await using PostgresIndex table = await Open();
        using FolderIndex disk = FolderIndex.OpenOrCreate(_folder["disk.index"], Clip);
        string[] pictures = ShippedModel.Gallery[..120];
        List<FolderProgress> told = [];
        await table.UpdateAsync(pictures, [], progress: new Told(told));
        disk.Update(pictures, []);
        Assert.Equal(new(120, 120), told[^1]);
        Assert.True(await table.IsIndexedAsync());
        foreach (string text in (string[])["birthday cake", "a cat", "something round"])
            foreach (bool isExact in (bool[])[false, true])
                AssertSame(disk.Search(text), await table.SearchAsync(text, new() { IsExact = isExact }), disk, table);
        AssertSame(disk.Search((ImageSource)CommandLine.Cat, new() { Top = 50 }),
            await table.SearchAsync((ImageSource)CommandLine.Cat, new() { Top = 50 }), disk, table);
        AssertSame(disk.Search("a cat", new() { Top = 1000 }), await table.SearchAsync("a cat", new() { Top = 1000 }), disk, table);
        float least = disk.Search("a cat")[4].Score;
        Assert.Equal(5, (await table.SearchAsync("a cat", new() { Top = 100, MinimumScore = least - 1e-6f })).Length);
        PostgresFacts facts = await table.InspectAsync();
        Assert.Equal(120, facts.Entries);
        Assert.InRange(facts.IndexBytes, 1, facts.StoredBytes);
        Assert.False(await table.BuildIndexAsync());
    }

    [DatabaseFact]
    public async Task A_search_can_be_of_some_folders_alone()
    {
        string[] names = ["cat", "dog", "rocket", "guitar"];
        foreach (string name in names)
        {
            _folder.Copy(CommandLine.Picture(name), $"photos/{name}.png");
            _folder.Copy(CommandLine.Picture(name), $"photos/a/{name}.png");
            _folder.Copy(CommandLine.Picture(name), $"photos/a0/{name}.png");
            _folder.Copy(CommandLine.Picture(name), $"photos/a_/%{name}.png");
        }
        foreach (string? root in (string?[])[null, _folder.Path])
        {
            await using PostgresIndex table = await Open(_schema.Options with { Root = root, Table = root is null ? "full" : "relative" });
            await table.UpdateAsync(_folder["photos"]);
            PostgresHit[] hits = await table.SearchAsync("a cat", new() { Below = [_folder["photos/a"]] });
            Assert.Equal(names.Select(name => _folder[$"photos/a/{name}.png"]).Order(), hits.Select(hit => table.PathOf(hit.Key)).Order());
            Assert.Equal(root is null ? _folder["photos/a/cat.png"] : "photos/a/cat.png", hits[0].Key);
            Assert.Equal(16, await table.CountAsync());
            Assert.Equal(16, await table.CountAsync([_folder["photos"]]));
            Assert.Equal(16, await table.CountAsync([_folder.Path]));
            Assert.Equal(16, await table.CountAsync(["/"]));
            Assert.Equal(5, await table.CountAsync([_folder["photos/a_"], _folder["photos/dog.png"]]));
            Assert.Equal(0, await table.CountAsync([_folder["none"]]));
        }
        InvalidDataException error = await Assert.ThrowsAsync<InvalidDataException>(() => Open(_schema.Options with { Table = "relative" }));
        Assert.Contains("relative to a folder", error.Message);
    }

    [DatabaseFact]
    public async Task Another_model_other_rules_and_another_width_are_refused_by_name()
    {
        await (await Open()).DisposeAsync();
        VectorSpace space = Clip.Space;
        await Refused(space with { Fingerprint = "0123", ModelName = "other-model" }, "other-model (0123)");
        await Refused(space with { Width = 512 }, "vectors of 512 numbers");
        await Refused(space with { PictureRules = "exif=off" }, "exif=off");
        await Refused(space with { Weights = "int8" }, "weights=int8");
        using Clip other = Clip.Load(ShippedModel.Path, new() { Threads = 1, ApplyOrientation = false });
        InvalidDataException error = await Assert.ThrowsAsync<InvalidDataException>(
            () => PostgresIndex.OpenAsync(TestSchema.Source, other, VectorKinds.Pictures, _schema.Options));
        Assert.Contains("exif=off", error.Message);
        // Rules for pictures do not change the vector of a text.
        await (await PostgresIndex.OpenAsync(TestSchema.Source, other, VectorKinds.Texts, _schema.Options)).DisposeAsync();
        await using PostgresIndex table = await PostgresIndex.OpenAsync(TestSchema.Source, _schema.Options);
        Assert.Equal(space, table.Space);
        Assert.Contains("256 numbers", (await Assert.ThrowsAsync<ArgumentException>(() => table.SearchAsync(new float[5]))).Message);
        await Assert.ThrowsAsync<ArgumentException>(() => table.SearchAsync(new float[256]));

        async Task Refused(VectorSpace another, string found)
        {
            string message = (await Assert.ThrowsAsync<InvalidDataException>(
                () => PostgresIndex.OpenOrCreateAsync(TestSchema.Source, another, _schema.Options))).Message;
            Assert.Contains(found, message);
            Assert.Contains($"({_schema.Name}.pictures)", message);
        }
    }

    [DatabaseFact]
    public async Task Rules_that_were_not_known_are_noted_with_the_first_vector()
    {
        VectorSpace unknown = Clip.Space with { PictureRules = null, TextRules = null, Weights = null, IsNormalized = null };
        await using (PostgresIndex table = await PostgresIndex.OpenOrCreateAsync(TestSchema.Source, unknown, _schema.Options))
            Assert.Null(table.Space.PictureLine);
        await using (PostgresIndex table = await Open())
        {
            Assert.Null(table.Space.PictureLine);
            await table.UpdateAsync([CommandLine.Cat], []);
        }
        await using PostgresIndex again = await PostgresIndex.OpenAsync(TestSchema.Source, _schema.Options);
        Assert.Equal(Clip.Space, again.Space);
    }

    [DatabaseFact]
    public async Task Copies_and_removals_of_one_commit_see_what_was_there_before()
    {
        VectorSpace space = new("numbers", 3);
        await using PostgresIndex table = await PostgresIndex.OpenOrCreateAsync(TestSchema.Source, space, _schema.Options);
        PostgresIndexWriter writer = await table.OpenWriterAsync();
        writer.Add(new("a"), [1, 0, 0]);
        writer.Add(new("b", 5, new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc), 7), [0, 1, 0]);
        writer.Commit();
        writer.AddCopy(new("copy of a"), "a");
        writer.Add(new("a"), [0, 0, 1]);
        writer.AddCopy(new("copy of the new a"), "a");
        writer.AddCopy(new("copy of copy"), "copy of a");
        writer.Remove("b");
        writer.AddCopy(new("again"), "a");
        writer.Remove("again");
        Assert.False(writer.TryFindContent(7, out _));
        Assert.Throws<ArgumentException>(() => writer.AddCopy(new("x"), "b"));
        await writer.CommitAsync();
        PostgresIndexWriter other = await table.OpenWriterAsync();
        Assert.Equal(["a", "copy of a", "copy of copy", "copy of the new a"], other.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(["copy of a", "copy of copy"], (await table.SearchAsync(new float[] { 1, 0, 0 }, new() { MinimumScore = 0.5f }))
            .Select(hit => hit.Key));
        Assert.Equal(["a", "copy of the new a"], (await table.SearchAsync(new float[] { 0, 0, 2 }, new() { Top = 2 })).Select(hit => hit.Key));

        Assert.Throws<ArgumentException>(() => other.Add(new("x"), [1, 2]));
        Assert.Throws<ArgumentException>(() => other.Add(new("x"), [1, float.NaN, 0]));
        Assert.Throws<ArgumentException>(() => other.Add(new("x"), [1e6f, 0, 0])); // more than 16 bits hold
        Assert.Throws<ArgumentException>(() => other.Add(new("x\0"), [1, 0, 0]));
        Assert.Throws<ArgumentException>(() => other.Add(new("\ud800"), [1, 0, 0]));
        Assert.Throws<ArgumentException>(() => other.Add(new(new string('x', 3000)), [1, 0, 0]));
        other.Add(new(string.Concat(Enumerable.Repeat("ü'\"\\", 400))), [1, 0, 0]); // 2000 bytes that have a meaning elsewhere
        await other.CommitAsync();
        Assert.Equal(5, await table.CountAsync());
    }

    [DatabaseFact]
    public async Task A_table_that_was_dropped_is_made_anew_and_one_of_others_is_left_alone()
    {
        await using (PostgresIndex table = await Open())
            await table.UpdateAsync([CommandLine.Cat], []);
        TestDatabase.Shared.Ask<int>($"DROP TABLE {_schema.Name}.pictures");
        await Assert.ThrowsAsync<FileNotFoundException>(() => PostgresIndex.OpenAsync(TestSchema.Source, _schema.Options));
        await using (PostgresIndex table = await Open())
        {
            Assert.Equal(1, (await table.UpdateAsync([CommandLine.Cat], [])).Added);
            PostgresIndexWriter writer = await table.OpenWriterAsync();
            await table.DropAsync();
            await table.DropAsync();
            writer.Remove(writer.Keys.Single());
            Assert.Contains("dropped", Assert.Throws<InvalidDataException>(writer.Commit).Message);
        }
        await Assert.ThrowsAsync<FileNotFoundException>(() => PostgresIndex.OpenAsync(TestSchema.Source, _schema.Options));
        TestDatabase.Shared.Ask<int>($"CREATE TABLE {_schema.Name}.theirs (id integer)");
        await Assert.ThrowsAsync<InvalidDataException>(() => Open(_schema.Options with { Table = "theirs" }));
        await (await Open()).DisposeAsync();
        TestDatabase.Shared.Ask<int>($"UPDATE {_schema.Name}.pureclip_spaces SET version = 2");
        Assert.Contains("later PureClip", (await Assert.ThrowsAsync<InvalidDataException>(() => Open())).Message);
        TestDatabase.Shared.Ask<int>($"UPDATE {_schema.Name}.pureclip_spaces SET version = 1, width = 255");
        Assert.Contains("256 numbers", (await Assert.ThrowsAsync<InvalidDataException>(() => Open())).Message);
    }

    [DatabaseFact]
    public async Task A_data_source_of_the_programs_own_stays_open()
    {
        await using Npgsql.NpgsqlDataSource own = TestSchema.Source.Open(out _);
        await using (PostgresIndex table = await PostgresIndex.OpenOrCreateAsync(own, Clip, _schema.Options))
            await table.UpdateAsync([CommandLine.Cat], []);
        await using PostgresIndex again = await PostgresIndex.OpenAsync(own, Clip, options: _schema.Options);
        Assert.Single(await again.SearchAsync("a cat"));
        Assert.DoesNotContain("secret", again.Description);
    }

    private Task<PostgresIndex> Open(PostgresIndexOptions? options = null) =>
        PostgresIndex.OpenOrCreateAsync(TestSchema.Source, Clip, options ?? _schema.Options);

    /// <summary>The same pictures with the same scores; only what is equally near may stand in another order.</summary>
    private static void AssertSame(SearchHit[] disk, PostgresHit[] table, FolderIndex index, PostgresIndex other)
    {
        Assert.Equal(disk.Length, table.Length);
        foreach ((SearchHit expected, PostgresHit found) in disk.Zip(table))
            Assert.Equal(expected.Score, found.Score, 2e-6f);
        if (disk.Length == 0)
            return;
        float last = disk[^1].Score; // of those that are as near as the last, others may have been taken
        Assert.Equal(
            disk.Where(hit => hit.Score > last).Select(hit => Path.GetFullPath(index.PathOf(hit))).Order(),
            table.Where(hit => hit.Score > last + 2e-6f || disk.Any(d => d.Score > last && Path.GetFullPath(index.PathOf(d)) == Path.GetFullPath(other.PathOf(hit.Key))))
                .Select(hit => Path.GetFullPath(other.PathOf(hit.Key))).Order());
    }

    private sealed class Told(List<FolderProgress> values) : IProgress<FolderProgress>
    {
        public void Report(FolderProgress value) => values.Add(value);
    }
}

using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using PureClip.Imaging;
using PureClip.Search;
using PureClip.Tests.Cli;

namespace PureClip.Tests.Search;

public sealed class TarPicturesTests(Cli.ShippedModel model) : IClassFixture<Cli.ShippedModel>, IDisposable
{
    private static readonly byte[] Cat = File.ReadAllBytes(CommandLine.Cat), Dog = File.ReadAllBytes(CommandLine.Picture("dog"));

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("a/0.tar", TarEntryFormat.Pax)]
    [InlineData("a/0.tar", TarEntryFormat.Ustar)]
    [InlineData("a/0.tar", TarEntryFormat.Gnu)]
    [InlineData("a/0.tar", TarEntryFormat.V7)]
    [InlineData("a/0.tar.gz", TarEntryFormat.Pax)]
    [InlineData("a/0.TGZ", TarEntryFormat.Gnu)]
    public void Pictures_in_a_tar_file_are_indexed_as_files_are(string name, TarEntryFormat format)
    {
        string tar = Tar(name, format, ("0001.png", Cat), ("0001.txt", "a cat"u8.ToArray()), ("./below/0002.png", Dog), ("0003.png", Cat),
            ("0003.json", "{}"u8.ToArray()), ("._0001.png", "hidden"u8.ToArray()), ("page.svg", "<svg/>"u8.ToArray()));
        using FolderIndex pictures = FolderIndex.OpenOrCreate(_folder["i.index"], model.Clip, VectorType.F32);
        FolderUpdate update = pictures.Update([tar], [tar]);
        Assert.Equal((3, 0, 0, 0, 0, 0), Counts(update));
        Assert.Equal(1, update.PassedOver[".svg"]);
        Assert.Empty(update.PassedOverInTars);
        Assert.Equal([$"{name}!0001.png", $"{name}!0003.png", $"{name}!below/0002.png"], Keys(pictures));

        float[] stored = new float[pictures.Index.Width];
        Assert.True(pictures.Index.TryFind($"{name}!below/0002.png", out int dog));
        pictures.Index.CopyVector(dog, stored);
        Assert.Equal(model.Clip.EncodeImage(Dog), stored);
        Assert.Equal((Dog.Length, ContentHash.Of(Dog)), (pictures.Index[dog].Size, pictures.Index[dog].ContentHash));
        Assert.Equal(tar + "!below/0002.png", pictures.PathOf(pictures.Index.KeyOf(dog)));
        Assert.Equal(3, pictures.EntriesBelow(tar).Length);
        Assert.Equal(3, pictures.EntriesBelow(_folder["a"]).Length);

        Assert.Equal((0, 0, 3, 0, 0, 0), Counts(pictures.Update([tar], [tar])));
        Assert.Equal((0, 0, 0, 0, 0, 0), Counts(pictures.Update([], [_folder.Path], new() { PruneAll = true })));
    }

    [Fact]
    public void What_was_taken_out_of_a_tar_file_or_is_gone_with_it_leaves_the_index()
    {
        string tar = Tar("x/0.tar", TarEntryFormat.Pax, ("cat.png", Cat), ("dog.png", Dog)), other = Tar("x/1.tar", TarEntryFormat.Pax, ("cat.png", Cat));
        _folder.Copy(CommandLine.Picture("guitar"), "x/guitar.png");
        using FolderIndex pictures = FolderIndex.OpenOrCreate(_folder["i.index"], model.Clip);
        Assert.Equal((4, 0, 0, 0, 0, 0), Counts(pictures.Update([tar, other, _folder["x/guitar.png"]], [])));

        Tar("x/0.tar", TarEntryFormat.Pax, ("cat.png", Cat));
        File.SetLastWriteTimeUtc(tar, new DateTime(2030, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Assert.Equal((0, 1, 0, 1, 1, 0), Counts(pictures.Update([tar], [tar]))); // the cat's bytes are known
        Assert.Equal(["x/0.tar!cat.png", "x/1.tar!cat.png", "x/guitar.png"], Keys(pictures));

        Assert.Equal((0, 0, 1, 0, 0, 0), Counts(pictures.Update(_folder["x"]))); // a folder's tar files stay what they are
        File.Delete(other);
        Assert.Equal((0, 0, 1, 0, 1, 0), Counts(pictures.Update(_folder["x"])));
        File.Delete(tar);
        Assert.Equal((0, 0, 0, 0, 1, 0), Counts(pictures.Update([], [], new() { PruneAll = true })));
        Assert.Equal(["x/guitar.png"], Keys(pictures));
    }

    [Fact]
    public void Links_devices_and_names_that_lead_out_are_passed_over_and_counted()
    {
        string path = _folder["odd.tar"];
        using (FileStream file = File.Create(path))
        using (TarWriter writer = new(file, TarEntryFormat.Pax))
        {
            writer.WriteEntry(new PaxTarEntry(TarEntryType.Directory, "below/"));
            writer.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "link.png") { LinkName = "/etc/passwd" });
            writer.WriteEntry(new PaxTarEntry(TarEntryType.HardLink, "hard.png") { LinkName = "cat.png" });
            writer.WriteEntry(new PaxTarEntry(TarEntryType.CharacterDevice, "zero.png"));
            writer.WriteEntry(new PaxTarEntry(TarEntryType.Fifo, "pipe.png"));
            foreach (string name in new[] { "../cat.png", "/root.png", "a/../../cat.png", "cat.png", "cat.png" })
                writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Cat) });
            writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "empty.png"));
        }
        using FolderIndex pictures = FolderIndex.OpenOrCreate(_folder["i.index"], model.Clip);
        FolderUpdate update = pictures.Update([path], []);
        Assert.Equal(["odd.tar!cat.png"], Keys(pictures));
        Assert.Equal(path + "!empty.png", Assert.Single(update.Failures).Path);
        Assert.Equal(
            new Dictionary<string, int> { ["device"] = 1, ["link"] = 2, ["name that leads out of the file"] = 3, ["pipe"] = 1, ["second file of one name"] = 1 },
            update.PassedOverInTars);
    }

    /// <summary>Cut anywhere: what lies before the cut is kept, and the tar file named; nothing that is indexed is taken for gone.</summary>
    [Theory]
    [InlineData("0.tar")]
    [InlineData("0.tar.gz")]
    public void A_tar_file_that_was_cut_is_named(string name)
    {
        string tar = Tar(name, TarEntryFormat.Ustar, ("cat.png", Cat), ("dog.png", Dog));
        byte[] whole = File.ReadAllBytes(tar);
        using FolderIndex pictures = FolderIndex.OpenOrCreate(_folder["i.index"], model.Clip);
        Assert.Equal((2, 0, 0, 0, 0, 0), Counts(pictures.Update([tar], [tar])));
        bool isPlain = name.EndsWith(".tar", StringComparison.Ordinal);
        int catEnds = 512 + (Cat.Length + 511) / 512 * 512, dogEnds = catEnds + 512 + (Dog.Length + 511) / 512 * 512;
        int[] cuts = isPlain ? [0, 100, 512, 700, catEnds, catEnds + 300, catEnds + 512 + 10, dogEnds - 600, dogEnds] : [0, 5, whole.Length / 3, whole.Length / 2, whole.Length - 60];
        foreach (int cut in cuts)
        {
            File.WriteAllBytes(tar, whole[..cut]);
            FolderUpdate update = pictures.Update([tar], [tar]);
            Assert.Equal((0, 2), (update.Removed, pictures.Index.Count));
            Assert.StartsWith(tar + ": the tar file ", Assert.Single(update.Failures, failure => failure.Path == tar).Error.Message);
            Assert.InRange(update.Failures.Count, 1, 2); // of a compressed one, the picture within the cut, too
        }
        byte[] wrong = [.. whole];
        wrong[^7] ^= 1; // the checksum of what was compressed; behind the end of what was not, anything may stand
        File.WriteAllBytes(tar, wrong);
        Assert.Equal(isPlain ? 0 : 1, pictures.Update([tar], [tar]).Failures.Count);
        File.WriteAllBytes(tar, whole);
        Assert.Empty(pictures.Update([tar], [tar]).Failures);
    }

    [Fact]
    public void Damage_is_named_and_sizes_are_looked_at_before_anything_is_read()
    {
        string tar = Tar("0.tar", TarEntryFormat.Ustar, ("cat.png", Cat), ("dog.png", Dog));
        byte[] whole = File.ReadAllBytes(tar);
        using FolderIndex pictures = FolderIndex.OpenOrCreate(_folder["i.index"], model.Clip);
        Damaged(bytes => bytes[150] ^= 1); // the checksum of the first header
        Damaged(bytes => Encoding.ASCII.GetBytes("77777777777").CopyTo(bytes, 124)); // 8 GB in a small file
        Damaged(bytes =>
        {
            bytes[156] = (byte)'x'; // a header of a header that declares 512 MB
            Encoding.ASCII.GetBytes("04000000000").CopyTo(bytes, 124);
        });
        Damaged(new Random(3).NextBytes); // no tar file at all

        File.WriteAllBytes(tar, whole);
        using Clip small = Clip.Load(Support.ShippedModel.Path, new() { MaxFileBytes = Cat.Length - 1 });
        using FolderIndex limited = FolderIndex.OpenOrCreate(_folder["j.index"], small);
        PictureFailure large = limited.Update([tar], []).Failures.First(failure => failure.Path.EndsWith("cat.png", StringComparison.Ordinal));
        Assert.Equal(PictureRemedy.MoreBytes, ImageFormats.RemedyFor(large.Error));

        void Damaged(Action<byte[]> damage)
        {
            byte[] bytes = [.. whole];
            damage(bytes);
            uint sum = 8 * ' ';
            for (int i = 0; i < 512; i++)
                sum += i is >= 148 and < 156 ? 0u : bytes[i];
            if (bytes[150] == whole[150])
                Encoding.ASCII.GetBytes(System.Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(bytes, 148);
            File.WriteAllBytes(tar, bytes);
            PictureFailure failure = Assert.Single(pictures.Update([tar], [tar]).Failures);
            Assert.Equal((tar, 0), (failure.Path, pictures.Index.Count));
            Assert.StartsWith(tar + ": the tar file ", failure.Error.Message);
        }
    }

    [Fact]
    public void Pictures_are_opened_by_their_paths()
    {
        string tar = Tar("0.tar", TarEntryFormat.Pax, ("below/cat.png", Cat));
        Assert.True(PictureArchive.Exists(tar + "!below/cat.png"));
        Assert.True(PictureArchive.Exists(CommandLine.Cat));
        Assert.All(["!below/dog.png", "!below", "!", "x"], more => Assert.False(PictureArchive.Exists(tar + more)));
        Assert.False(PictureArchive.Exists(_folder["none.tar!cat.png"]));
        Assert.Equal(Cat, PictureArchive.ReadFile(tar + "!below/cat.png").ToArray());
        using (Stream stream = PictureArchive.Open(tar + "!./below/cat.png"))
            Assert.Equal(Cat.Length, stream.Length);
        Assert.Equal(model.Clip.EncodeImage(Cat), model.Clip.EncodeImage(PictureArchive.SourceOf(tar + "!below/cat.png")));
        Assert.Throws<FileNotFoundException>(() => PictureArchive.ReadFile(tar + "!dog.png"));

        _folder.Write("0.tar!dog.png", Dog); // a file of just that name is meant by it
        Assert.Equal(Dog, PictureArchive.ReadFile(tar + "!dog.png").ToArray());
    }

    [Theory]
    [InlineData("a/b.tar!c.png", "a/b.tar", "c.png")]
    [InlineData("a!b/c.TAR.gz!d/e.png", "a!b/c.TAR.gz", "d/e.png")]
    [InlineData("a.tgz!b.tar!c.png", "a.tgz", "b.tar!c.png")]
    [InlineData("a.tar!./b//c.png", "a.tar", "b/c.png")]
    public void Paths_are_taken_apart(string path, string tar, string name)
    {
        Assert.True(TarMember.TryParse(path, out TarMember member));
        Assert.Equal((tar, name), (member.Tar, member.Name));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a.tar")]
    [InlineData("a.tar!")]
    [InlineData("a.tar!b/")]
    [InlineData("a.tar!/b.png")]
    [InlineData("a.tar!../b.png")]
    [InlineData("a.tar!b/../../c.png")]
    [InlineData("a.zip!b.png")]
    [InlineData("a.tar.png!b")]
    public void Other_paths_are_not(string path) => Assert.False(TarMember.TryParse(path, out _));

    [Fact]
    public void Shards_of_tar_files_and_folders_are_disjoint_and_together_all()
    {
        string[] names = [.. PictureFiles.Below(TestData.PathOf("gallery")).Take(40)];
        string tar = Tar("0.tar", TarEntryFormat.Pax, [.. names[..20].Select(path => (Path.GetFileName(path), File.ReadAllBytes(path)))]);
        string[] inputs = [tar, .. names[10..], _folder.Copy(names[0], "copy.png"), _folder.Write("broken.png", "none"u8)];
        const int Shards = 3;
        string[] made = new string[Shards];
        int added = 0, failures = 0;
        for (int shard = 1; shard <= Shards; shard++)
        {
            using FolderIndex part = FolderIndex.OpenOrCreate(made[shard - 1] = _folder[$"{shard}.index"], model.Clip);
            FolderUpdateOptions options = new() { Shard = new(shard, Shards) };
            FolderUpdate update = part.Update(inputs, [], options);
            Assert.Equal(52, update.Added + update.OfOtherShards + update.Failures.Count);
            added += update.Added;
            failures += update.Failures.Count;
            Assert.Equal((0, 0, part.Index.Count, 0, 0, update.Failures.Count), Counts(part.Update(inputs, [], options))); // again
        }
        Assert.Equal((51, 1), (added, failures)); // what is no picture is named once, by the shard of its content

        using (FolderIndex whole = FolderIndex.OpenOrCreate(_folder["whole.index"], model.Clip))
            Assert.Equal(51, whole.Update(inputs, []).Added);
        Assert.Equal(new(51, 51, 0, 0), IndexMerge.Run(made, _folder["merged.index"]));
        AssertSame(_folder["whole.index"], _folder["merged.index"]);
    }

    [Fact]
    public void A_picture_whose_new_content_is_of_another_shard_leaves_this_one()
    {
        string path = _folder.Copy(CommandLine.Cat, "photos/picture.png");
        const int Shards = 16;
        int Of(byte[] file) => Enumerable.Range(1, Shards).Single(shard => new ContentShard(shard, Shards).Contains(ContentHash.Of(file)));
        string other = Directory.GetFiles(TestData.PathOf("gallery"), "*.png").First(file => Of(File.ReadAllBytes(file)) != Of(Cat));
        using FolderIndex part = FolderIndex.OpenOrCreate(_folder["i.index"], model.Clip);
        FolderUpdateOptions options = new() { Shard = new(Of(Cat), Shards) };
        Assert.Equal((1, 0, 0, 0, 0, 0), Counts(part.Update([path], [], options)));
        File.Copy(other, path, overwrite: true);
        FolderUpdate update = part.Update([path], [], options);
        Assert.Equal((0, 0, 0, 0, 1, 0), Counts(update));
        Assert.Equal((1, 0), (update.OfOtherShards, part.Index.Count));
    }

    /// <summary>The same entries with the same vectors, in whatever order.</summary>
    internal static void AssertSame(string expected, string actual)
    {
        using EmbeddingIndex a = EmbeddingIndex.Open(expected), b = EmbeddingIndex.Open(actual);
        Assert.Equal((a.Count, a.Space, a.VectorType), (b.Count, b.Space, b.VectorType));
        float[] left = new float[a.Width], right = new float[a.Width];
        for (int entry = 0; entry < a.Count; entry++)
        {
            Assert.True(b.TryFind(a.KeyOf(entry), out int same), a.KeyOf(entry));
            Assert.Equal(a[entry], b[same]);
            a.CopyVector(entry, left);
            b.CopyVector(same, right);
            Assert.True(left.AsSpan().SequenceEqual(right), a.KeyOf(entry));
        }
    }

    private string Tar(string name, TarEntryFormat format, params (string Name, byte[] Content)[] files)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[name])!);
        using FileStream file = File.Create(_folder[name]);
        using Stream stream = name.EndsWith(".tar", StringComparison.OrdinalIgnoreCase) ? file : new GZipStream(file, CompressionLevel.Fastest);
        using TarWriter writer = new(stream, format, leaveOpen: true);
        foreach ((string entry, byte[] content) in files)
            writer.WriteEntry(EntryOf(format, entry, new MemoryStream(content)));
        return _folder[name];
    }

    private static TarEntry EntryOf(TarEntryFormat format, string name, Stream content) => format switch
    {
        TarEntryFormat.V7 => new V7TarEntry(TarEntryType.V7RegularFile, name) { DataStream = content },
        TarEntryFormat.Ustar => new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = content },
        TarEntryFormat.Gnu => new GnuTarEntry(TarEntryType.RegularFile, name) { DataStream = content },
        _ => new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = content },
    };

    private static string[] Keys(FolderIndex index) =>
        [.. Enumerable.Range(0, index.Index.Count).Select(index.Index.KeyOf).Order(StringComparer.Ordinal)];

    private static (int, int, int, int, int, int) Counts(FolderUpdate update) =>
        (update.Added, update.Updated, update.Unchanged, update.Reused, update.Removed, update.Failures.Count);
}

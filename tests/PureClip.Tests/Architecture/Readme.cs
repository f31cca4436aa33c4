namespace PureClip.Tests.Architecture;

/// <summary>A README: what it shows is what happens. With PURECLIP_APPROVE=1 the outputs in it are rewritten.</summary>
/// <param name="Folder">The folder that it is of, from the repository's root; "" for the root.</param>
internal sealed record Readme(string Folder)
{
    /// <summary>Its path.</summary>
    public string FilePath => Path.Combine(TestData.Root, Folder, "README.md");

    /// <summary>All of the repository: of the root, of each project, of each tool, of the weights.</summary>
    public static IReadOnlyList<Readme> All { get; } =
    [
        .. ((string[])["", "weights", .. FoldersIn("src"), .. FoldersIn("tools"), .. FoldersIn("bench")])
            .Select(folder => new Readme(folder)).Where(readme => File.Exists(readme.FilePath)),
    ];

    /// <summary>Its text.</summary>
    public string Text => File.ReadAllText(FilePath).ReplaceLineEndings("\n");

    /// <summary>Folders in one of the root, from the root, in order.</summary>
    public static IEnumerable<string> FoldersIn(string folder) => Directory.GetDirectories(Path.Combine(TestData.Root, folder))
        .Select(path => $"{folder}/{Path.GetFileName(path)}").Order(StringComparer.Ordinal);

    /// <summary>Fails unless rewriting what it shows by what happens changes nothing.</summary>
    public void Check(Func<string, string> rewrite)
    {
        string shown = File.ReadAllText(FilePath), real = rewrite(shown);
        if (Environment.GetEnvironmentVariable("PURECLIP_APPROVE") == "1")
            File.WriteAllText(FilePath, real);
        else
            Assert.Equal(real, shown);
    }
}

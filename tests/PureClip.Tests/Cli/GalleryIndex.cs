namespace PureClip.Tests.Cli;

/// <summary>An index of the gallery's pictures, made once for all tests that search one.</summary>
public sealed class GalleryIndex : IDisposable
{
    internal const string Collection = "gallery index";

    private readonly TemporaryFolder _folder = new();

    public GalleryIndex()
    {
        CommandResult made = CommandLine.Run("index", Gallery, "--index", Path, "--type", "f32");
        Assert.Equal((0, ""), (made.ExitCode, made.Error));
    }

    /// <summary>The 400 pictures themselves, not those of folders below.</summary>
    internal static string Gallery { get; } = System.IO.Path.Combine(TestData.PathOf("gallery"), "*.png");

    internal string Path => _folder["gallery.index"];

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();
}

[CollectionDefinition(GalleryIndex.Collection)]
public sealed class GalleryIndexCollection : ICollectionFixture<GalleryIndex>;

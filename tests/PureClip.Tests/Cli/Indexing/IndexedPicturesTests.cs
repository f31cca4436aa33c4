using PureClip.Cli.Indexing;

namespace PureClip.Tests.Cli.Indexing;

public sealed class IndexedPicturesTests
{
    private static readonly string Here = Environment.CurrentDirectory;

    [Fact]
    public void A_path_below_the_indexs_folder_is_stored_relative_and_any_other_in_full()
    {
        string home = Path.Combine(Path.GetPathRoot(Here)!, "home", "me"), outside = Path.Combine(Path.GetPathRoot(Here)!, "home", "mean", "b.png");
        IndexedPaths paths = new(Path.Combine(home, "photos.index"));
        Assert.Equal("photos/a.png", paths.ToKey(Path.Combine(home, "photos", "a.png")));
        Assert.Equal("..a.png", paths.ToKey(Path.Combine(home, "..a.png")));
        Assert.Equal(outside.Replace('\\', '/'), paths.ToKey(outside));
        Assert.Equal(Path.Combine(home, "photos", "a.png"), paths.ToFullPath("photos/a.png"));
        Assert.Equal(outside, paths.ToFullPath(outside));
    }

    [Fact]
    public void A_stored_path_is_shown_as_it_leads_from_the_current_folder()
    {
        IndexedPaths here = new("pureclip.index"), below = new(Path.Combine("sub", "pureclip.index")), above = new(Path.Combine("..", "pureclip.index"));
        string picture = Path.Combine("photos", "a.png"), beside = Path.GetFullPath(Path.Combine("..", "beside", "b.png"));
        Assert.All([here, below, above], paths =>
        {
            Assert.Equal(picture, paths.ToPath(paths.ToKey(picture)));
            Assert.Equal(beside, paths.ToPath(paths.ToKey(beside)));
        });
        Assert.Equal(Path.Combine("sub", "a.png"), below.ToPath("a.png"));
    }

    [Fact]
    public void A_folder_whose_name_only_begins_alike_is_another()
    {
        string root = Path.GetPathRoot(Here)!;
        Assert.True(IndexedPaths.IsBelow(root, Here));
        Assert.True(IndexedPaths.IsBelow(Path.Combine(root, "a"), Path.Combine(root, "a", "b")));
        Assert.True(IndexedPaths.IsBelow(Path.Combine(root, "a") + Path.DirectorySeparatorChar, Path.Combine(root, "a", "b")));
        Assert.False(IndexedPaths.IsBelow(Path.Combine(root, "a"), Path.Combine(root, "ab")));
        Assert.False(IndexedPaths.IsBelow(Path.Combine(root, "a"), Path.Combine(root, "a")));
    }
}

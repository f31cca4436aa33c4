using PureClip.Search;

namespace PureClip.Tests.Search;

public sealed class PictureKeysTests
{
    private static readonly string Here = Environment.CurrentDirectory;

    [Fact]
    public void A_path_below_the_indexs_folder_is_stored_relative_and_any_other_in_full()
    {
        string home = Path.Combine(Path.GetPathRoot(Here)!, "home", "me"),
            outside = Path.Combine(Path.GetPathRoot(Here)!, "home", "mean", "b.png");
        PictureKeys keys = new(Path.Combine(home, "photos.index"));
        Assert.Equal("photos/a.png", keys.KeyOf(Path.Combine(home, "photos", "a.png")));
        Assert.Equal("..a.png", keys.KeyOf(Path.Combine(home, "..a.png")));
        Assert.Equal(outside.Replace('\\', '/'), keys.KeyOf(outside));
        Assert.Equal(Path.Combine(home, "photos", "a.png"), keys.FullPathOf("photos/a.png"));
        Assert.Equal(outside, keys.FullPathOf(outside));
    }

    [Fact]
    public void A_stored_path_is_shown_as_it_leads_from_the_current_folder()
    {
        PictureKeys here = new("pureclip.index"), below = new(Path.Combine("sub", "pureclip.index")),
            above = new(Path.Combine("..", "pureclip.index"));
        string picture = Path.Combine("photos", "a.png"), beside = Path.GetFullPath(Path.Combine("..", "beside", "b.png"));
        Assert.All([here, below, above], keys =>
        {
            Assert.Equal(picture, keys.PathOf(keys.KeyOf(picture)));
            Assert.Equal(beside, keys.PathOf(keys.KeyOf(beside)));
        });
        Assert.Equal(Path.Combine("sub", "a.png"), below.PathOf("a.png"));
    }

    [Fact]
    public void A_folder_whose_name_only_begins_alike_is_another()
    {
        string root = Path.GetPathRoot(Here)!;
        Assert.True(PictureKeys.IsBelow(root, Here));
        Assert.True(PictureKeys.IsBelow(Path.Combine(root, "a"), Path.Combine(root, "a", "b")));
        Assert.True(PictureKeys.IsBelow(Path.Combine(root, "a") + Path.DirectorySeparatorChar, Path.Combine(root, "a", "b")));
        Assert.False(PictureKeys.IsBelow(Path.Combine(root, "a"), Path.Combine(root, "ab")));
        Assert.False(PictureKeys.IsBelow(Path.Combine(root, "a"), Path.Combine(root, "a")));
    }
}

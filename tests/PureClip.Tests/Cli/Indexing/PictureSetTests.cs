using PureClip.Cli;
using PureClip.Cli.Indexing;

namespace PureClip.Tests.Cli.Indexing;

public sealed class PictureSetTests(ShippedModel model) : IClassFixture<ShippedModel>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_that_cannot_be_read_any_more_is_reported_and_the_others_are_compared()
    {
        using StringWriter error = new();
        Shell shell = new(TextReader.Null, TextWriter.Null, error);
        using PictureSet pictures = ThreeCopies(shell);
        using FileStream locked = new(pictures.Paths[1], FileMode.Open, FileAccess.ReadWrite, FileShare.None);

        Assert.Equal([0, 2], Assert.Single(pictures.SameContents));
        Assert.Single(pictures.SameContents); // found once, reported once
        Assert.Equal(1, shell.ExitCode);
        Assert.StartsWith($"pureclip: {pictures.Paths[1]}: ", error.ToString());
        Assert.Single(error.ToString().Trim('\n').Split('\n'));
    }

    [Fact]
    public void Comparing_contents_can_be_interrupted()
    {
        using CancellationTokenSource interrupt = new();
        using PictureSet pictures = ThreeCopies(new(TextReader.Null, TextWriter.Null, TextWriter.Null) { Cancellation = interrupt.Token });
        interrupt.Cancel();
        Assert.Throws<OperationCanceledException>(() => pictures.SameContents);
    }

    private PictureSet ThreeCopies(Shell shell) =>
        PictureSet.Of(model.Clip, [.. new[] { "a.png", "b.png", "c.png" }.Select(name => _folder.Copy(CommandLine.Cat, name))], shell);
}

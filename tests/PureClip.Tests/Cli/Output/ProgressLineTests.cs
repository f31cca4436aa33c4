using PureClip.Cli.Output;

namespace PureClip.Tests.Cli.Output;

public sealed class ProgressLineTests
{
    [Fact]
    public void Quick_work_shows_nothing()
    {
        using StringWriter terminal = new();
        using (ProgressLine progress = new(terminal, 2, "pictures"))
            progress.Report(1);
        Assert.Empty(terminal.ToString());
    }

    [Fact]
    public void Long_work_shows_a_line_and_takes_it_away()
    {
        using StringWriter terminal = new();
        using (ProgressLine progress = new(terminal, 2, "pictures"))
        {
            Thread.Sleep(1100);
            progress.Report(1);
        }
        Assert.StartsWith("\r1 of 2 pictures, ", terminal.ToString());
        Assert.EndsWith("\r\u001b[K", terminal.ToString());
    }
}

using PureClip.Cli;

namespace PureClip.Tests.Cli;

public sealed class FailuresTests
{
    [Fact]
    public void Names_of_parameters_are_of_no_use_to_people() =>
        Assert.Equal("Too long.", Failures.Describe(new ArgumentException("Too long.", "text")));

    [Fact]
    public void Wrappers_are_taken_off()
    {
        Exception inner = new InvalidDataException("broken");
        Assert.Equal("broken", Failures.Describe(new AggregateException(inner)));
        Assert.Equal("broken", Failures.Describe(new TypeInitializationException("Type", inner)));
    }

    [Fact]
    public void A_path_is_named_once()
    {
        Assert.Equal("a.png: broken", Failures.About("a.png", new InvalidDataException("broken")));
        Assert.Equal("a.png: broken", Failures.About("a.png", new InvalidDataException("a.png: broken")));
    }

    [Fact]
    public void Memory_that_runs_out_has_a_remedy() => Assert.Contains("--max-pixels", Failures.Describe(new OutOfMemoryException()));
}

using PureClip.Memory;

namespace PureClip.Tests.Memory;

public sealed unsafe class LinesAheadTests
{
    [Theory]
    [InlineData(28, 256, 9)]
    [InlineData(256, 256, 1)]
    [InlineData(512, 256, 1)] // half of them at once
    [InlineData(0, 8, 8)]
    [InlineData(1, 1, 1)]
    public void Lines_are_spread_over_all_steps(int lines, int steps, int every)
    {
        using AlignedBuffer buffer = new(16);
        Assert.Equal(every, LinesAhead.Of((byte*)buffer.Pointer, lines, steps).Every);
        Assert.True(steps / every >= Math.Min(lines, steps));
    }
}

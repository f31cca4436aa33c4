using PureClip.Imaging.Png;

namespace PureClip.Tests.Imaging.Png;

public class PngFilterTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(6)]
    [InlineData(8)]
    public void Every_filter_is_the_inverse_of_its_definition(int distance)
    {
        Random random = new(distance);
        for (int length = distance; length < 80; length += distance)
            for (byte filter = 0; filter <= 4; filter++)
            {
                byte[] original = new byte[length];
                byte[] previous = new byte[length];
                random.NextBytes(original);
                random.NextBytes(previous);
                byte[] row = Apply(filter, original, previous, distance);
                PngFilter.Undo(filter, row, previous, distance);
                Assert.Equal(original, row);
            }
    }

    [Fact]
    public void A_filter_beyond_the_fourth_is_rejected() =>
        Assert.Throws<InvalidDataException>(() => PngFilter.Undo(5, new byte[4], new byte[4], 1));

    // PNG specification, 9.2, word for word.
    private static byte[] Apply(byte filter, byte[] row, byte[] previous, int distance)
    {
        byte[] filtered = new byte[row.Length];
        for (int i = 0; i < row.Length; i++)
        {
            int a = i < distance ? 0 : row[i - distance];
            int b = previous[i];
            int c = i < distance ? 0 : previous[i - distance];
            int predicted = filter switch { 0 => 0, 1 => a, 2 => b, 3 => (a + b) / 2, _ => Paeth(a, b, c) };
            filtered[i] = (byte)(row[i] - predicted);
        }
        return filtered;
    }

    private static int Paeth(int a, int b, int c) => new[] { a, b, c }.MinBy(v => Math.Abs(a + b - c - v));
}

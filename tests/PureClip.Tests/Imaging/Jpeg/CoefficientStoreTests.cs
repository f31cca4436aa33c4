using PureClip.Imaging;
using PureClip.Imaging.Jpeg;

namespace PureClip.Tests.Imaging.Jpeg;

public class CoefficientStoreTests
{
    private static readonly short[] Block = [.. Enumerable.Range(1, 64).Select(i => (short)i)];

    [Theory]
    [InlineData(1, 1)]
    [InlineData(5, 3)]
    [InlineData(300, 100)]
    [InlineData(7, 9000)]
    public void Blocks_come_back_where_they_were_kept(int rows, int columns)
    {
        CoefficientStore store = new(rows, columns, PictureMemory.Owned);
        (int Row, int Column)[] places = [(0, 0), (rows - 1, columns - 1), (rows / 2, columns / 3)];
        foreach ((int row, int column) in places)
        {
            if (store.Stored(row, column).IsEmpty)
                store.Store(row, column, Block);
            else
                Block.CopyTo(store.Stored(row, column));
        }
        foreach ((int row, int column) in places)
            Assert.Equal(Block, store[row, column].ToArray());
        Assert.Equal(places.Distinct().Count(), Places(rows, columns).Count(place => store[place.Row, place.Column][0] != 0));
    }

    [Fact]
    public void Zeros_take_no_memory()
    {
        CoefficientStore store = new(10, 10, PictureMemory.Owned);
        store.Store(3, 3, new short[64]);
        Assert.True(store.Stored(3, 3).IsEmpty);
        Assert.Equal(new short[64], store[3, 3].ToArray());
        store.Clear();
        Assert.Equal(64, store.Stored(3, 3).Length);
    }

    [Fact]
    public async Task Pictures_wait_for_room_and_too_large_ones_are_refused()
    {
        const long Pixels = 200_000_000;
        long most = (Pixels * 6 + (64 << 20)) / 128;
        Assert.Contains("several scans", Assert.Throws<InvalidDataException>(() => CoefficientMemory.Take(most + 1, Pixels)).Message);
        CoefficientMemory first = CoefficientMemory.Take(most, Pixels);
        Task second = Task.Run(() => CoefficientMemory.Take(most, Pixels).Dispose());
        await Task.Delay(50);
        Assert.False(second.IsCompleted);
        first.Dispose();
        await second.WaitAsync(TimeSpan.FromSeconds(30));
    }

    private static IEnumerable<(int Row, int Column)> Places(int rows, int columns) =>
        from row in Enumerable.Range(0, rows) from column in Enumerable.Range(0, columns) select (row, column);
}

using PureClip.Memory;

namespace PureClip.Tests.Memory;

public unsafe class ArenaTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1000)]
    public void A_buffer_is_aligned_zeroed_and_as_long_as_asked(long length)
    {
        using AlignedBuffer buffer = new(length);
        Assert.Equal(length, buffer.Length);
        Assert.Equal(0, (nint)buffer.Pointer % AlignedBuffer.Alignment);
        Assert.True(new Span<float>(buffer.Pointer, (int)length).IndexOfAnyExcept(0f) < 0);
    }

    [Fact]
    public void A_disposed_buffer_hands_out_no_pointer()
    {
        AlignedBuffer buffer = new(10);
        buffer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => (nint)buffer.Pointer);
    }

    [Fact]
    public void Matrices_lie_behind_one_another_with_aligned_rows()
    {
        using Arena arena = new(3 * 48 + 2 * 80);
        MatrixView first = arena.Take(3, 5), second = arena.Take(2, 33);
        Assert.Equal((3, 5, 48), (first.Rows, first.Columns, first.Stride));
        Assert.Equal((2, 33, 80), (second.Rows, second.Columns, second.Stride));
        Assert.Equal(3 * 48, second.Data - first.Data);
        Assert.Equal((3 * 48 + 2 * 80) * sizeof(float), arena.Bytes);
    }

    [Fact]
    public void Rows_are_an_odd_number_of_cache_lines_apart()
    {
        foreach (int columns in (int[])[1, 32, 64, 768, 1024, 3072])
            Assert.Equal(1, Arena.Stride(columns) * sizeof(float) / AlignedBuffer.Alignment % 2);
    }

    [Fact]
    public void What_is_released_is_taken_again()
    {
        using Arena arena = new(10_000);
        arena.Take(1, 10);
        long mark = arena.Mark;
        MatrixView first = arena.Take(5, 100);
        arena.Release(mark);
        Assert.Equal((nint)first.Data, (nint)arena.Take(2, 50).Data);
    }

    [Fact]
    public void An_arena_that_measures_says_what_a_block_needs_and_a_smaller_block_is_refused()
    {
        using Arena measure = new();
        void Run(Arena arena)
        {
            arena.Take(2, 10);
            long mark = arena.Mark;
            arena.Take(5, 100);
            arena.Release(mark);
            arena.Take(3, 100);
        }

        Run(measure);
        Assert.Equal(0, measure.Bytes);
        using Arena enough = new(measure.Peak), less = new(measure.Peak - 1);
        Run(enough);
        Assert.Equal(measure.Peak, enough.Peak);
        Assert.Contains("was planned for", Assert.Throws<InvalidOperationException>(() => Run(less)).Message);
    }

    [Fact]
    public void More_rows_than_an_int_counts_floats_are_measured()
    {
        using Arena arena = new();
        arena.Take(65_536, 65_536);
        Assert.Equal(65_536L * Arena.Stride(65_536), arena.Peak);
    }

    [Fact]
    public void Views_share_memory()
    {
        using Arena arena = Matrices.Allocate(out MatrixView[] v, (4, 6));
        v[0].RowSpan(2)[3] = 7f;
        Assert.Equal(7f, v[0].Top(3).ColumnRange(3, 2).RowSpan(2)[0]);
        Assert.Equal(2, v[0].ColumnRange(3, 2).Columns);
        Assert.Equal(3, v[0].Top(3).Rows);
    }
}

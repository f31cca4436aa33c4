using PureClip.Memory;

namespace PureClip.Tests.Memory;

public unsafe class WorkspaceTests
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
        using Workspace workspace = new();
        int a = workspace.Declare(3, 5), b = workspace.Declare(2, 33);
        workspace.Allocate();
        MatrixView first = workspace.Matrix(a), second = workspace.Matrix(b);
        Assert.Equal((3, 5, 48), (first.Rows, first.Columns, first.Stride));
        Assert.Equal((2, 33, 80), (second.Rows, second.Columns, second.Stride));
        Assert.Equal(3 * 48, second.Data - first.Data);
        Assert.Equal((3 * 48 + 2 * 80) * sizeof(float), workspace.Bytes);
    }

    [Fact]
    public void Rows_are_an_odd_number_of_cache_lines_apart()
    {
        using Workspace workspace = new();
        foreach (int columns in (int[])[1, 32, 64, 768, 1024, 3072])
            workspace.Declare(2, columns);
        workspace.Allocate();
        for (int slot = 0; slot < 6; slot++)
            Assert.Equal(1, workspace.Matrix(slot).Stride * sizeof(float) / AlignedBuffer.Alignment % 2);
    }

    [Fact]
    public void Views_share_memory()
    {
        using Workspace workspace = Matrices.Allocate(out MatrixView[] v, (4, 6));
        v[0].RowSpan(2)[3] = 7f;
        Assert.Equal(7f, v[0].Top(3).ColumnRange(3, 2).RowSpan(2)[0]);
        Assert.Equal(2, v[0].ColumnRange(3, 2).Columns);
        Assert.Equal(3, v[0].Top(3).Rows);
    }
}

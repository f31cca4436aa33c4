using PureClip.Model;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Tests;

public sealed class WorkspacesTests : IDisposable
{
    private readonly Workspaces _workspaces = new(new VisionTransformer(new(new(64, 1, 2, 128, GeluKind.Quick, 1e-5f), 32, 8), 16), SimdTier.Active, WorkerPool.Serial);

    [Fact]
    public void The_smallest_that_is_large_enough_is_taken_again()
    {
        WorkspaceSet shared = _workspaces.Rent(passes: 1, workers: 4, rows: 17), own = _workspaces.Rent(passes: 4, workers: 1, rows: 100);
        Assert.Equal(shared.Bytes + own.Bytes, _workspaces.Bytes);
        _workspaces.Return(own);
        _workspaces.Return(shared);
        Assert.Same(shared, _workspaces.Rent(1, 4, 17));
        Assert.Same(own, _workspaces.Rent(2, 1, 128));
        Assert.Equal(shared.Bytes + own.Bytes, _workspaces.Bytes);
    }

    [Fact]
    public void What_a_new_one_stands_in_for_is_freed()
    {
        WorkspaceSet small = _workspaces.Rent(1, 2, 17), other = _workspaces.Rent(2, 1, 100);
        _workspaces.Return(small);
        _workspaces.Return(other);
        WorkspaceSet large = _workspaces.Rent(1, 2, 300);
        Assert.Equal(large.Bytes + other.Bytes, _workspaces.Bytes);
        _workspaces.Return(large);
        Assert.Same(large, _workspaces.Rent(1, 2, 17));
    }

    [Fact]
    public void Passes_have_workspaces_of_their_own()
    {
        WorkspaceSet set = _workspaces.Rent(3, 1, 50);
        Assert.Equal(3, Enumerable.Range(0, 3).Select(i => set[i]).Distinct().Count());
        for (int i = 0; i < 3; i++)
        {
            Assert.InRange(set[i].MaxRows, 50, 64);
            Assert.InRange(set[i].MaxSequences, 3, 4);
        }
        _workspaces.Return(set);
    }

    public void Dispose() => _workspaces.Dispose();
}

using System.Numerics;
using PureClip.Model;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip;

/// <summary>The workspaces of a tower: a set for each round in flight, kept for the next. Thread-safe.</summary>
internal sealed class Workspaces(Tower tower, SimdTier tier, WorkerPool pool) : IDisposable
{
    private readonly List<WorkspaceSet> _idle = [];
    private readonly Lock _lock = new();
    private long _bytes;

    /// <summary>Size of all that exist, in use or idle.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>The smallest idle set that is large enough, or a new one.</summary>
    /// <param name="passes">Passes at the same time.</param>
    /// <param name="workers">Threads that share a pass.</param>
    /// <param name="rows">Most tokens of a pass.</param>
    public WorkspaceSet Rent(int passes, int workers, int rows)
    {
        // In few sizes, so that calls of different lengths find each other's.
        int rounded = rows <= tower.MostRows ? tower.MostRows : (int)BitOperations.RoundUpToPowerOf2((uint)rows);
        lock (_lock)
        {
            WorkspaceSet? fitting = null;
            foreach (WorkspaceSet idle in _idle)
                if (idle.Passes >= passes && idle.Workers >= workers && idle.Rows >= rounded && !(idle.Bytes >= fitting?.Bytes))
                    fitting = idle;
            if (fitting is not null)
            {
                _idle.Remove(fitting);
                return fitting;
            }
            FreeWhatIsReplacedBy(passes, workers, rounded);
            WorkspaceSet made = Allocate(passes, workers, rounded);
            _bytes += made.Bytes;
            return made;
        }
    }

    /// <summary>Gives a set back.</summary>
    public void Return(WorkspaceSet set)
    {
        lock (_lock)
            _idle.Add(set);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _idle.ForEach(set => set.Dispose());
            _idle.Clear();
        }
    }

    /// <summary>Frees idle sets that one of this size can stand in for.</summary>
    private void FreeWhatIsReplacedBy(int passes, int workers, int rows)
    {
        foreach (WorkspaceSet idle in _idle.FindAll(idle => idle.Passes <= passes && idle.Workers <= workers && idle.Rows <= rows))
        {
            _idle.Remove(idle);
            _bytes -= idle.Bytes;
            idle.Dispose();
        }
    }

    private WorkspaceSet Allocate(int passes, int workers, int rows) => new(passes, workers, rows,
        () => tower.CreatePass(tier, workers > 1 ? pool : WorkerPool.Serial, rows / tower.LeastRows, rows));
}

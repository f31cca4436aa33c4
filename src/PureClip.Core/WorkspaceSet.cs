using PureClip.Model;

namespace PureClip;

/// <summary>Workspaces of one size.</summary>
internal sealed class WorkspaceSet : IDisposable
{
    private readonly Pass[] _all;

    /// <param name="passes">How many there are.</param>
    /// <param name="workers">Threads that may share one.</param>
    /// <param name="rows">Tokens that fit in one.</param>
    /// <param name="allocate">Makes one.</param>
    public WorkspaceSet(int passes, int workers, int rows, Func<Pass> allocate)
    {
        Workers = workers;
        Rows = rows;
        _all = new Pass[passes];
        try
        {
            for (int i = 0; i < passes; i++)
                _all[i] = allocate();
        }
        catch
        {
            Dispose();
            throw;
        }
        Bytes = _all.Sum(one => one.Bytes);
    }

    /// <summary>How many there are.</summary>
    public int Passes => _all.Length;

    /// <summary>Threads that may share one.</summary>
    public int Workers { get; }

    /// <summary>Tokens that fit in one.</summary>
    public int Rows { get; }

    /// <summary>Size of all.</summary>
    public long Bytes { get; }

    /// <summary>One of them.</summary>
    public Pass this[int index] => _all[index];

    /// <inheritdoc/>
    public void Dispose() => Array.ForEach(_all, one => one?.Dispose());
}

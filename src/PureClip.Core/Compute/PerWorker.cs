namespace PureClip.Threading;

/// <summary>Scratch memory of a parallel loop, one for each worker of a pool.</summary>
internal sealed class PerWorker<T> : IDisposable
    where T : class, IDisposable
{
    private readonly T[] _all;

    /// <param name="pool">The workers.</param>
    /// <param name="create">Makes one.</param>
    public PerWorker(WorkerPool pool, Func<T> create)
    {
        _all = new T[pool.Workers];
        for (int i = 0; i < _all.Length; i++)
            _all[i] = create();
    }

    /// <summary>That of a worker.</summary>
    public T this[int worker] => _all[worker];

    /// <inheritdoc/>
    public void Dispose() => Array.ForEach(_all, one => one.Dispose());
}

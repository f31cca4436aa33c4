using PureClip.Threading;

namespace PureClip.Training;

/// <summary>Loops over a pool for what is not worth a struct of its own.</summary>
internal static class PoolLoops
{
    /// <summary>Calls <paramref name="body"/> once for each index below <paramref name="count"/>.</summary>
    public static void For(this WorkerPool pool, int count, Action<int> body)
    {
        Body loop = new() { Each = body };
        pool.Run(count, ref loop);
    }

    private struct Body : IParallelBody
    {
        public Action<int> Each;

        public readonly void Invoke(int index, int worker) => Each(index);
    }
}

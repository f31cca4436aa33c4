namespace PureClip.Threading;

/// <summary>The body of a parallel loop as a struct: no closure, no allocation.</summary>
internal interface IParallelBody
{
    /// <summary>Does one index. Different indices may run at the same time on different workers.</summary>
    /// <param name="index">0 to count − 1, each exactly once.</param>
    /// <param name="worker">0 to workers − 1; at most one index runs on a worker at a time, so scratch memory may be kept per worker.</param>
    void Invoke(int index, int worker);
}

namespace PureClip.Files;

/// <summary>
/// Lets calls into an object until it is closed. Closing waits for those that are inside, so that what they use may be freed afterwards;
/// later ones get an <see cref="ObjectDisposedException"/>.
/// </summary>
/// <param name="name">What is disposed, for the exception.</param>
internal sealed class Gate(string name)
{
    // The gates that this thread is behind: whoever closes one of them from inside would wait for itself. One list a thread, kept.
    [ThreadStatic]
    private static List<Gate>? _passed;

    private readonly object _leaving = new();
    private int _inside;
    private bool _isClosed;
    private TaskCompletionSource? _empty;

    /// <summary>Whether <see cref="Close"/> was called.</summary>
    public bool IsClosed => Volatile.Read(ref _isClosed);

    /// <summary>Goes in. Allocates nothing, but once a thread.</summary>
    /// <returns>To be disposed on the same thread.</returns>
    /// <exception cref="ObjectDisposedException">It is closed.</exception>
    public Call Enter()
    {
        EnterAwaiting();
        (_passed ??= []).Add(this);
        return new(this);
    }

    /// <summary>
    /// Goes in for a call that awaits and may end on another thread; <see cref="LeaveAwaiting"/> must follow. It must not close the gate
    /// itself.
    /// </summary>
    /// <exception cref="ObjectDisposedException">It is closed.</exception>
    public void EnterAwaiting()
    {
        lock (_leaving)
        {
            ThrowIfClosed();
            _inside++;
        }
    }

    /// <summary>Ends what <see cref="EnterAwaiting"/> began.</summary>
    public void LeaveAwaiting()
    {
        lock (_leaving)
        {
            if (--_inside > 0 || !_isClosed)
                return;
            Monitor.PulseAll(_leaving);
            _empty?.TrySetResult();
        }
    }

    /// <exception cref="ObjectDisposedException">It is closed.</exception>
    public void ThrowIfClosed()
    {
        if (IsClosed)
            throw new ObjectDisposedException(name);
    }

    /// <summary>Lets nobody in any more and waits until everybody has left.</summary>
    /// <returns>Whether it was open before: of several callers one gets true, and frees what there is.</returns>
    /// <exception cref="InvalidOperationException">The caller is inside itself.</exception>
    public bool Close()
    {
        RefuseFromWithin();
        lock (_leaving)
        {
            bool wasOpen = !_isClosed;
            _isClosed = true;
            while (_inside > 0)
                Monitor.Wait(_leaving);
            return wasOpen;
        }
    }

    /// <summary>As <see cref="Close"/>, without blocking a thread.</summary>
    public async Task<bool> CloseAsync()
    {
        RefuseFromWithin();
        bool wasOpen;
        Task empty;
        lock (_leaving)
        {
            wasOpen = !_isClosed;
            _isClosed = true;
            _empty ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_inside == 0)
                _empty.TrySetResult();
            empty = _empty.Task;
        }
        await empty.ConfigureAwait(false);
        return wasOpen;
    }

    private void RefuseFromWithin()
    {
        if (_passed?.Contains(this) == true)
            throw new InvalidOperationException($"{name} was disposed from within one of its own calls, which would wait for itself. "
                + "Dispose it after the call.");
    }

    private void Leave()
    {
        _passed!.RemoveAt(_passed.LastIndexOf(this));
        LeaveAwaiting();
    }

    /// <summary>A call that is inside.</summary>
    internal readonly ref struct Call(Gate gate) : IDisposable
    {
        /// <summary>Leaves.</summary>
        public void Dispose() => gate.Leave();
    }
}

namespace PureClip.Threading;

/// <summary>
/// A lock that is won in the order of asking, so that whoever takes it again and again lets others in between.
/// The thread that holds it may take it once more.
/// </summary>
internal sealed class Turn
{
    // A thread waits for one turn at a time, so one object a thread is enough and waiting allocates nothing.
    [ThreadStatic]
    private static Waiting? _waiting;

    private readonly Lock _lock = new();
    private Waiting? _first, _last;
    private Thread? _holder;
    private int _depth;

    /// <summary>Waits until all who asked before have had their turn.</summary>
    /// <returns>Ends the turn when it is disposed.</returns>
    public Held Take()
    {
        Thread me = Thread.CurrentThread;
        if (Volatile.Read(ref _holder) == me) // nobody else can make this true or false
        {
            _depth++;
            return new(this);
        }

        Waiting waiting = _waiting ??= new();
        lock (_lock)
        {
            if (_holder is null)
            {
                _holder = me;
                return new(this);
            }
            waiting.Begin();
            if (_last is null)
                _first = waiting;
            else
                _last.Next = waiting;
            _last = waiting;
        }
        waiting.Wait();
        return new(this);
    }

    private void End()
    {
        if (_depth > 0)
        {
            _depth--;
            return;
        }
        Waiting? next;
        lock (_lock)
        {
            next = _first;
            _first = next?.Next;
            if (_first is null)
                _last = null;
            _holder = next?.Thread; // handed over, so that nobody overtakes the one who is being woken
        }
        next?.Wake();
    }

    /// <summary>A turn that is held.</summary>
    public readonly ref struct Held(Turn turn)
    {
        /// <summary>Ends it.</summary>
        public void Dispose() => turn.End();
    }

    private sealed class Waiting
    {
        private bool _isAwake;

        public Thread Thread { get; } = Thread.CurrentThread;

        public Waiting? Next { get; set; }

        public void Begin()
        {
            _isAwake = false;
            Next = null;
        }

        public void Wait()
        {
            lock (this)
                while (!_isAwake)
                    Parking.Wait(this);
        }

        public void Wake()
        {
            lock (this)
            {
                _isAwake = true;
                Monitor.Pulse(this);
            }
        }
    }
}

/// <summary>Waiting that <see cref="Thread.Interrupt"/> does not end: what somebody else works on must not go away under them.</summary>
internal static class Parking
{
    /// <summary>As <see cref="Monitor.Wait(object, int)"/>.</summary>
    /// <param name="gate">What is locked.</param>
    /// <param name="milliseconds">The longest wait; less than zero for no limit.</param>
    /// <returns>Whether somebody pulsed.</returns>
    public static bool Wait(object gate, int milliseconds = Timeout.Infinite)
    {
        try
        {
            return Monitor.Wait(gate, milliseconds);
        }
        catch (ThreadInterruptedException)
        {
            try
            {
                return Wait(gate, milliseconds);
            }
            finally
            {
                Thread.CurrentThread.Interrupt(); // kept for the thread's next wait elsewhere
            }
        }
    }

    /// <summary>Waits for a task that does not fail.</summary>
    public static void Wait(Task task)
    {
        try
        {
            task.Wait();
        }
        catch (ThreadInterruptedException)
        {
            task.Wait();
            Thread.CurrentThread.Interrupt();
        }
    }
}

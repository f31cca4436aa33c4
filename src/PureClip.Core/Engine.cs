using System.Runtime.CompilerServices;
using PureClip.Files;
using PureClip.Model;

namespace PureClip;

/// <summary>
/// Runs a tower for any number of callers. One of them leads: it waits for the runtime's turn, computes a round of sequences of all calls
/// that
/// wait, and goes on until its own call is over; then the next that waits leads. The others hold nothing but their place.
/// Thread-safe.
/// </summary>
/// <param name="tower">What computes; not disposed with the engine.</param>
/// <param name="load">Reads the tower's numbers, at the first call.</param>
/// <param name="runtime">Threads and vectors.</param>
/// <param name="gate">
/// What calls are inside of; the engine must not be disposed before it is closed and empty. Nothing of a user's runs inside.
/// </param>
/// <param name="normalize">Whether embeddings get length 1.</param>
internal sealed class Engine(Tower tower, Action load, Runtime runtime, Gate gate, bool normalize) : IThreadPoolWorkItem, IDisposable
{
    private enum Leader
    {
        Nobody,

        /// <summary>A thread of the pool has been called and has not come yet: a caller that blocks may lead instead.</summary>
        Called,

        Leads,
    }

    private readonly Lock _loading = new();
    private readonly Lock _lock = new();
    private readonly List<Ticket> _waiting = [], _over = [];
    private readonly Round _round = new(tower, runtime.Pool, runtime.Tier, normalize);
    private Leader _leader;
    private bool _isLoaded;
    private Task? _load;
    private long _rounds;

    /// <summary>Bytes of the tower's numbers and of its passes, as far as they exist.</summary>
    public long AllocatedBytes => tower.Bytes + _round.Bytes;

    /// <summary>Rounds that were computed.</summary>
    public long Rounds => Volatile.Read(ref _rounds);

    /// <summary>Calls that wait for a round.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock)
                return _waiting.Count;
        }
    }

    /// <summary>Threads that compute.</summary>
    public int Workers => runtime.Threads;

    /// <summary>Encodes what the caller has, and blocks until it is done.</summary>
    /// <param name="job">The sequences, and where their embeddings go.</param>
    /// <param name="cancellation">Looked at between rounds.</param>
    /// <exception cref="ObjectDisposedException">The model or its runtime was disposed.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public unsafe void Run<TJob>(ref TJob job, CancellationToken cancellation)
        where TJob : struct, IJob, allows ref struct
    {
        using Gate.Call inside = gate.Enter();
        cancellation.ThrowIfCancellationRequested();
        if (job.Count == 0)
            return;
        Load();
        // The job lies on this thread's stack until the call is over, so its address stays good.
        fixed (void* address = &Unsafe.As<TJob, byte>(ref job))
        {
            BlockingTicket ticket = BlockingTicket.Of<TJob>(address, job.Count, cancellation);
            if (Join(ticket, Leader.Leads) || ticket.Wait())
                Lead(ticket);
            ticket.ThrowIfFailed();
        }
    }

    /// <summary>Encodes what the caller has, and holds no thread meanwhile.</summary>
    /// <inheritdoc cref="Run"/>
    public async Task RunAsync<TJob>(TJob job, CancellationToken cancellation)
        where TJob : struct, IJob
    {
        gate.EnterAwaiting();
        try
        {
            cancellation.ThrowIfCancellationRequested();
            if (job.Count == 0)
                return;
            if (!Volatile.Read(ref _isLoaded))
                await LoadAsync().WaitAsync(cancellation).ConfigureAwait(false);
            AwaitedTicket<TJob> ticket = new(job, cancellation);
            if (Join(ticket, Leader.Called))
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            await ticket.Over.ConfigureAwait(false);
        }
        finally
        {
            gate.LeaveAwaiting();
        }
    }

    /// <summary>Reads the tower's numbers, unless that has been done.</summary>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public void Warm()
    {
        using Gate.Call inside = gate.Enter();
        Load();
    }

    /// <summary>Leads for callers that await, until nobody waits.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        lock (_lock)
        {
            if (_leader != Leader.Called)
                return; // somebody who blocks was faster
            _leader = Leader.Leads;
        }
        do
            RunRound();
        while (!ResignIfNobodyWaits());
    }

    /// <summary>Frees the passes' memory.</summary>
    public void Dispose() => _round.Dispose();

    private void Load()
    {
        if (Volatile.Read(ref _isLoaded))
            return;
        lock (_loading)
        {
            if (_isLoaded)
                return;
            load();
            Volatile.Write(ref _isLoaded, true);
        }
    }

    /// <summary>Reading takes long and blocks: one thread of the pool does it for all who await it.</summary>
    private Task LoadAsync()
    {
        lock (_lock)
        {
            if (_load is null or { IsCompleted: true, IsCompletedSuccessfully: false })
                _load = Task.Run(Warm);
            return _load;
        }
    }

    /// <summary>Queues up.</summary>
    /// <returns>Whether nobody leads, so that the caller has to see to it.</returns>
    private bool Join(Ticket ticket, Leader otherwise)
    {
        lock (_lock)
        {
            _waiting.Add(ticket);
            if (_leader >= otherwise)
                return false;
            _leader = otherwise;
            return true;
        }
    }

    private void Lead(BlockingTicket own)
    {
        while (!own.IsOver)
            RunRound();
        HandOver();
    }

    /// <summary>Takes the runtime's turn and computes for all who wait by then.</summary>
    private void RunRound()
    {
        bool isFilled;
        using (runtime.Pool.Turn.Take())
        {
            lock (_lock)
            {
                DropWhatIsOver();
                isFilled = _round.Fill(_waiting);
            }
            if (isFilled)
            {
                Interlocked.Increment(ref _rounds);
                _round.Run();
            }
        }

        lock (_lock)
        {
            // Who has more goes to the end of the queue.
            foreach (Ticket ticket in _round.Served)
                (ticket.IsThrough ? _over : _waiting).Add(ticket);
            _round.Clear();
        }
        _over.ForEach(static ticket => ticket.Finish());
        _over.Clear();
    }

    /// <summary>Calls that were cancelled, and all of them once the model is being disposed.</summary>
    private void DropWhatIsOver()
    {
        bool isClosed = gate.IsClosed;
        foreach (Ticket ticket in _waiting)
        {
            if (ticket.Cancellation.IsCancellationRequested)
                ticket.Fail(new OperationCanceledException(ticket.Cancellation));
            else if (isClosed)
                ticket.Fail(new ObjectDisposedException(nameof(Clip)));
            if (ticket.IsThrough)
                _over.Add(ticket);
        }
        _waiting.RemoveAll(static ticket => ticket.IsThrough);
    }

    /// <summary>The first that blocks leads on. Where all await, a thread of the pool is called.</summary>
    private void HandOver()
    {
        lock (_lock)
        {
            foreach (Ticket ticket in _waiting)
                if (ticket is BlockingTicket next)
                {
                    next.Lead();
                    return;
                }
            _leader = _waiting.Count > 0 ? Leader.Called : Leader.Nobody;
            if (_leader == Leader.Nobody)
                return;
        }
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private bool ResignIfNobodyWaits()
    {
        lock (_lock)
        {
            if (_waiting.Count > 0)
                return false;
            _leader = Leader.Nobody;
            return true;
        }
    }
}

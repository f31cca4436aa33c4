using PureClip.Model;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip;

/// <summary>
/// The sequences that are computed next, of all calls that wait, and the memory they are computed in. Bits do not depend on company, so
/// calls of several callers share passes. An engine has one round and fills it again and again; whoever leads has it for themselves.
/// </summary>
internal sealed class Round(Tower tower, WorkerPool pool, SimdTier tier, bool normalize) : IDisposable
{
    private readonly List<Ticket> _served = [];
    private readonly int[] _starts = new int[PassPlan.MostPasses(pool.Workers) + 1];
    private Item[] _items = new Item[64];
    private int[] _rows = new int[64];
    private int _count, _passes;
    private Pass[] _own = [];
    private Pass? _shared;
    private long _bytes;

    /// <summary>Bytes of the passes' memory.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>What <see cref="Bytes"/> will be for a tower, whose numbers need not have been read.</summary>
    public static long BytesOf(Tower tower, Runtime runtime)
    {
        int workers = runtime.Threads;
        (int own, int shared) = PassPlan.UsualRows(tower.MostRows, workers);
        long Bytes(int rows, int workersOfOne) =>
            sizeof(float) * Pass.Count(tower, runtime.Tier, rows / tower.LeastRows, rows).Need.FloatsFor(workersOfOne);
        return workers * Bytes(own, workersOfOne: 1) + (workers > 1 ? Bytes(shared, workers) : 0);
    }

    /// <summary>The calls that have sequences in it, until <see cref="Clear"/>.</summary>
    public List<Ticket> Served => _served;

    /// <summary>Whether all workers share one pass.</summary>
    private bool IsShared => _passes == 1 && pool.Workers > 1;

    /// <summary>
    /// Fills the round with sequences of the calls that wait, in turns: one of each, until there is no room. So a small call beside a large
    /// one
    /// is in the next round. Calls that have some in it leave the list.
    /// </summary>
    /// <returns>Whether there are any.</returns>
    public bool Fill(List<Ticket> waiting)
    {
        PassPlan.Filling filling = new(pool.Workers);
        for (bool more = waiting.Count > 0; more;)
        {
            more = false;
            foreach (Ticket ticket in waiting)
            {
                if (ticket.Taken == ticket.Count)
                    continue;
                int rows = ticket.Rows(ticket.Taken);
                more = filling.Takes(rows);
                if (!more)
                    break;
                Add(ticket, rows);
            }
        }
        if (_count == 0)
            return false;

        _passes = PassPlan.Cut(_rows.AsSpan(0, _count), pool.Workers, _starts);
        while (_count > _starts[_passes]) // what the plan leaves to the next round
        {
            Ticket ticket = _items[--_count].Ticket;
            ticket.Taken--;
            ticket.InRound--;
        }
        foreach (Ticket ticket in waiting)
            if (ticket.InRound > 0)
                _served.Add(ticket);
        waiting.RemoveAll(static ticket => ticket.InRound > 0);
        return true;
    }

    /// <summary>
    /// Computes and delivers. What goes wrong with a sequence fails its call, what goes wrong with a pass the calls in it.
    /// </summary>
    public void Run()
    {
        try
        {
            ObjectDisposedException.ThrowIf(pool.IsDisposed, typeof(Runtime));
            Allocate(PassPlan.MostRows(_rows.AsSpan(0, _count), _starts.AsSpan(0, _passes + 1)));
            if (IsShared)
            {
                RunPass(0, _shared!);
            }
            else
            {
                Passes body = new() { Round = this };
                pool.Run(_passes, ref body);
            }
        }
        catch (Exception e)
        {
            _served.ForEach(ticket => ticket.Fail(e));
        }
    }

    /// <summary>Forgets the sequences.</summary>
    public void Clear()
    {
        _served.ForEach(static ticket => ticket.InRound = 0);
        _served.Clear();
        _items.AsSpan(0, _count).Clear();
        _count = 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _shared?.Dispose();
        Array.ForEach(_own, pass => pass.Dispose());
        (_shared, _own) = (null, []);
        Volatile.Write(ref _bytes, 0);
    }

    private void Add(Ticket ticket, int rows)
    {
        if (_count == _items.Length)
        {
            Array.Resize(ref _items, 2 * _count);
            Array.Resize(ref _rows, 2 * _count);
        }
        _items[_count] = new() { Ticket = ticket, Index = ticket.Taken++ };
        _rows[_count++] = rows;
        ticket.InRound++;
    }

    /// <summary>
    /// Makes the memory of all passes at once, at the first round: it does not depend on how many calls wait. A page that no round needs is
    /// never touched, so it costs an address and no memory.
    /// </summary>
    private void Allocate(int rows)
    {
        (int ownRows, int sharedRows) = IsShared ? (0, rows) : (rows, 0);
        bool hasShared = pool.Workers == 1 || _shared?.MaxRows >= sharedRows, hasOwn = _own.Length > 0 && _own[0].MaxRows >= ownRows;
        if (hasShared && hasOwn)
            return;
        (int own, int shared) = PassPlan.UsualRows(tower.MostRows, pool.Workers);
        if (!hasShared)
        {
            _shared?.Dispose();
            _shared = null; // for the case that there is no memory for another one
            _shared = Create(Math.Max(shared, sharedRows), pool);
        }
        if (!hasOwn)
        {
            Array.ForEach(_own, pass => pass.Dispose());
            _own = [];
            Pass[] passes = new Pass[pool.Workers];
            for (int i = 0; i < passes.Length; i++)
                passes[i] = Create(Math.Max(own, ownRows), WorkerPool.Serial);
            _own = passes;
        }
        Volatile.Write(ref _bytes, (_shared?.Bytes ?? 0) + _own.Sum(pass => pass.Bytes));
    }

    private Pass Create(int rows, WorkerPool workers) => tower.CreatePass(tier, workers, rows / tower.LeastRows, rows);

    private void RunPass(int index, Pass pass)
    {
        Span<Item> items = _items.AsSpan(_starts[index].._starts[index + 1]);
        try
        {
            pass.Begin();
            foreach (ref Item item in items)
                AddTo(pass, ref item);
            if (pass.Sequences == 0)
                return;
            tower.Forward(pass);
            foreach (ref Item item in items)
                Deliver(pass, in item);
        }
        catch (Exception e)
        {
            foreach (ref Item item in items)
                item.Ticket.Fail(e);
        }
    }

    private static void AddTo(Pass pass, ref Item item)
    {
        int place = pass.Sequences;
        try
        {
            item.Ticket.Add(item.Index, pass);
        }
        catch (Exception e)
        {
            item.Ticket.Fail(e);
        }
        item.Place = pass.Sequences > place ? place : -1;
    }

    private void Deliver(Pass pass, in Item item)
    {
        if (item.Place < 0 || item.Ticket.Failure is not null)
            return;
        if (normalize)
            pass.Compute.Normalize(pass.Embeddings, item.Place);
        try
        {
            item.Ticket.Deliver(item.Index, pass.Embeddings.RowSpan(item.Place));
        }
        catch (Exception e)
        {
            item.Ticket.Fail(e);
        }
    }

    private struct Item
    {
        public Ticket Ticket;
        public int Index;

        /// <summary>Its sequence in the pass; -1 where it could not be added.</summary>
        public int Place;
    }

    private struct Passes : IParallelBody
    {
        public Round Round;

        public readonly void Invoke(int index, int worker) => Round.RunPass(index, Round._own[worker]);
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace PureClip.Memory;

/// <summary>
/// Asks for memory before it is needed. A hint: it never faults, and does nothing where the processor has no such instruction.
/// </summary>
internal static unsafe class Prefetch
{
    /// <summary>Bytes of a cache line.</summary>
    public const int LineBytes = AlignedBuffer.Alignment;

    /// <summary>Brings the cache line of an address to the first level.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ToFirstLevel(void* address)
    {
        if (Sse.IsSupported)
            Sse.Prefetch0(address);
    }

    /// <summary>Brings the cache line of an address to the second level: the first is full of what is being worked on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ToSecondLevel(void* address)
    {
        if (Sse.IsSupported)
            Sse.Prefetch1(address);
    }

    /// <summary>Brings consecutive cache lines to the second level.</summary>
    /// <param name="first">Start of the first line.</param>
    /// <param name="lines">How many lines.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ToSecondLevel(byte* first, int lines)
    {
        for (int i = 0; i < lines; i++)
            ToSecondLevel(first + i * LineBytes);
    }
}

/// <summary>
/// Cache lines that a loop asks for while it computes, one every so many steps: asked for in one go, they would fill the processor's queue
/// of misses and stall what comes after them.
/// </summary>
internal unsafe struct LinesAhead
{
    private byte* _next;

    private LinesAhead(byte* first, int every)
    {
        _next = first;
        Every = every;
    }

    /// <summary>Steps from one <see cref="Ask"/> to the next, at least 1.</summary>
    public int Every { get; }

    /// <summary>Spreads lines over a number of steps; what is more than one a step is asked for at once.</summary>
    /// <param name="first">Start of the first line.</param>
    /// <param name="lines">How many lines, one behind the other.</param>
    /// <param name="steps">Steps of the loop, at least 1.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LinesAhead Of(byte* first, int lines, int steps)
    {
        if (lines <= steps)
            return new(first, steps / Math.Max(1, lines));
        Prefetch.ToSecondLevel(first, lines - steps);
        return new(first + (lines - steps) * Prefetch.LineBytes, 1);
    }

    /// <summary>Nothing but a line that is at hand already.</summary>
    public static LinesAhead None(void* atHand) => new((byte*)atHand, int.MaxValue);

    /// <summary>Asks for the next line.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Ask()
    {
        Prefetch.ToSecondLevel(_next);
        _next += Prefetch.LineBytes;
    }
}

using System.Runtime.CompilerServices;

namespace PureClip.Memory;

/// <summary>
/// Cache lines that a loop asks for while it computes, one every so many steps: asked for in one go, they would fill the processor's queue of
/// misses and stall what comes after them.
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

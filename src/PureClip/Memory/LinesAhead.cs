using System.Runtime.CompilerServices;

namespace PureClip.Memory;

/// <summary>
/// Cache lines that a loop asks for while it computes, one every so often: asked for in one go, they would fill the processor's queue of
/// misses and stall what comes after them.
/// </summary>
internal unsafe struct LinesAhead
{
    private readonly int _step;
    private byte* _next;

    private LinesAhead(byte* first, int step)
    {
        _next = first;
        _step = step;
    }

    /// <summary>Spreads lines over a number of calls of <see cref="Ask"/>; what is more than one a call is asked for at once.</summary>
    /// <param name="first">Start of the first line.</param>
    /// <param name="lines">How many lines, one behind the other.</param>
    /// <param name="asks">How often <see cref="Ask"/> will be called, at least once.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LinesAhead Of(byte* first, int lines, int asks)
    {
        int atOnce = Math.Max(0, lines - asks);
        Prefetch.ToSecondLevel(first, atOnce);
        return new(first + atOnce * Prefetch.LineBytes, (lines - atOnce) * Prefetch.LineBytes / asks);
    }

    /// <summary>Nothing but memory that is at hand already.</summary>
    public static LinesAhead None(void* atHand) => new((byte*)atHand, 0);

    /// <summary>Asks for the next line, or again for the same one where there are fewer lines than calls.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Ask()
    {
        Prefetch.ToSecondLevel(_next);
        _next += _step;
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace PureClip.Memory;

/// <summary>Asks for memory before it is needed. A hint: it never faults, and does nothing where the processor has no such instruction.</summary>
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

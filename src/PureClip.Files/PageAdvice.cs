using System.Runtime.InteropServices;

namespace PureClip.Files;

/// <summary>Tells Linux how memory is used. Advice only: nothing depends on it, and other systems are told nothing.</summary>
internal static unsafe partial class PageAdvice
{
    private const int DontNeed = 4, HugePage = 14; // MADV_DONTNEED, MADV_HUGEPAGE in linux/mman.h

    // The size of a huge page on x86 and most ARM systems; asking for less memory would gain nothing.
    private const long HugePageBytes = 2 << 20;

    /// <summary>
    /// Asks for pages of 2 MB: one entry of the address cache then covers what 512 entries covered. Weights are streamed through once a pass, so
    /// nearly every page of 4 kB would be looked up anew.
    /// </summary>
    public static void UseHugePages(void* start, long bytes)
    {
        if (bytes >= HugePageBytes)
            Advise(start, bytes, HugePage);
    }

    /// <summary>Lets go of the pages of a read-only mapping: they are read from the file again if they are touched again.</summary>
    public static void Release(void* start, long bytes) => Advise(start, bytes, DontNeed);

    private static void Advise(void* start, long bytes, int advice)
    {
        if (!OperatingSystem.IsLinux())
            return;
        long page = Environment.SystemPageSize, offset = (page - (long)start % page) % page, whole = (bytes - offset) / page * page;
        if (whole > 0)
            _ = madvise((byte*)start + offset, (nuint)whole, advice);
    }

    [LibraryImport("libc")]
    private static partial int madvise(void* start, nuint bytes, int advice);
}

using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using PureClip.Files;

namespace PureClip.Memory;

/// <summary>Owns native floats that start on a 64-byte boundary, so that no vector load of a row start splits a cache line. Zeroed at first.</summary>
internal sealed unsafe class AlignedBuffer : SafeHandle
{
    /// <summary>Bytes of a cache line and of the widest vector.</summary>
    public const int Alignment = 64;

    private readonly float* _first;

    /// <param name="length">Floats; 0 is allowed.</param>
    /// <exception cref="OutOfMemoryException">The system does not have that much memory.</exception>
    public AlignedBuffer(long length)
        : base(0, ownsHandle: true)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Length = length;
        nuint bytes = checked((nuint)length * sizeof(float));
        // Large blocks come from the system as zeros that take no memory before they are touched: whoever fills them pays, on as many threads.
        SetHandle((nint)NativeMemory.AllocZeroed(checked(bytes + Alignment)));
        _first = (float*)((handle + Alignment - 1) / Alignment * Alignment);
        PageAdvice.UseHugePages(_first, (long)bytes);
        if (bytes > 0)
            GC.AddMemoryPressure((long)bytes);
    }

    /// <summary>Floats.</summary>
    public long Length { get; }

    /// <summary>First float. Valid until disposal.</summary>
    public float* Pointer
    {
        get
        {
            if (IsClosed)
                ThrowClosed();
            return _first;
        }
    }

    /// <summary>All floats, where they are no more than a span can hold. Valid until disposal.</summary>
    public Span<float> Span => new(Pointer, checked((int)Length));

    public override bool IsInvalid => handle == 0;

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        NativeMemory.Free((void*)handle);
        if (Length > 0)
            GC.RemoveMemoryPressure(Length * sizeof(float));
        return true;
    }

    [DoesNotReturn]
    private static void ThrowClosed() => throw new ObjectDisposedException(nameof(AlignedBuffer));
}

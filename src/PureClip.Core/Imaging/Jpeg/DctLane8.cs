using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PureClip.Imaging.Jpeg;

/// <summary>Eight numbers: a row of a block. Two 128-bit halves where the CPU has no 256-bit integers.</summary>
internal readonly struct DctLane8(Vector256<int> value) : IDctLanes<DctLane8>
{
    public readonly Vector256<int> Value = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DctLane8 operator +(DctLane8 left, DctLane8 right) => new(left.Value + right.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DctLane8 operator -(DctLane8 left, DctLane8 right) => new(left.Value - right.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DctLane8 operator *(DctLane8 left, int factor) => new(left.Value * factor);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DctLane8 operator <<(DctLane8 value, int places) => new(value.Value << places);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DctLane8 Wrap16(DctLane8 value) => new(value.Value << 16 >> 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DctLane8 Descale(DctLane8 value, int places) => new((value.Value + Vector256.Create(1 << (places - 1))) >> places);
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PureClip.Imaging.Jpeg;

/// <summary>The arithmetic of the inverse DCT on one or more 32-bit numbers at once, so that its formula is written once.</summary>
internal interface IDctLanes<TSelf> where TSelf : struct, IDctLanes<TSelf>
{
    static abstract TSelf operator +(TSelf left, TSelf right);

    static abstract TSelf operator -(TSelf left, TSelf right);

    static abstract TSelf operator *(TSelf left, int factor);

    static abstract TSelf operator <<(TSelf value, int places);

    /// <summary>Keeps the lower 16 bits as a signed number.</summary>
    static abstract TSelf Wrap16(TSelf value);

    /// <summary>Divides by a power of two, rounding halves up.</summary>
    static abstract TSelf Descale(TSelf value, int places);
}

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

/// <summary>Four numbers: a row of a block at half size.</summary>
internal readonly struct DctLane4(Vector128<int> value) : IDctLanes<DctLane4>
{
    public readonly Vector128<int> Value = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DctLane4 operator +(DctLane4 left, DctLane4 right) => new(left.Value + right.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DctLane4 operator -(DctLane4 left, DctLane4 right) => new(left.Value - right.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DctLane4 operator *(DctLane4 left, int factor) => new(left.Value * factor);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DctLane4 operator <<(DctLane4 value, int places) => new(value.Value << places);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DctLane4 Wrap16(DctLane4 value) => new(value.Value << 16 >> 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DctLane4 Descale(DctLane4 value, int places) => new((value.Value + Vector128.Create(1 << (places - 1))) >> places);
}

/// <summary>One number: the reference that the vectors are tested against, and the fallback.</summary>
internal readonly struct DctLane1(int value) : IDctLanes<DctLane1>
{
    public readonly int Value = value;

    public static DctLane1 operator +(DctLane1 left, DctLane1 right) => new(left.Value + right.Value);

    public static DctLane1 operator -(DctLane1 left, DctLane1 right) => new(left.Value - right.Value);

    public static DctLane1 operator *(DctLane1 left, int factor) => new(left.Value * factor);

    public static DctLane1 operator <<(DctLane1 value, int places) => new(value.Value << places);

    public static DctLane1 Wrap16(DctLane1 value) => new((short)value.Value);

    public static DctLane1 Descale(DctLane1 value, int places) => new((value.Value + (1 << (places - 1))) >> places);
}

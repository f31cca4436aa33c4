using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PureClip.Simd;

/// <summary>8 lanes of four products of an unsigned and a signed byte: AVX-VNNI's vpdpbusd.</summary>
internal readonly unsafe struct U8QuadX8(Vector256<int> value) : IIntegerLanes<U8QuadX8>
{
    private readonly Vector256<int> _value = value;

    public static int Count => 8;

    public static int Registers => 16;

    public static int Values => 4;

    public static int Largest => 127;

    public static int Offset => 128;

    public static U8QuadX8 Zero => new(Vector256<int>.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static U8QuadX8 Broadcast(float value) => new(Vector256.Create(value).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static U8QuadX8 Load(float* source) => new(Vector256.Load(source).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(U8QuadX8 value, float* destination) => value._value.AsSingle().Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void MultiplyAdd(ref U8QuadX8 accumulator, U8QuadX8 a, U8QuadX8 b) => accumulator = AvxVnni.IsSupported
        ? new(AvxVnni.MultiplyWideningAndAdd(accumulator._value, a._value.AsByte(), b._value.AsSByte()))
        : new(accumulator._value + ByteProducts.Sum(a._value, b._value));
}

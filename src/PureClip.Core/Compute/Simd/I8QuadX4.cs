using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace PureClip.Simd;

/// <summary>4 lanes of four products of signed bytes: NEON's dot product extension, sdot.</summary>
internal readonly unsafe struct I8QuadX4(Vector128<int> value) : IIntegerLanes<I8QuadX4>
{
    private readonly Vector128<int> _value = value;

    public static int Count => 4;

    public static int Registers => 32;

    public static int Values => 4;

    public static int Largest => 127;

    public static int Offset => 0;

    public static I8QuadX4 Zero => new(Vector128<int>.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static I8QuadX4 Broadcast(float value) => new(Vector128.Create(value).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static I8QuadX4 Load(float* source) => new(Vector128.Load(source).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(I8QuadX4 value, float* destination) => value._value.AsSingle().Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void MultiplyAdd(ref I8QuadX4 accumulator, I8QuadX4 a, I8QuadX4 b) => accumulator = Dp.IsSupported
        ? new(Dp.DotProduct(accumulator._value, a._value.AsSByte(), b._value.AsSByte()))
        : new(
            accumulator._value + Products(a._value, b._value, 0) + Products(a._value, b._value, 8)
            + Products(a._value, b._value, 16) + Products(a._value, b._value, 24));

    /// <summary>The products of one byte of every lane, where the instruction is missing.</summary>
    private static Vector128<int> Products(Vector128<int> a, Vector128<int> b, int bit) =>
        (a << (24 - bit) >> 24) * (b << (24 - bit) >> 24);
}

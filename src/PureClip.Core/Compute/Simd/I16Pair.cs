using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PureClip.Simd;

/// <summary>4 lanes of two 16-bit products: SSE2, or NEON without the dot product extension.</summary>
internal readonly unsafe struct I16PairX4(Vector128<int> value) : IIntegerLanes<I16PairX4>
{
    private readonly Vector128<int> _value = value;

    public static int Count => 4;

    public static int Registers => 16;

    public static int Values => 2;

    public static int Largest => 127;

    public static int Offset => 0;

    public static I16PairX4 Zero => new(Vector128<int>.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static I16PairX4 Broadcast(float value) => new(Vector128.Create(value).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static I16PairX4 Load(float* source) => new(Vector128.Load(source).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(I16PairX4 value, float* destination) => value._value.AsSingle().Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void MultiplyAdd(ref I16PairX4 accumulator, I16PairX4 a, I16PairX4 b) =>
        accumulator = new(accumulator._value + PairProducts.Sum(a._value.AsInt16(), b._value.AsInt16()));
}

/// <summary>One lane of two 16-bit products: the fallback, and the reference that the wider types are tested against.</summary>
internal readonly unsafe struct I16PairX1(int value) : IIntegerLanes<I16PairX1>
{
    private readonly int _value = value;

    public static int Count => 1;

    public static int Registers => 16;

    public static int Values => 2;

    public static int Largest => 127;

    public static int Offset => 0;

    public static I16PairX1 Zero => default;

    public static I16PairX1 Broadcast(float value) => new(BitConverter.SingleToInt32Bits(value));

    public static I16PairX1 Load(float* source) => new(*(int*)source);

    public static void Store(I16PairX1 value, float* destination) => *(int*)destination = value._value;

    public static void MultiplyAdd(ref I16PairX1 accumulator, I16PairX1 a, I16PairX1 b) =>
        accumulator = new(accumulator._value + (short)a._value * (short)b._value + (a._value >> 16) * (b._value >> 16));
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PureClip.Simd;

/// <summary>
/// 8 lanes of two 16-bit products: AVX2's vpmaddwd. Bytes are widened to 16 bits first, because vpmaddubsw saturates its sums at 16 bits.
/// </summary>
internal readonly unsafe struct I16PairX8(Vector256<int> value) : IIntegerLanes<I16PairX8>
{
    private readonly Vector256<int> _value = value;

    public static int Count => 8;

    public static int Registers => 16;

    public static int Values => 2;

    public static int Offset => 0;

    public static I16PairX8 Zero => new(Vector256<int>.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static I16PairX8 Broadcast(float value) => new(Vector256.Create(value).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static I16PairX8 Load(float* source) => new(Vector256.Load(source).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(I16PairX8 value, float* destination) => value._value.AsSingle().Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void MultiplyAdd(ref I16PairX8 accumulator, I16PairX8 a, I16PairX8 b) =>
        accumulator = new(accumulator._value + PairProducts.Sum(a._value.AsInt16(), b._value.AsInt16()));
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PureClip.Simd;

/// <summary>
/// 8 lanes of four products of an unsigned and a signed byte: AVX2's vpmaddubsw, which adds two products in 16 bits and saturates beyond.
/// With 7 bits on the left they stay below: 2 · 127 · 127 = 32,258.
/// </summary>
internal readonly unsafe struct U7QuadX8(Vector256<int> value) : IIntegerLanes<U7QuadX8>
{
    private readonly Vector256<int> _value = value;

    public static int Count => 8;

    // 16, less one of ones and one for the 16-bit sums on their way: tiles of 5 rows, 192 GOP/s on Zen 3, where 6 would spill and reach
    // 167.
    public static int Registers => 14;

    public static int Values => 4;

    public static int Largest => 63;

    public static int Offset => 64;

    public static U7QuadX8 Zero => new(Vector256<int>.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static U7QuadX8 Broadcast(float value) => new(Vector256.Create(value).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static U7QuadX8 Load(float* source) => new(Vector256.Load(source).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(U7QuadX8 value, float* destination) => value._value.AsSingle().Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void MultiplyAdd(ref U7QuadX8 accumulator, U7QuadX8 a, U7QuadX8 b) => accumulator = Avx2.IsSupported
        ? new(accumulator._value + Avx2.MultiplyAddAdjacent(
            Avx2.MultiplyAddAdjacent(a._value.AsByte(), b._value.AsSByte()), Vector256<short>.One))
        : new(accumulator._value + ByteProducts.Sum(a._value, b._value));
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PureClip.Simd;

/// <summary>8 floats in a 256-bit register: AVX2 with FMA.</summary>
internal readonly unsafe struct F32x8(Vector256<float> value) : ISimd<F32x8>
{
    private readonly Vector256<float> _value = value;

    public static int Count => 8;

    public static int Registers => 16;

    public static F32x8 Zero => new(Vector256<float>.Zero);

    public static F32x8 operator +(F32x8 a, F32x8 b) => new(a._value + b._value);

    public static F32x8 operator -(F32x8 a, F32x8 b) => new(a._value - b._value);

    public static F32x8 operator *(F32x8 a, F32x8 b) => new(a._value * b._value);

    public static F32x8 operator /(F32x8 a, F32x8 b) => new(a._value / b._value);

    public static F32x8 operator -(F32x8 a) => new(-a._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 Broadcast(float value) => new(Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 Load(float* source) => new(Vector256.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 LoadTwice(float* source) => new(Vector256.Shuffle(
        Vector128.Load(source).ToVector256Unsafe(), Vector256.Create(0, 0, 1, 1, 2, 2, 3, 3)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadBFloat16(ushort* source, out F32x8 even, out F32x8 odd)
    {
        Vector256<uint> pairs = Vector256.Load((uint*)source);
        even = new((pairs << 16).AsSingle());
        odd = new((pairs & Vector256.Create(0xFFFF_0000u)).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 LoadDifference(float* minuend, float* subtrahend) =>
        new(Vector256.ConvertToSingle(Vector256.Load((int*)minuend) - Vector256.Load((int*)subtrahend)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(F32x8 value, float* destination) => value._value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void MultiplyAdd(ref F32x8 accumulator, F32x8 a, F32x8 b) =>
        accumulator = new(Vector256.MultiplyAddEstimate(a._value, b._value, accumulator._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 Max(F32x8 a, F32x8 b) => new(Vector256.MaxNative(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 Min(F32x8 a, F32x8 b) => new(Vector256.MinNative(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 Abs(F32x8 value) => new(Vector256.Abs(value._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 Round(F32x8 value) => new(Vector256.Round(value._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 ScaleByPowerOfTwo(F32x8 value, F32x8 exponent) =>
        new((value._value.AsInt32() + (Vector256.ConvertToInt32Native(exponent._value) << 23)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(F32x8 value) => F32x4.Sum(new(value._value.GetLower() + value._value.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MaxAcross(F32x8 value) =>
        F32x4.MaxAcross(new(Vector128.MaxNative(value._value.GetLower(), value._value.GetUpper())));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadHalves(ushort* source, out F32x8 even, out F32x8 odd)
    {
        Vector256<int> pairs = Vector256.Load(source).AsInt32(), mask = Vector256.Create(HalfBits.MaskInSingle);
        even = new((((pairs << 16) >> HalfBits.Shift) & mask).AsSingle());
        odd = new(((pairs >> HalfBits.Shift) & mask).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 MultiplyBytes(sbyte* bytes, short* numbers)
    {
        Vector256<short> pairs = Vector256.Load(bytes).AsInt16();
        Vector256<int> even = PairProducts.Sum((pairs << 8) >> 8, Vector256.Load(numbers));
        Vector256<int> odd = PairProducts.Sum(pairs >> 8, Vector256.Load(numbers + Vector256<short>.Count));
        return new(Vector256.ConvertToSingle(even + odd));
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PureClip.Simd;

/// <summary>16 floats in a 512-bit register: AVX-512.</summary>
internal readonly unsafe struct F32x16(Vector512<float> value) : ISimd<F32x16>
{
    private readonly Vector512<float> _value = value;

    public static int Count => 16;

    public static int Registers => 32;

    public static F32x16 Zero => new(Vector512<float>.Zero);

    public static F32x16 operator +(F32x16 a, F32x16 b) => new(a._value + b._value);

    public static F32x16 operator -(F32x16 a, F32x16 b) => new(a._value - b._value);

    public static F32x16 operator *(F32x16 a, F32x16 b) => new(a._value * b._value);

    public static F32x16 operator /(F32x16 a, F32x16 b) => new(a._value / b._value);

    public static F32x16 operator -(F32x16 a) => new(-a._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 Broadcast(float value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 Load(float* source) => new(Vector512.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 LoadTwice(float* source) => new(Vector512.Shuffle(
        Vector256.Load(source).ToVector512Unsafe(), Vector512.Create(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadBFloat16(ushort* source, out F32x16 even, out F32x16 odd)
    {
        Vector512<uint> pairs = Vector512.Load((uint*)source);
        even = new((pairs << 16).AsSingle());
        odd = new((pairs & Vector512.Create(0xFFFF_0000u)).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 LoadDifference(float* minuend, float* subtrahend) =>
        new(Vector512.ConvertToSingle(Vector512.Load((int*)minuend) - Vector512.Load((int*)subtrahend)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(F32x16 value, float* destination) => value._value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void MultiplyAdd(ref F32x16 accumulator, F32x16 a, F32x16 b) =>
        accumulator = new(Vector512.MultiplyAddEstimate(a._value, b._value, accumulator._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 Max(F32x16 a, F32x16 b) => new(Vector512.MaxNative(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 Min(F32x16 a, F32x16 b) => new(Vector512.MinNative(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 Abs(F32x16 value) => new(Vector512.Abs(value._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 Round(F32x16 value) => new(Vector512.Round(value._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 ScaleByPowerOfTwo(F32x16 value, F32x16 exponent) =>
        new((value._value.AsInt32() + (Vector512.ConvertToInt32Native(exponent._value) << 23)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(F32x16 value) => F32x8.Sum(new(value._value.GetLower() + value._value.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MaxAcross(F32x16 value) =>
        F32x8.MaxAcross(new(Vector256.MaxNative(value._value.GetLower(), value._value.GetUpper())));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadHalves(ushort* source, out F32x16 even, out F32x16 odd)
    {
        Vector512<int> pairs = Vector512.Load(source).AsInt32(), mask = Vector512.Create(HalfBits.MaskInSingle);
        even = new((((pairs << 16) >> HalfBits.Shift) & mask).AsSingle());
        odd = new(((pairs >> HalfBits.Shift) & mask).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 MultiplyBytes(sbyte* bytes, short* numbers)
    {
        Vector512<short> pairs = Vector512.Load(bytes).AsInt16();
        Vector512<int> even = PairProducts.Sum((pairs << 8) >> 8, Vector512.Load(numbers));
        Vector512<int> odd = PairProducts.Sum(pairs >> 8, Vector512.Load(numbers + Vector512<short>.Count));
        return new(Vector512.ConvertToSingle(even + odd));
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace PureClip.Simd;

/// <summary>4 floats in a 128-bit register: NEON, or SSE on old x86.</summary>
internal readonly unsafe struct F32x4(Vector128<float> value) : ISimd<F32x4>
{
    private readonly Vector128<float> _value = value;

    public static int Count => 4;

    public static int Registers => AdvSimd.IsSupported ? 32 : 16;

    public static F32x4 Zero => new(Vector128<float>.Zero);

    public static F32x4 operator +(F32x4 a, F32x4 b) => new(a._value + b._value);

    public static F32x4 operator -(F32x4 a, F32x4 b) => new(a._value - b._value);

    public static F32x4 operator *(F32x4 a, F32x4 b) => new(a._value * b._value);

    public static F32x4 operator /(F32x4 a, F32x4 b) => new(a._value / b._value);

    public static F32x4 operator -(F32x4 a) => new(-a._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 Broadcast(float value) => new(Vector128.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 Load(float* source) => new(Vector128.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadBFloat16(ushort* source, out F32x4 even, out F32x4 odd)
    {
        Vector128<uint> pairs = Vector128.Load((uint*)source);
        even = new((pairs << 16).AsSingle());
        odd = new((pairs & Vector128.Create(0xFFFF_0000u)).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 LoadDifference(float* minuend, float* subtrahend) =>
        new(Vector128.ConvertToSingle(Vector128.Load((int*)minuend) - Vector128.Load((int*)subtrahend)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(F32x4 value, float* destination) => value._value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void MultiplyAdd(ref F32x4 accumulator, F32x4 a, F32x4 b) =>
        accumulator = new(Vector128.MultiplyAddEstimate(a._value, b._value, accumulator._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 Max(F32x4 a, F32x4 b) => new(Vector128.MaxNative(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 Min(F32x4 a, F32x4 b) => new(Vector128.MinNative(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 Abs(F32x4 value) => new(Vector128.Abs(value._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 Round(F32x4 value) => new(Vector128.Round(value._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 ScaleByPowerOfTwo(F32x4 value, F32x4 exponent) =>
        new((value._value.AsInt32() + (Vector128.ConvertToInt32Native(exponent._value) << 23)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(F32x4 value) => (value._value[0] + value._value[2]) + (value._value[1] + value._value[3]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MaxAcross(F32x4 value) =>
        MathF.Max(MathF.Max(value._value[0], value._value[2]), MathF.Max(value._value[1], value._value[3]));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadHalves(ushort* source, out F32x4 even, out F32x4 odd)
    {
        Vector128<int> pairs = Vector128.Load(source).AsInt32(), mask = Vector128.Create(HalfBits.MaskInSingle);
        even = new((((pairs << 16) >> HalfBits.Shift) & mask).AsSingle());
        odd = new(((pairs >> HalfBits.Shift) & mask).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 MultiplyBytes(sbyte* bytes, short* numbers)
    {
        Vector128<short> pairs = Vector128.Load(bytes).AsInt16();
        Vector128<int> even = PairProducts.Sum((pairs << 8) >> 8, Vector128.Load(numbers));
        Vector128<int> odd = PairProducts.Sum(pairs >> 8, Vector128.Load(numbers + Vector128<short>.Count));
        return new(Vector128.ConvertToSingle(even + odd));
    }
}

using System.Runtime.CompilerServices;

namespace PureClip.Simd;

/// <summary>
/// One float: the fallback where the runtime has no vector hardware, and the reference that the wider types are tested against.
/// </summary>
internal readonly unsafe struct F32x1(float value) : ISimd<F32x1>
{
    private readonly float _value = value;

    public static int Count => 1;

    public static int Registers => 16;

    public static F32x1 Zero => default;

    public static F32x1 operator +(F32x1 a, F32x1 b) => new(a._value + b._value);

    public static F32x1 operator -(F32x1 a, F32x1 b) => new(a._value - b._value);

    public static F32x1 operator *(F32x1 a, F32x1 b) => new(a._value * b._value);

    public static F32x1 operator /(F32x1 a, F32x1 b) => new(a._value / b._value);

    public static F32x1 operator -(F32x1 a) => new(-a._value);

    public static F32x1 Broadcast(float value) => new(value);

    public static F32x1 Load(float* source) => new(*source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 LoadTwice(float* source) => Load(source);

    public static void LoadBFloat16(ushort* source, out F32x1 even, out F32x1 odd)
    {
        even = new(BitConverter.Int32BitsToSingle(source[0] << 16));
        odd = new(BitConverter.Int32BitsToSingle(source[1] << 16));
    }

    public static F32x1 LoadDifference(float* minuend, float* subtrahend) => new(*(int*)minuend - *(int*)subtrahend);

    public static void Store(F32x1 value, float* destination) => *destination = value._value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void MultiplyAdd(ref F32x1 accumulator, F32x1 a, F32x1 b) =>
        accumulator = new(float.MultiplyAddEstimate(a._value, b._value, accumulator._value));

    public static F32x1 Max(F32x1 a, F32x1 b) => new(float.MaxNative(a._value, b._value));

    public static F32x1 Min(F32x1 a, F32x1 b) => new(float.MinNative(a._value, b._value));

    public static F32x1 Abs(F32x1 value) => new(MathF.Abs(value._value));

    public static F32x1 Round(F32x1 value) => new(MathF.Round(value._value));

    public static F32x1 ScaleByPowerOfTwo(F32x1 value, F32x1 exponent) =>
        new(BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(value._value) + ((int)exponent._value << 23)));

    public static float Sum(F32x1 value) => value._value;

    public static float MaxAcross(F32x1 value) => value._value;

    public static void LoadHalves(ushort* source, out F32x1 even, out F32x1 odd) =>
        (even, odd) = (new(HalfBits.ToSmallSingle(source[0])), new(HalfBits.ToSmallSingle(source[1])));

    public static F32x1 MultiplyBytes(sbyte* bytes, short* numbers) =>
        new(bytes[0] * numbers[0] + bytes[2] * numbers[1] + bytes[1] * numbers[2] + bytes[3] * numbers[3]);
}

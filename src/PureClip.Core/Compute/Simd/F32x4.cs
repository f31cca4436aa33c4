using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.Wasm;

namespace PureClip.Simd;

/// <summary>4 floats in a 128-bit register: NEON, SSE on old x86, or WebAssembly's.</summary>
/// <remarks>
/// The browser's runtime knows <see cref="Vector128"/>'s arithmetic operators, shifts and comparisons; all else of it runs lane by lane in
/// software there, though the class calls itself accelerated. So whatever else is needed names <see cref="PackedSimd"/> where there is one.
/// </remarks>
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

    public static F32x4 operator -(F32x4 a) => new(PackedSimd.IsSupported ? PackedSimd.Negate(a._value) : -a._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 Broadcast(float value) => new(Vector128.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 Load(float* source) =>
        new(PackedSimd.IsSupported ? PackedSimd.LoadVector128(source) : Vector128.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 LoadTwice(float* source) => new(PackedSimd.IsSupported
        ? Vector128.Create(source[0], source[0], source[1], source[1])
        : Vector128.Shuffle(Vector64.Load(source).ToVector128Unsafe(), Vector128.Create(0, 0, 1, 1)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadBFloat16(ushort* source, out F32x4 even, out F32x4 odd)
    {
        Vector128<uint> pairs = Load((int*)source).AsUInt32();
        even = new((pairs << 16).AsSingle());
        odd = new((pairs & Vector128.Create(0xFFFF_0000u)).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 LoadDifference(float* minuend, float* subtrahend) =>
        new(ToSingle(Load((int*)minuend) - Load((int*)subtrahend)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(F32x4 value, float* destination)
    {
        if (PackedSimd.IsSupported)
            PackedSimd.Store(destination, value._value);
        else
            value._value.Store(destination);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void MultiplyAdd(ref F32x4 accumulator, F32x4 a, F32x4 b) =>
        accumulator = new(PackedSimd.IsSupported
            ? a._value * b._value + accumulator._value // WebAssembly has no fused one
            : Vector128.MultiplyAddEstimate(a._value, b._value, accumulator._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 Max(F32x4 a, F32x4 b) =>
        new(PackedSimd.IsSupported ? PackedSimd.PseudoMax(a._value, b._value) : Vector128.MaxNative(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 Min(F32x4 a, F32x4 b) =>
        new(PackedSimd.IsSupported ? PackedSimd.PseudoMin(a._value, b._value) : Vector128.MinNative(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 Abs(F32x4 value) =>
        new(PackedSimd.IsSupported ? PackedSimd.Abs(value._value) : Vector128.Abs(value._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 Round(F32x4 value) =>
        new(PackedSimd.IsSupported ? PackedSimd.RoundToNearest(value._value) : Vector128.Round(value._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 ScaleByPowerOfTwo(F32x4 value, F32x4 exponent) =>
        new((value._value.AsInt32() + (ToInt32(exponent._value) << 23)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(F32x4 value) => (Lane(value, 0) + Lane(value, 2)) + (Lane(value, 1) + Lane(value, 3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MaxAcross(F32x4 value) =>
        MathF.Max(MathF.Max(Lane(value, 0), Lane(value, 2)), MathF.Max(Lane(value, 1), Lane(value, 3)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadHalves(ushort* source, out F32x4 even, out F32x4 odd)
    {
        Vector128<int> pairs = Load((int*)source), mask = Vector128.Create(HalfBits.MaskInSingle);
        even = new((((pairs << 16) >> HalfBits.Shift) & mask).AsSingle());
        odd = new(((pairs >> HalfBits.Shift) & mask).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 MultiplyBytes(sbyte* bytes, short* numbers)
    {
        Vector128<short> pairs = Load((int*)bytes).AsInt16();
        Vector128<int> even = PairProducts.Sum((pairs << 8) >> 8, Load((int*)numbers).AsInt16());
        Vector128<int> odd = PairProducts.Sum(pairs >> 8, Load((int*)(numbers + Vector128<short>.Count)).AsInt16());
        return new(ToSingle(even + odd));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Load(int* source) => PackedSimd.IsSupported ? PackedSimd.LoadVector128(source) : Vector128.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Lane(F32x4 value, [ConstantExpected(Max = (byte)3)] byte lane) =>
        PackedSimd.IsSupported ? PackedSimd.ExtractScalar(value._value, lane) : value._value[lane];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> ToSingle(Vector128<int> value) =>
        PackedSimd.IsSupported ? PackedSimd.ConvertToSingle(value) : Vector128.ConvertToSingle(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> ToInt32(Vector128<float> value) =>
        PackedSimd.IsSupported ? PackedSimd.ConvertToInt32Saturate(value) : Vector128.ConvertToInt32Native(value);
}

using System.Runtime.CompilerServices;
using PureClip.Simd;

namespace PureClip.Kernels;

/// <summary>A term of a sum over a row.</summary>
internal interface IRowTerm
{
    /// <summary>sum ← sum + term(x).</summary>
    static abstract void Add<V>(ref V sum, V x, V shift)
        where V : unmanaged, ISimd<V>;
}

/// <summary>x</summary>
internal readonly struct Identity : IRowTerm
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add<V>(ref V sum, V x, V shift)
        where V : unmanaged, ISimd<V> =>
        sum += x;
}

/// <summary>(x − shift)²</summary>
internal readonly struct SquaredDeviation : IRowTerm
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add<V>(ref V sum, V x, V shift)
        where V : unmanaged, ISimd<V>
    {
        V deviation = x - shift;
        V.MultiplyAdd(ref sum, deviation, deviation);
    }
}

/// <summary>Sums over a row in four interleaved vectors, so that additions do not wait for one another.</summary>
internal static unsafe class RowSum
{
    /// <summary>Σ term(x[i]). Its rounding depends on the vector width, but on nothing else.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Of<V, TTerm>(float* x, int count, float shift)
        where V : unmanaged, ISimd<V>
        where TTerm : struct, IRowTerm
    {
        V s0 = V.Zero, s1 = V.Zero, s2 = V.Zero, s3 = V.Zero, shifts = V.Broadcast(shift);
        int i = 0;
        for (; i <= count - 4 * V.Count; i += 4 * V.Count)
        {
            TTerm.Add(ref s0, V.Load(x + i), shifts);
            TTerm.Add(ref s1, V.Load(x + i + V.Count), shifts);
            TTerm.Add(ref s2, V.Load(x + i + 2 * V.Count), shifts);
            TTerm.Add(ref s3, V.Load(x + i + 3 * V.Count), shifts);
        }
        for (; i <= count - V.Count; i += V.Count)
            TTerm.Add(ref s0, V.Load(x + i), shifts);
        F32x1 rest = F32x1.Zero;
        for (; i < count; i++)
            TTerm.Add(ref rest, F32x1.Load(x + i), F32x1.Broadcast(shift));
        return V.Sum((s0 + s1) + (s2 + s3)) + F32x1.Sum(rest);
    }
}

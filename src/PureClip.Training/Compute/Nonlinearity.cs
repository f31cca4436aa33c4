using System.Runtime.CompilerServices;
using PureClip.Kernels;
using PureClip.Memory;
using PureClip.Simd;

namespace PureClip.Training;

/// <summary>Which function stands between two matrices.</summary>
internal enum Nonlinearity
{
    /// <summary>x · σ(1.702·x)</summary>
    QuickGelu,

    /// <summary>x · Φ(x)</summary>
    Gelu,

    /// <summary>½·x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))</summary>
    GeluTanh,

    /// <summary>x · σ(x)</summary>
    Silu,
}

/// <summary>A function and its slope at the same place, from one exponential where that is enough.</summary>
internal interface ISlope
{
    /// <summary>y = f(x) and f′(x).</summary>
    static abstract void Apply<V>(V x, out V y, out V slope)
        where V : unmanaged, ISimd<V>;
}

/// <summary>x·s with s = σ(1.702·x); slope s·(1 + 1.702·x·(1 − s)).</summary>
internal readonly struct QuickGeluSlope : ISlope
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Apply<V>(V x, out V y, out V slope)
        where V : unmanaged, ISimd<V>
    {
        V one = V.Broadcast(1f), scaled = x * V.Broadcast(1.702f);
        V s = one / (one + SimdMath.Exp(-scaled));
        y = x * s;
        slope = s * (one + scaled * (one - s));
    }
}

/// <summary>x·Φ(x); slope Φ(x) + x·φ(x).</summary>
internal readonly struct GeluSlope : ISlope
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Apply<V>(V x, out V y, out V slope)
        where V : unmanaged, ISimd<V>
    {
        V one = V.Broadcast(1f), magnitude = V.Abs(x), tail = SimdMath.NormalTail(magnitude);
        y = V.Max(x, V.Zero);
        V.MultiplyAdd(ref y, -magnitude, tail);
        // Φ is the tail itself left of zero, and one less it on the right.
        V right = V.Min(V.Max(x * V.Broadcast(1e38f), V.Zero), one);
        V density = SimdMath.Exp(x * x * V.Broadcast(-0.5f)) * V.Broadcast(0.3989422804f);
        slope = right + (one - right - right) * tail + x * density;
    }
}

/// <summary>x·s with s = σ(2u) and u = √(2/π)·(x + 0.044715·x³); slope s + 2·x·s·(1 − s)·u′.</summary>
internal readonly struct GeluTanhSlope : ISlope
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Apply<V>(V x, out V y, out V slope)
        where V : unmanaged, ISimd<V>
    {
        V one = V.Broadcast(1f), square = x * x, cubic = one, steepness = one;
        V.MultiplyAdd(ref cubic, V.Broadcast(0.044715f), square);
        V.MultiplyAdd(ref steepness, V.Broadcast(3f * 0.044715f), square);
        V s = one / (one + SimdMath.Exp(x * cubic * V.Broadcast(-1.5957691f))); // 2·√(2/π)
        y = x * s;
        slope = s + x * s * (one - s) * steepness * V.Broadcast(1.5957691f);
    }
}

/// <summary>x·s with s = σ(x); slope s·(1 + x·(1 − s)).</summary>
internal readonly struct SiluSlope : ISlope
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Apply<V>(V x, out V y, out V slope)
        where V : unmanaged, ISimd<V>
    {
        V one = V.Broadcast(1f);
        V s = one / (one + SimdMath.Exp(-x));
        y = x * s;
        slope = s * (one + x * (one - s));
    }
}

/// <summary>h = a·b + bias is kept, y = f(h) goes on.</summary>
internal readonly unsafe struct AddBiasKeepAndApply<TSlope>(float* bias, MatrixView h, MatrixView y) : IEpilogue
    where TSlope : struct, ISlope
{
    private readonly float* _bias = bias;
    private readonly MatrixView _h = h, _y = y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take<V>(V sum, int row, int column)
        where V : unmanaged, ISimd<V>
    {
        V h = sum + V.Load(_bias + column);
        V.Store(h, _h.Row(row) + column);
        TSlope.Apply(h, out V y, out _);
        V.Store(y, _y.Row(row) + column);
    }

    public void Prefetch(int row, int column)
    {
    }
}

/// <summary>dh = (a·b) ⊙ f′(h), and y = f(h) once more: the next product needs it.</summary>
internal readonly unsafe struct TimesSlope<TSlope>(MatrixView h, MatrixView dh, MatrixView y) : IEpilogue
    where TSlope : struct, ISlope
{
    private readonly MatrixView _h = h, _dh = dh, _y = y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take<V>(V sum, int row, int column)
        where V : unmanaged, ISimd<V>
    {
        TSlope.Apply(V.Load(_h.Row(row) + column), out V y, out V slope);
        V.Store(sum * slope, _dh.Row(row) + column);
        V.Store(y, _y.Row(row) + column);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(int row, int column) => Memory.Prefetch.ToFirstLevel(_h.Row(row) + column);
}

/// <summary>y = x + (a·b + bias): the residual connection whose input is kept.</summary>
internal readonly unsafe struct AddBiasPlus(float* bias, MatrixView x, MatrixView y) : IEpilogue
{
    private readonly float* _bias = bias;
    private readonly MatrixView _x = x, _y = y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take<V>(V sum, int row, int column)
        where V : unmanaged, ISimd<V> =>
        V.Store(V.Load(_x.Row(row) + column) + (sum + V.Load(_bias + column)), _y.Row(row) + column);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(int row, int column) => Memory.Prefetch.ToFirstLevel(_x.Row(row) + column);
}

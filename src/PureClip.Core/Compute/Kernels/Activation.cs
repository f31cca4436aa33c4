using System.Runtime.CompilerServices;
using PureClip.Simd;

namespace PureClip.Kernels;

/// <summary>The non-linearity of an MLP, element by element. Checkpoints differ in it and do not store which it is.</summary>
internal interface IActivation
{
    /// <summary>The function of one vector.</summary>
    static abstract V Apply<V>(V x)
        where V : unmanaged, ISimd<V>;
}

/// <summary>max(x, 0), exact.</summary>
internal readonly struct Relu : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Apply<V>(V x)
        where V : unmanaged, ISimd<V> =>
        V.Max(x, V.Zero);
}

/// <summary>σ(x) = 1 / (1 + e⁻ˣ). Max error 2e-7.</summary>
internal readonly struct Sigmoid : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Apply<V>(V x)
        where V : unmanaged, ISimd<V> =>
        V.Broadcast(1f) / (V.Broadcast(1f) + SimdMath.Exp(-x));
}

/// <summary>x · σ(1.702·x): OpenAI's. Max error 4e-7 · max(1, |x|) for |x| ≤ 80.</summary>
internal readonly struct QuickGelu : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Apply<V>(V x)
        where V : unmanaged, ISimd<V> =>
        x / (V.Broadcast(1f) + SimdMath.Exp(x * V.Broadcast(-1.702f)));
}

/// <summary>x · Φ(x), the exact GELU (erf). Max error 3e-7 · max(1, |x|); 3e-6 relative for x in [-8, 0].</summary>
internal readonly struct Gelu : IActivation
{
    // x·Φ(x) = max(x, 0) − |x|·Q(|x|): for either sign without a branch, and without the cancellation of 1 + erf.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Apply<V>(V x)
        where V : unmanaged, ISimd<V>
    {
        V magnitude = V.Abs(x);
        V result = V.Max(x, V.Zero);
        V.MultiplyAdd(ref result, -magnitude, SimdMath.NormalTail(magnitude));
        return result;
    }
}

/// <summary>½·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))), the tanh form of GELU. Max error 4e-7 · max(1, |x|) for |x| ≤ 8.</summary>
internal readonly struct GeluTanh : IActivation
{
    // ½·(1 + tanh u) = σ(2u), so this is x·σ(2u).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Apply<V>(V x)
        where V : unmanaged, ISimd<V>
    {
        V cubic = V.Broadcast(1f);
        V.MultiplyAdd(ref cubic, V.Broadcast(0.044715f), x * x);
        return x / (V.Broadcast(1f) + SimdMath.Exp(x * cubic * V.Broadcast(-1.5957691f))); // 2·√(2/π)
    }
}

using System.Runtime.CompilerServices;

namespace PureClip.Simd;

/// <summary>
/// The transcendental functions of the transformer, written once for every vector width. Without fused multiply-add hardware
/// the last bits may differ between widths; the stated errors hold on all of them.
/// </summary>
internal static class SimdMath
{
    /// <summary>e^x. Max error 2 ULP for x in [-87, 88]; below it saturates near 1.6e-38, above near 1.7e38.</summary>
    /// <remarks>Cody and Waite's two-part reduction by ln 2, then the polynomial of Cephes' expf on [-ln 2 / 2, ln 2 / 2].</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Exp<V>(V x)
        where V : unmanaged, ISimd<V>
    {
        x = V.Min(V.Max(x, V.Broadcast(-87f)), V.Broadcast(88f));
        V n = V.Round(x * V.Broadcast(1.44269504f));
        V r = x;
        V.MultiplyAdd(ref r, n, V.Broadcast(-0.693359375f)); // ln 2, high part: exact in 9 bits, so n · high is exact
        V.MultiplyAdd(ref r, n, V.Broadcast(2.12194440e-4f)); // ln 2, low part

        V p = V.Broadcast(1.9875691500e-4f);
        Horner(ref p, r, 1.3981999507e-3f);
        Horner(ref p, r, 8.3334519073e-3f);
        Horner(ref p, r, 4.1665795894e-2f);
        Horner(ref p, r, 1.6666665459e-1f);
        Horner(ref p, r, 5.0000001201e-1f);

        V result = r + V.Broadcast(1f);
        V.MultiplyAdd(ref result, p, r * r);
        return V.ScaleByPowerOfTwo(result, n);
    }

    /// <summary>
    /// The upper tail of the normal distribution, Q(a) = ½·erfc(a / √2), for a ≥ 0. Max relative error 2e-6 for a ≤ 8,
    /// most of it the rounding of a²/2 before the exponential.
    /// </summary>
    /// <remarks>
    /// Q(a) = e^(-a²/2) · t·P(t) with t = 1 / (1 + 0.3·a), the form of Abramowitz and Stegun 7.1.26; P is a minimax fit of
    /// degree 7 on a in [0, 14] (relative error 1.5e-7). A tail keeps its relative precision where 1 + erf would cancel.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V NormalTail<V>(V a)
        where V : unmanaged, ISimd<V>
    {
        V denominator = V.Broadcast(1f);
        V.MultiplyAdd(ref denominator, a, V.Broadcast(0.3f));
        V t = V.Broadcast(1f) / denominator;

        V p = V.Broadcast(0.035674773156642914f);
        Horner(ref p, t, -0.1572030782699585f);
        Horner(ref p, t, 0.20635350048542023f);
        Horner(ref p, t, -0.05368363857269287f);
        Horner(ref p, t, 0.12856163084506989f);
        Horner(ref p, t, 0.09991349279880524f);
        Horner(ref p, t, 0.12075395882129669f);
        Horner(ref p, t, 0.11962930113077164f);
        return p * t * Exp(a * a * V.Broadcast(-0.5f));
    }

    /// <summary>p ← p·x + coefficient.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Horner<V>(ref V p, V x, float coefficient)
        where V : unmanaged, ISimd<V>
    {
        V next = V.Broadcast(coefficient);
        V.MultiplyAdd(ref next, p, x);
        p = next;
    }
}

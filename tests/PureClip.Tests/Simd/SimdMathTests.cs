using PureClip.Simd;
using PureClip.Tests.Reference;

namespace PureClip.Tests.Simd;

public unsafe class SimdMathTests
{
    public static TheoryData<string> AllTiers => Tiers.All;

    [Theory, MemberData(nameof(AllTiers))]
    public void Exp_is_within_two_ulp_from_minus_87_to_88(string tier) =>
        Tiers.Run(tier, (Action<float, float, Func<double, double>, Tolerance>)CheckExp<F32x1>, -87f, 88f, (Func<double, double>)Math.Exp,
            Tolerance.Relative(2 * 1.1920929e-7, "2 ULP of a float"));

    [Theory, MemberData(nameof(AllTiers))]
    public void Exp_saturates_without_infinity_or_zero(string tier) => Tiers.Run(tier, (Action)CheckSaturation<F32x1>);

    [Theory, MemberData(nameof(AllTiers))]
    public void Normal_tail_keeps_its_relative_precision(string tier) =>
        Tiers.Run(tier, (Action<float, float, Func<double, double>, Tolerance>)CheckNormalTail<F32x1>, 0f, 8f,
            (Func<double, double>)ReferenceKernels.NormalTail,
            Tolerance.Relative(2.5e-6, "a²/2 = 32 is rounded to 2⁻²⁰ before the exponential"));

    [Fact]
    public void The_reference_tail_agrees_with_published_values()
    {
        // Abramowitz and Stegun, table 26.1: Q(1), Q(2), Q(3), Q(5).
        Assert.Equal(0.158655253931457, ReferenceKernels.NormalTail(1), 14);
        Assert.Equal(0.022750131948179, ReferenceKernels.NormalTail(2), 14);
        Assert.Equal(0.001349898031630, ReferenceKernels.NormalTail(3), 14);
        Assert.Equal(2.866515718791939, ReferenceKernels.NormalTail(5) * 1e7, 12);
    }

    private static void CheckExp<V>(float from, float to, Func<double, double> truth, Tolerance tolerance)
        where V : unmanaged, ISimd<V> =>
        Sweep<V>(from, to, truth, tolerance, (x, y) => V.Store(SimdMath.Exp(V.Load((float*)x)), (float*)y));

    private static void CheckNormalTail<V>(float from, float to, Func<double, double> truth, Tolerance tolerance)
        where V : unmanaged, ISimd<V> =>
        Sweep<V>(from, to, truth, tolerance, (x, y) => V.Store(SimdMath.NormalTail(V.Load((float*)x)), (float*)y));

    private static void CheckSaturation<V>()
        where V : unmanaged, ISimd<V>
    {
        foreach (float x in (float[])[-1e30f, -1000f, -104f, 89f, 1000f, 1e30f, float.NegativeInfinity, float.PositiveInfinity])
        {
            float[] result = new float[16];
            fixed (float* y = result)
                V.Store(SimdMath.Exp(V.Broadcast(x)), y);
            Assert.True(float.IsNormal(result[0]) && result[0] > 0f, $"exp({x}) = {result[0]}");
        }
    }

    /// <summary>A hundred thousand evenly spaced arguments; the vector's lanes hold neighbours.</summary>
    private static void Sweep<V>(float from, float to, Func<double, double> truth, Tolerance tolerance, Action<nint, nint> function)
        where V : unmanaged, ISimd<V>
    {
        const int count = 100_000 / 16 * 16;
        float[] x = new float[count], y = new float[count];
        for (int i = 0; i < count; i++)
            x[i] = from + (to - from) * i / (count - 1);
        fixed (float* xs = x, ys = y)
            for (int i = 0; i < count; i += V.Count)
                function((nint)(xs + i), (nint)(ys + i));
        TensorAssert.Equal(Array.ConvertAll(x, v => truth(v)), y, tolerance, typeof(V).Name);
    }
}

using PureClip.Kernels;
using PureClip.Simd;
using PureClip.Tests.Reference;

namespace PureClip.Tests.Kernels;

public unsafe class ActivationTests
{
    // x = −3, −1, −0.5, 0.5, 1, 3 in double precision by an independent implementation.
    private static readonly float[] Points = [-3f, -1f, -0.5f, 0.5f, 1f, 3f];

    public static TheoryData<string> AllTiers => Tiers.All;

    [Theory, MemberData(nameof(AllTiers))]
    public void QuickGelu_keeps_its_stated_error(string tier) =>
        Tiers.Run(tier, (Action<float, Func<double, double>, Tolerance, double[]>)CheckQuick<F32x1>, 80f,
            (Func<double, double>)ReferenceKernels.QuickGelu,
            Tolerance.OfOneOrLarger(4e-7, "as stated in QuickGelu's comment"),
                (double[])[-0.0180713, -0.1542042, -0.1496116, 0.3503884, 0.8457958, 2.9819287]);

    [Theory, MemberData(nameof(AllTiers))]
    public void Gelu_keeps_its_stated_error(string tier) =>
        Tiers.Run(tier, (Action<float, Func<double, double>, Tolerance, double[]>)CheckErf<F32x1>, 80f,
            (Func<double, double>)ReferenceKernels.Gelu,
            Tolerance.OfOneOrLarger(3e-7, "as stated in Gelu's comment"),
                (double[])[-0.0040497, -0.1586553, -0.1542688, 0.3457312, 0.8413447, 2.9959503]);

    [Theory, MemberData(nameof(AllTiers))]
    public void Gelu_keeps_the_relative_precision_of_its_negative_side(string tier) =>
        Tiers.Run(tier, (Action)CheckNegativeGelu<F32x1>);

    [Theory, MemberData(nameof(AllTiers))]
    public void GeluTanh_keeps_its_stated_error(string tier) =>
        Tiers.Run(tier, (Action<float, Func<double, double>, Tolerance, double[]>)CheckTanh<F32x1>, 8f,
            (Func<double, double>)ReferenceKernels.GeluTanh,
            Tolerance.OfOneOrLarger(4e-7, "as stated in GeluTanh's comment"),
                (double[])[-0.0036374, -0.1588080, -0.1542860, 0.3457140, 0.8411920, 2.9963626]);

    private static void CheckQuick<V>(float range, Func<double, double> truth, Tolerance tolerance, double[] published)
        where V : unmanaged, ISimd<V> =>
        Check<V, QuickGelu>(range, truth, tolerance, published);

    private static void CheckErf<V>(float range, Func<double, double> truth, Tolerance tolerance, double[] published)
        where V : unmanaged, ISimd<V> =>
        Check<V, Gelu>(range, truth, tolerance, published);

    private static void CheckTanh<V>(float range, Func<double, double> truth, Tolerance tolerance, double[] published)
        where V : unmanaged, ISimd<V> =>
        Check<V, GeluTanh>(range, truth, tolerance, published);

    private static void Check<V, TActivation>(float range, Func<double, double> truth, Tolerance tolerance, double[] published)
        where V : unmanaged, ISimd<V>
        where TActivation : struct, IActivation
    {
        float[] x = Grid(-range, range);
        TensorAssert.Equal(Array.ConvertAll(x, v => truth(v)), Apply<V, TActivation>(x), tolerance, typeof(TActivation).Name);
        for (int i = 0; i < Points.Length; i++)
            Assert.Equal(published[i], Apply<V, TActivation>([.. Enumerable.Repeat(Points[i], 16)])[0], 6);
        float[] zero = Apply<V, TActivation>(new float[16]);
        Assert.All(zero, y => Assert.Equal(0f, y));
    }

    private static void CheckNegativeGelu<V>()
        where V : unmanaged, ISimd<V>
    {
        float[] x = Grid(-8f, -0.001f);
        TensorAssert.Equal(Array.ConvertAll(x, v => ReferenceKernels.Gelu(v)), Apply<V, Gelu>(x),
            Tolerance.Relative(3e-6, "as stated in Gelu's comment"));
    }

    private static float[] Grid(float from, float to)
    {
        const int count = 64_000;
        return [.. Enumerable.Range(0, count).Select(i => from + (to - from) * i / (count - 1))];
    }

    private static float[] Apply<V, TActivation>(float[] x)
        where V : unmanaged, ISimd<V>
        where TActivation : struct, IActivation
    {
        float[] y = new float[x.Length];
        fixed (float* from = x, to = y)
            for (int i = 0; i < x.Length; i += V.Count)
                V.Store(TActivation.Apply(V.Load(from + i)), to + i);
        return y;
    }
}

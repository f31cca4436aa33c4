using PureClip.Simd;

namespace PureClip.Tests.Simd;

public unsafe class SimdTests
{
    public static TheoryData<string> AllTiers => Tiers.All;

    [Theory, MemberData(nameof(AllTiers))]
    public void Every_operation_does_in_each_lane_what_it_does_to_a_float(string tier) => Tiers.Run(tier, (Action)CheckOperations<F32x1>);

    [Theory, MemberData(nameof(AllTiers))]
    public void Sum_and_maximum_cover_all_lanes(string tier) => Tiers.Run(tier, (Action)CheckReductions<F32x1>);

    [Theory, MemberData(nameof(AllTiers))]
    public void A_tile_fits_the_registers(string tier) => Tiers.Run(tier, (Action)CheckRegisters<F32x1>);

    [Fact]
    public void The_active_tier_is_the_widest_that_is_supported_unless_one_is_forced()
    {
        Assert.Same(SimdTier.All.First(t => t.IsSupported), SimdTier.Choose(null));
        Assert.Same(SimdTier.All.First(t => t.IsSupported), SimdTier.Choose(""));
        Assert.Equal("scalar", SimdTier.Choose("SCALAR").Name);
        ArgumentException e = Assert.Throws<ArgumentException>(() => SimdTier.Choose("sse9"));
        Assert.Contains("scalar", e.Message);
        Assert.Contains(SimdTier.EnvironmentVariable, e.Message);
    }

    [Fact]
    public void Dispatch_hands_each_tier_its_own_vector()
    {
        foreach (SimdTier tier in SimdTier.All)
        {
            CountLanes action = default;
            tier.Dispatch(ref action);
            Assert.Equal(tier.Bits / 32, action.Lanes);
        }
    }

    private static void CheckOperations<V>()
        where V : unmanaged, ISimd<V>
    {
        float[] a = Matrices.Random(V.Count, 1, 5f), b = Matrices.Random(V.Count, 2, 3f);
        Check<V>(a, b, (x, y) => x + y, (x, y) => x + y);
        Check<V>(a, b, (x, y) => x - y, (x, y) => x - y);
        Check<V>(a, b, (x, y) => x * y, (x, y) => x * y);
        Check<V>(a, b, (x, y) => x / y, (x, y) => x / y);
        Check<V>(a, b, (x, _) => -x, (x, _) => -x);
        Check<V>(a, b, (x, y) => V.Max(x, y), MathF.Max);
        Check<V>(a, b, (x, y) => V.Min(x, y), MathF.Min);
        Check<V>(a, b, (x, _) => V.Abs(x), (x, _) => MathF.Abs(x));
        Check<V>(a, b, (x, _) => V.Round(x), (x, _) => MathF.Round(x));
        Check<V>(a, b, (x, y) => V.ScaleByPowerOfTwo(x, V.Round(y)), (x, y) => MathF.ScaleB(x, (int)MathF.Round(y)));
        Check<V>(a, b, (x, y) => { V.MultiplyAdd(ref y, x, x); return y; }, (x, y) => float.MultiplyAddEstimate(x, x, y));
        Check<V>(a, b, (_, _) => V.Broadcast(7f), (_, _) => 7f);
        Check<V>(a, b, (_, _) => V.Zero, (_, _) => 0f);
        Check<V>([.. a.Select(_ => 2.5f)], b, (x, _) => V.Round(x), (_, _) => 2f); // ties to even
    }

    private static void Check<V>(float[] a, float[] b, Func<V, V, V> vector, Func<float, float, float> scalar)
        where V : unmanaged, ISimd<V>
    {
        float[] found = new float[V.Count];
        fixed (float* x = a, y = b, z = found)
            V.Store(vector(V.Load(x), V.Load(y)), z);
        TensorAssert.SameBits(a.Zip(b, scalar).ToArray(), found, typeof(V).Name);
    }

    private static void CheckReductions<V>()
        where V : unmanaged, ISimd<V>
    {
        for (int lane = 0; lane < V.Count; lane++)
        {
            float[] numbers = new float[V.Count];
            numbers[lane] = 3f;
            fixed (float* x = numbers)
            {
                Assert.Equal(3f, V.Sum(V.Load(x)));
                Assert.Equal(3f, V.MaxAcross(V.Load(x)));
            }
        }
    }

    private static void CheckRegisters<V>()
        where V : unmanaged, ISimd<V>
    {
        int mr = PureClip.Kernels.GemmBlocking<V>.Mr;
        Assert.InRange(2 * mr + 2 + 1, 1, V.Registers); // accumulators, two vectors of B, one broadcast of A
    }

    private struct CountLanes : ISimdAction
    {
        public int Lanes;

        public void Invoke<V>()
            where V : unmanaged, ISimd<V> =>
            Lanes = V.Count;
    }
}

using BenchmarkDotNet.Attributes;
using PureClip.Kernels;
using PureClip.Memory;
using PureClip.Simd;

namespace PureClip.Bench;

/// <summary>What do the transcendental functions cost: softmax over a row of scores, and the three GELUs over the MLP's numbers?</summary>
public unsafe class ElementwiseBench
{
    private readonly AlignedBuffer _source = new(3072), _target = new(3072);

    /// <summary>Numbers: the keys of ViT-L/14 at 336 pixels, and the MLP of ViT-B.</summary>
    [Params(577, 3072)]
    public int Count { get; set; }

    [GlobalSetup]
    public void Setup() => RandomTowers.Numbers((int)_source.Length, 4f).CopyTo(new Span<float>(_source.Pointer, (int)_source.Length));

    [GlobalCleanup]
    public void Cleanup()
    {
        _source.Dispose();
        _target.Dispose();
    }

    /// <summary>With the copy that it needs, as it works in place.</summary>
    [Benchmark]
    public void SoftmaxNumerators()
    {
        new Span<float>(_source.Pointer, Count).CopyTo(new(_target.Pointer, Count));
        SoftmaxOf softmax = new() { X = _target.Pointer, Count = Count };
        SimdTier.Active.Dispatch(ref softmax);
    }

    [Benchmark]
    public void QuickGelu() => Apply<QuickGelu>();

    [Benchmark]
    public void Gelu() => Apply<Gelu>();

    [Benchmark]
    public void GeluTanh() => Apply<GeluTanh>();

    private void Apply<TActivation>()
        where TActivation : struct, IActivation
    {
        Map<TActivation> map = new() { From = _source.Pointer, To = _target.Pointer, Count = Count };
        SimdTier.Active.Dispatch(ref map);
    }

    private struct SoftmaxOf : ISimdAction
    {
        public float* X;
        public int Count;

        public readonly void Invoke<V>()
            where V : unmanaged, ISimd<V> =>
            Softmax.Numerators<V>(X, Count);
    }

    private struct Map<TActivation> : ISimdAction
        where TActivation : struct, IActivation
    {
        public float* From, To;
        public int Count;

        public readonly void Invoke<V>()
            where V : unmanaged, ISimd<V>
        {
            for (int i = 0; i <= Count - V.Count; i += V.Count)
                V.Store(TActivation.Apply(V.Load(From + i)), To + i);
        }
    }
}

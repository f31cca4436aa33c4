using System.Runtime.CompilerServices;
using PureClip.Memory;
using PureClip.Simd;

namespace PureClip.Kernels;

/// <summary>What happens to the finished sums of a matrix product while they are still in the first-level cache.</summary>
internal unsafe interface IEpilogue
{
    /// <summary>Takes one vector of finished sums.</summary>
    /// <param name="sum">Sums of consecutive columns of one row.</param>
    /// <param name="row">Row of the product.</param>
    /// <param name="column">Column of the product that the first lane belongs to. Lanes may reach into padding columns.</param>
    void Take<V>(V sum, int row, int column)
        where V : unmanaged, ISimd<V>;

    /// <summary>
    /// Called once a row before a tile is multiplied: asks for what <see cref="Take"/> will read there, if it reads anything.
    /// </summary>
    /// <param name="row">Row of the product.</param>
    /// <param name="column">First column of the tile.</param>
    void Prefetch(int row, int column);
}

/// <summary>y = a·b</summary>
internal readonly unsafe struct Store(MatrixView y) : IEpilogue
{
    private readonly MatrixView _y = y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take<V>(V sum, int row, int column)
        where V : unmanaged, ISimd<V> =>
        V.Store(sum, _y.Row(row) + column);

    public void Prefetch(int row, int column)
    {
    }
}

/// <summary>y = a·b + bias</summary>
internal readonly unsafe struct AddBias(float* bias, MatrixView y) : IEpilogue
{
    private readonly float* _bias = bias;
    private readonly MatrixView _y = y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take<V>(V sum, int row, int column)
        where V : unmanaged, ISimd<V> =>
        V.Store(sum + V.Load(_bias + column), _y.Row(row) + column);

    public void Prefetch(int row, int column)
    {
    }
}

/// <summary>y = activation(a·b + bias)</summary>
internal readonly unsafe struct AddBiasActivate<TActivation>(float* bias, MatrixView y) : IEpilogue
    where TActivation : struct, IActivation
{
    private readonly float* _bias = bias;
    private readonly MatrixView _y = y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take<V>(V sum, int row, int column)
        where V : unmanaged, ISimd<V> =>
        V.Store(TActivation.Apply(sum + V.Load(_bias + column)), _y.Row(row) + column);

    public void Prefetch(int row, int column)
    {
    }
}

/// <summary>x = x + (a·b + bias): the residual connection.</summary>
internal readonly unsafe struct AddBiasToResidual(float* bias, MatrixView x) : IEpilogue
{
    private readonly float* _bias = bias;
    private readonly MatrixView _x = x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take<V>(V sum, int row, int column)
        where V : unmanaged, ISimd<V>
    {
        float* x = _x.Row(row) + column;
        V.Store(V.Load(x) + (sum + V.Load(_bias + column)), x);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(int row, int column) => Memory.Prefetch.ToFirstLevel(_x.Row(row) + column);
}

/// <summary>x = activation(x + (a·b + bias)): the residual connection of a convolutional block.</summary>
internal readonly unsafe struct AddBiasToResidualActivate<TActivation>(float* bias, MatrixView x) : IEpilogue
    where TActivation : struct, IActivation
{
    private readonly float* _bias = bias;
    private readonly MatrixView _x = x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take<V>(V sum, int row, int column)
        where V : unmanaged, ISimd<V>
    {
        float* x = _x.Row(row) + column;
        V.Store(TActivation.Apply(V.Load(x) + (sum + V.Load(_bias + column))), x);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(int row, int column) => Memory.Prefetch.ToFirstLevel(_x.Row(row) + column);
}

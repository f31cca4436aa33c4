using PureClip.Simd;

namespace PureClip.Search;

/// <summary>A piece of work that is compiled once for each vector width and each type of rows.</summary>
internal interface IRowAction
{
    /// <summary>Does the work.</summary>
    void Invoke<V, TProduct>()
        where V : unmanaged, ISimd<V>
        where TProduct : IRowProduct;
}

/// <summary>From the vector width to the type of rows.</summary>
/// <param name="type">How the rows are stored.</param>
/// <param name="action">The work.</param>
internal readonly ref struct RowDispatch<TAction>(VectorType type, TAction action) : ISimdAction
    where TAction : struct, IRowAction, allows ref struct
{
    private readonly TAction _action = action;

    public void Invoke<V>()
        where V : unmanaged, ISimd<V>
    {
        switch (type)
        {
            case VectorType.F32: _action.Invoke<V, F32Product>(); break;
            case VectorType.F16: _action.Invoke<V, F16Product>(); break;
            default: _action.Invoke<V, Int8Product>(); break;
        }
    }
}

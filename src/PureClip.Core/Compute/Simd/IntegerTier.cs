using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace PureClip.Simd;

/// <summary>A piece of work that is compiled once for each pair of a float vector and the integer lanes beside it.</summary>
internal interface IIntegerAction
{
    /// <summary>Does the work with vectors of type <typeparamref name="V"/> and integer lanes of type <typeparamref name="I"/>.</summary>
    void InvokeIntegers<V, I>()
        where V : unmanaged, ISimd<V>
        where I : unmanaged, IIntegerLanes<I>;
}

/// <summary>Which integer lanes go with which vectors.</summary>
internal static class IntegerTier
{
    /// <summary>Runs <paramref name="action"/> with the fastest lanes that this machine has and <typeparamref name="V"/>'s width allows.</summary>
    public static void Dispatch<V, TAction>(ref TAction action)
        where V : unmanaged, ISimd<V>
        where TAction : struct, IIntegerAction
    {
        if (V.Count >= 8 && AvxVnni.IsSupported)
            action.InvokeIntegers<V, U8QuadX8>();
        else if (V.Count >= 8)
            action.InvokeIntegers<V, U7QuadX8>();
        else if (V.Count == 4 && Dp.IsSupported)
            action.InvokeIntegers<V, I8QuadX4>();
        else if (V.Count == 4)
            action.InvokeIntegers<V, I16PairX4>();
        else
            action.InvokeIntegers<V, I16PairX1>();
    }
}

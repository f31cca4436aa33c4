using PureClip.Convert.Tensors;

namespace PureClip.Convert.Output;

/// <summary>In which type weights are written.</summary>
internal enum DtypeChoice
{
    /// <summary>As the source has them.</summary>
    Keep,

    F32,

    F16,

    BF16,

    /// <summary>The blocks' matrices as signed bytes with a scale for each output channel, other matrices as F16, vectors as F32.</summary>
    Int8,
}

/// <summary>From a choice to a tensor's type.</summary>
internal static class DtypeChoices
{
    /// <summary>The type that a tensor is written in.</summary>
    public static ElementType For(this DtypeChoice choice, ElementType source) => choice switch
    {
        DtypeChoice.F32 => ElementType.F32,
        DtypeChoice.F16 => ElementType.F16,
        DtypeChoice.BF16 => ElementType.BF16,
        DtypeChoice.Int8 when source is ElementType.F32 or ElementType.F64 => ElementType.F16,
        _ => source,
    };
}

namespace PureClip.Kernels;

/// <summary>How the numbers of a model's weight matrices lie in memory. Whatever it is, sums are F32.</summary>
public enum WeightType
{
    /// <summary>32-bit floats.</summary>
    F32,

    /// <summary>The upper half of a 32-bit float: 8 bits of mantissa.</summary>
    BF16,

    /// <summary>IEEE binary16: 11 bits of mantissa, at most 65,504.</summary>
    F16,

    /// <summary>
    /// Signed bytes with one scale an output channel. Pass are rounded to bytes too (to 7 bits where AVX2 has no VNNI), with a scale for every row and
    /// 1,024 inputs, so products are those of integers; the patch embedding and the projection stay as they are stored.
    /// </summary>
    Int8,
}

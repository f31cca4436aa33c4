namespace PureClip.Search;

/// <summary>How an index stores the numbers of a vector.</summary>
public enum VectorType
{
    /// <summary>32-bit floats: exactly what the model gave.</summary>
    F32,

    /// <summary>16-bit floats (IEEE binary16), rounded to nearest: half the bytes, cosines differ by less than 1e-3.</summary>
    F16,

    /// <summary>Signed bytes with one scale a vector: a quarter of the bytes, cosines differ by less than 1e-2.</summary>
    Int8,
}

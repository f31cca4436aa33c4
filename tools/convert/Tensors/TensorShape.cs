namespace PureClip.Convert.Tensors;

/// <summary>Arithmetic on shapes that a file claims, without overflow.</summary>
internal static class TensorShape
{
    /// <summary>Most dimensions of any tensor; CLIP's weights have four.</summary>
    public const int MaxRank = 8;

    /// <summary>Most elements of one tensor: 2^40, a thousand times the largest CLIP. Keeps byte counts far from overflow.</summary>
    public const long MaxElements = 1L << 40;

    /// <summary>The product of the dimensions, 1 for a scalar.</summary>
    /// <exception cref="InvalidDataException">A dimension is negative, or there are too many dimensions or elements.</exception>
    public static long ElementCount(ReadOnlySpan<long> shape, string name)
    {
        if (shape.Length > MaxRank)
            Throw.InvalidData($"Tensor '{name}' has {shape.Length} dimensions; at most {MaxRank} are allowed.");
        long count = 1;
        bool empty = false;
        foreach (long dimension in shape)
        {
            if (dimension < 0)
                Throw.InvalidData($"Tensor '{name}' has the negative dimension {dimension}.");
            if (dimension > MaxElements || (dimension > 0 && count > MaxElements / dimension))
                Throw.InvalidData($"Tensor '{name}' of shape {Text(shape)} has more than 2^40 elements.");
            empty |= dimension == 0;
            count *= Math.Max(dimension, 1);
        }
        return empty ? 0 : count;
    }

    /// <summary>Strides, in elements, of a row-major contiguous tensor.</summary>
    public static long[] RowMajorStrides(ReadOnlySpan<long> shape)
    {
        long[] strides = new long[shape.Length];
        long stride = 1;
        for (int i = shape.Length - 1; i >= 0; i--)
        {
            strides[i] = stride;
            stride *= Math.Max(shape[i], 1);
        }
        return strides;
    }

    /// <summary>The shape as <c>[2, 3]</c>.</summary>
    public static string Text(ReadOnlySpan<long> shape) => $"[{string.Join(", ", shape.ToArray())}]";
}

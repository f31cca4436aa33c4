namespace PureClip.Files;

/// <summary>The table of element types: the name in the file and the bits an element.</summary>
internal static class DTypes
{
    // Indexed by DType.
    private static readonly (string Name, int Bits)[] Table =
    [
        ("BOOL", 8), ("F4", 4), ("F6_E2M3", 6), ("F6_E3M2", 6), ("U8", 8), ("I8", 8),
        ("F8_E5M2", 8), ("F8_E4M3", 8), ("F8_E8M0", 8), ("F8_E4M3FNUZ", 8), ("F8_E5M2FNUZ", 8),
        ("I16", 16), ("U16", 16), ("F16", 16), ("BF16", 16), ("I32", 32), ("U32", 32), ("F32", 32),
        ("C64", 64), ("F64", 64), ("I64", 64), ("U64", 64),
    ];

    /// <summary>Every name, in the enum's order: for messages.</summary>
    public static string AllNames { get; } = string.Join(", ", Table.Select(row => row.Name));

    /// <summary>The name as it stands in a file's header.</summary>
    public static string Name(this DType dtype) => Table[(int)dtype].Name;

    /// <summary>Bits an element; below 8 for the packed types.</summary>
    public static int Bits(this DType dtype) => Table[(int)dtype].Bits;

    /// <summary>Finds the type of a name. Names are case-sensitive.</summary>
    public static bool TryParse(string name, out DType dtype)
    {
        int index = Array.FindIndex(Table, row => row.Name == name);
        dtype = (DType)Math.Max(index, 0);
        return index >= 0;
    }

    /// <summary>Bytes of a tensor; false where that is no whole number or exceeds <see cref="long.MaxValue"/> on the way.</summary>
    public static bool TryByteLength(this DType dtype, ReadOnlySpan<long> shape, out long elements, out long bytes)
    {
        (elements, bytes) = (1, 0);
        foreach (long dimension in shape)
        {
            Int128 product = (Int128)elements * dimension;
            if (product > long.MaxValue)
                return false;
            elements = (long)product;
        }
        Int128 bits = (Int128)elements * dtype.Bits();
        bytes = (long)(bits / 8);
        return bits % 8 == 0 && bits <= long.MaxValue;
    }
}

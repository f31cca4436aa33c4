using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace PureClip.Files;

/// <summary>
/// What the numbers of a tensor are: the types of the safetensors format, in the reference implementation's order of alignment: its writer
/// sorts tensors by this order, largest first, so the numeric values matter.
/// </summary>
public enum NumberType
{
    /// <summary>Boolean, one byte an element.</summary>
    Bool,

    /// <summary>4-bit float (E2M1), two elements a byte.</summary>
    F4,

    /// <summary>6-bit float, 2 exponent and 3 mantissa bits.</summary>
    F6E2M3,

    /// <summary>6-bit float, 3 exponent and 2 mantissa bits.</summary>
    F6E3M2,

    /// <summary>Unsigned 8-bit integer.</summary>
    U8,

    /// <summary>Signed 8-bit integer.</summary>
    I8,

    /// <summary>8-bit float, 5 exponent and 2 mantissa bits.</summary>
    F8E5M2,

    /// <summary>8-bit float, 4 exponent and 3 mantissa bits.</summary>
    F8E4M3,

    /// <summary>8-bit power of two, exponent only.</summary>
    F8E8M0,

    /// <summary>8-bit float, 4 exponent and 3 mantissa bits, no infinity, no negative zero.</summary>
    F8E4M3Fnuz,

    /// <summary>8-bit float, 5 exponent and 2 mantissa bits, no infinity, no negative zero.</summary>
    F8E5M2Fnuz,

    /// <summary>Signed 16-bit integer.</summary>
    I16,

    /// <summary>Unsigned 16-bit integer.</summary>
    U16,

    /// <summary>IEEE 754 binary16.</summary>
    F16,

    /// <summary>bfloat16: the upper half of a binary32.</summary>
    BF16,

    /// <summary>Signed 32-bit integer.</summary>
    I32,

    /// <summary>Unsigned 32-bit integer.</summary>
    U32,

    /// <summary>IEEE 754 binary32.</summary>
    F32,

    /// <summary>Complex number of two binary32.</summary>
    C64,

    /// <summary>IEEE 754 binary64.</summary>
    F64,

    /// <summary>Signed 64-bit integer.</summary>
    I64,

    /// <summary>Unsigned 64-bit integer.</summary>
    U64,
}

/// <summary>
/// The table of number types: their names in files, their bits, and the ways between them and float. A NaN is kept where numbers get wider
/// or stay as they are, and refused where they get narrower: what makes weights smaller would else hide that they are damaged.
/// </summary>
public static class NumberTypes
{
    /// <summary>The types that weights have, for messages.</summary>
    public const string Floats = "F32, F16, BF16 or F64";

    /// <summary>What a BF16 drops: the lower half of a float.</summary>
    private const int DroppedBits = 16;

    // Indexed by NumberType.
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
    public static string Name(this NumberType type) => Table[(int)type].Name;

    /// <summary>Bits a number; below 8 for the packed types.</summary>
    public static int Bits(this NumberType type) => Table[(int)type].Bits;

    /// <summary>Bytes a number, for types of whole bytes.</summary>
    public static int Size(this NumberType type) => type.Bits() / 8;

    /// <summary>True for the types that weights have: <see cref="Floats"/>.</summary>
    public static bool IsFloat(this NumberType type) => type is NumberType.F32 or NumberType.F16 or NumberType.BF16 or NumberType.F64;

    /// <summary>Finds the type of a name. Names are case-sensitive.</summary>
    public static bool TryParse(string name, out NumberType type)
    {
        int index = Array.FindIndex(Table, row => row.Name == name);
        type = (NumberType)Math.Max(index, 0);
        return index >= 0;
    }

    /// <summary>Bytes of a tensor; false where that is no whole number or exceeds <see cref="long.MaxValue"/> on the way.</summary>
    public static bool TryByteLength(this NumberType type, ReadOnlySpan<long> shape, out long elements, out long bytes)
    {
        (elements, bytes) = (1, 0);
        foreach (long dimension in shape)
        {
            Int128 product = (Int128)elements * dimension;
            if (product > long.MaxValue)
                return false;
            elements = (long)product;
        }
        Int128 bits = (Int128)elements * type.Bits();
        bytes = (long)(bits / 8);
        return bits % 8 == 0 && bits <= long.MaxValue;
    }

    /// <summary>True for the types that <see cref="Widen"/> takes.</summary>
    public static bool CanWiden(this NumberType type) => type.IsFloat() || type is NumberType.Bool
        or NumberType.I64 or NumberType.I32 or NumberType.I16 or NumberType.I8
        or NumberType.U64 or NumberType.U32 or NumberType.U16 or NumberType.U8;

    /// <summary>
    /// Little-endian numbers of any alignment as floats: F32, F16 and BF16 exactly, subnormals included (a signalling NaN may become a
    /// quiet one), integers of up to 24 bits too; F64 and larger integers rounded to nearest, ties to even, and F64 to infinity beyond the
    /// range of float.
    /// </summary>
    /// <param name="type">A float or an integer type, or Bool.</param>
    /// <param name="source">[count] numbers; bytes = count · bits / 8.</param>
    /// <param name="destination">[count].</param>
    public static void Widen(this NumberType type, ReadOnlySpan<byte> source, Span<float> destination)
    {
        switch (type)
        {
            case NumberType.F32: source.CopyTo(MemoryMarshal.AsBytes(destination)); break;
            case NumberType.F16: TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(source), destination); break;
            case NumberType.BF16: FromBFloat16(MemoryMarshal.Cast<byte, ushort>(source), destination); break;
            case NumberType.F64: Convert<double>(source, destination); break;
            case NumberType.I64: Convert<long>(source, destination); break;
            case NumberType.I32: Convert<int>(source, destination); break;
            case NumberType.I16: Convert<short>(source, destination); break;
            case NumberType.I8: Convert<sbyte>(source, destination); break;
            case NumberType.U64: Convert<ulong>(source, destination); break;
            case NumberType.U32: Convert<uint>(source, destination); break;
            case NumberType.U16: Convert<ushort>(source, destination); break;
            case NumberType.U8 or NumberType.Bool: Convert<byte>(source, destination); break;
            default: throw new ArgumentOutOfRangeException(nameof(type), type, $"Only {Floats} and whole numbers can be widened to float.");
        }
    }

    /// <summary>Floats in another type, to nearest and ties to even (IEEE 754, 4.3.1); what is too large becomes infinite.</summary>
    /// <param name="type">F32, F16 or BF16.</param>
    /// <param name="source">[count].</param>
    /// <param name="destination">[count] numbers, little-endian; bytes = count · bits / 8.</param>
    /// <exception cref="InvalidDataException">A number is NaN, and the type is narrower.</exception>
    public static void Narrow(this NumberType type, ReadOnlySpan<float> source, Span<byte> destination)
    {
        if (type != NumberType.F32)
            RefuseNaN(source);
        switch (type)
        {
            case NumberType.F32: MemoryMarshal.AsBytes(source).CopyTo(destination); break;
            case NumberType.F16: TensorPrimitives.ConvertToHalf(source, MemoryMarshal.Cast<byte, Half>(destination)); break;
            case NumberType.BF16: ToBFloat16(source, MemoryMarshal.Cast<byte, ushort>(destination)); break;
            default: throw new ArgumentOutOfRangeException(nameof(type), type, "Floats are narrowed to F16 or BF16.");
        }
    }

    /// <summary>The rule for NaN where numbers get narrower.</summary>
    /// <exception cref="InvalidDataException">One is there. Who calls knows its file and name.</exception>
    public static void RefuseNaN(ReadOnlySpan<float> numbers)
    {
        if (!numbers.IsEmpty && float.IsNaN(TensorPrimitives.MaxMagnitude(numbers)))
            throw new InvalidDataException("a weight is NaN. The file is damaged: download it again.");
    }

    /// <summary>A bfloat16 is the upper half of a float.</summary>
    private static void FromBFloat16(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        Span<uint> bits = MemoryMarshal.Cast<float, uint>(destination);
        TensorPrimitives.ConvertTruncating(source, bits);
        TensorPrimitives.ShiftLeft<uint>(bits, DroppedBits, bits);
    }

    private static void ToBFloat16(ReadOnlySpan<float> source, Span<ushort> destination)
    {
        for (int i = 0; i < source.Length; i++)
        {
            uint bits = BitConverter.SingleToUInt32Bits(source[i]);
            destination[i] = (ushort)((bits + 0x7FFF + ((bits >> DroppedBits) & 1)) >> DroppedBits);
        }
    }

    private static void Convert<T>(ReadOnlySpan<byte> source, Span<float> destination)
        where T : unmanaged, INumberBase<T> =>
        TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, T>(source), destination);
}

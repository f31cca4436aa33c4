using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace PureClip.Files;

/// <summary>Little-endian floating-point bytes of any alignment to float.</summary>
internal static class Widening
{
    /// <summary>The types that can be widened, for messages.</summary>
    public const string Allowed = "F32, F16, BF16 or F64";

    /// <summary>True for the types that <see cref="ToSingle"/> takes.</summary>
    public static bool IsSupported(DType dtype) => dtype is DType.F32 or DType.F16 or DType.BF16 or DType.F64;

    /// <summary>
    /// F32, F16 and BF16 exactly, subnormals included (a signalling NaN may become a quiet one); F64 rounded to nearest, ties to
    /// even, and to infinity beyond the range of float.
    /// </summary>
    /// <param name="dtype">One of the supported types.</param>
    /// <param name="source">[count] elements; bytes = count · bits / 8.</param>
    /// <param name="destination">[count].</param>
    public static void ToSingle(DType dtype, ReadOnlySpan<byte> source, Span<float> destination)
    {
        switch (dtype)
        {
            case DType.F32:
                source.CopyTo(MemoryMarshal.AsBytes(destination));
                break;
            case DType.F16:
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(source), destination);
                break;
            case DType.BF16:
                FromBFloat16(MemoryMarshal.Cast<byte, ushort>(source), MemoryMarshal.Cast<float, uint>(destination));
                break;
            case DType.F64:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, double>(source), destination);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(dtype), dtype, $"Only {Allowed} can be widened to float.");
        }
    }

    /// <summary>A bfloat16 is the upper half of a float.</summary>
    private static void FromBFloat16(ReadOnlySpan<ushort> source, Span<uint> destination)
    {
        TensorPrimitives.ConvertTruncating(source, destination);
        TensorPrimitives.ShiftLeft<uint>(destination, 16, destination);
    }
}

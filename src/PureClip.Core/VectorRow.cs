using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace PureClip;

/// <summary>How the numbers of a vector are stored.</summary>
public enum VectorType
{
    /// <summary>32-bit floats: exactly what the model gave.</summary>
    F32,

    /// <summary>16-bit floats (IEEE binary16), rounded to nearest: half the bytes, cosines differ by less than 1e-3.</summary>
    F16,

    /// <summary>Signed bytes with one scale a vector: a quarter of the bytes, cosines differ by less than 1e-2.</summary>
    Int8,
}

/// <summary>
/// One stored vector, little-endian: <c>width</c> floats; <c>width</c> halves; or <c>width</c> signed bytes followed by their scale, an
/// F32. Rows follow one another without gaps.
/// </summary>
public static class VectorRow
{
    // Symmetric: -128 is not used, so that a vector and its opposite are stored alike.
    private const float LargestByte = 127f;

    private const float LargestHalf = 65504f;

    /// <summary>Bytes of one row.</summary>
    public static int Bytes(VectorType type, int width) => type switch
    {
        VectorType.F32 => checked(width * sizeof(float)),
        VectorType.F16 => checked(width * sizeof(ushort)),
        VectorType.Int8 => checked(width + sizeof(float)),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "A vector is stored as F32, F16 or Int8."),
    };

    /// <summary>Writes a vector as a row.</summary>
    /// <param name="type">How it is stored.</param>
    /// <param name="vector">[width], finite.</param>
    /// <param name="row">[<see cref="Bytes"/>]</param>
    /// <exception cref="ArgumentException">The row has another length, or a number is larger than its type holds.</exception>
    public static void Write(VectorType type, ReadOnlySpan<float> vector, Span<byte> row)
    {
        RequireLength(type, vector.Length, row.Length);
        switch (type)
        {
            case VectorType.F32:
                MemoryMarshal.AsBytes(vector).CopyTo(row);
                break;
            case VectorType.F16:
                if (!vector.IsEmpty && MathF.Abs(TensorPrimitives.MaxMagnitude(vector)) is float most && most > LargestHalf)
                    throw new ArgumentException($"The vector holds a number of size {most}; F16 has them up to {LargestHalf}.",
                        nameof(vector));
                TensorPrimitives.ConvertToHalf(vector, MemoryMarshal.Cast<byte, Half>(row));
                break;
            default:
                float largest = vector.IsEmpty ? 0f : MathF.Abs(TensorPrimitives.MaxMagnitude(vector));
                for (int i = 0; i < vector.Length; i++)
                    row[i] = (byte)(sbyte)(largest > 0f ? MathF.Round(vector[i] * (LargestByte / largest)) : 0f);
                MemoryMarshal.Write(row[vector.Length..], largest / LargestByte);
                break;
        }
    }

    /// <summary>Reads a row back.</summary>
    /// <param name="type">How it is stored.</param>
    /// <param name="row">[<see cref="Bytes"/>]</param>
    /// <param name="vector">[width]</param>
    /// <exception cref="ArgumentException">The row has another length.</exception>
    public static void Read(VectorType type, ReadOnlySpan<byte> row, Span<float> vector)
    {
        RequireLength(type, vector.Length, row.Length);
        switch (type)
        {
            case VectorType.F32:
                MemoryMarshal.Cast<byte, float>(row).CopyTo(vector);
                break;
            case VectorType.F16:
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(row), vector);
                break;
            default:
                float scale = MemoryMarshal.Read<float>(row[vector.Length..]);
                for (int i = 0; i < vector.Length; i++)
                    vector[i] = (sbyte)row[i] * scale;
                break;
        }
    }

    private static void RequireLength(VectorType type, int width, int bytes)
    {
        if (bytes != Bytes(type, width))
            throw new ArgumentException($"{width} numbers are stored as {Bytes(type, width)} bytes, but the row has {bytes}.");
    }
}

using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using PureClip.Convert.Mapping;
using PureClip.Convert.Tensors;
using PureClip.Kernels;

namespace PureClip.Convert.Output;

/// <summary>A weight matrix as signed bytes with one scale a row (an output channel): the row's largest magnitude becomes 127. A row at a time is in memory.</summary>
internal sealed class IntegerMatrix(OutputTensor tensor)
{
    private readonly float[] _row = new float[tensor.Shape[1]];
    private float[]? _scales;

    /// <summary>Whether a tensor is one of a block's matrices: those are nearly all of a model, and the ones that the library multiplies as integers.</summary>
    public static bool Takes(OutputTensor tensor) =>
        tensor.Shape.Length == 2 && tensor.Canonical.Contains(".blocks.", StringComparison.Ordinal);

    /// <summary>Writes the scales, an F32 each.</summary>
    public void WriteScales(Stream stream) => stream.Write(MemoryMarshal.AsBytes<float>(Scales));

    /// <summary>Writes the integers.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="compare">Told each row as it was and as it is now.</param>
    public void WriteIntegers(Stream stream, Action<float[], float[]> compare)
    {
        float[] after = new float[_row.Length];
        byte[] bytes = new byte[_row.Length];
        for (int row = 0; row < Scales.Length; row++)
        {
            Read(row);
            float scale = Scales[row], inverse = scale > 0 ? 1 / scale : 0;
            for (int i = 0; i < bytes.Length; i++)
            {
                float rounded = Math.Clamp(MathF.Round(_row[i] * inverse), -IntegerRow.LargestWeight, IntegerRow.LargestWeight);
                bytes[i] = (byte)(sbyte)rounded;
                after[i] = rounded * scale;
            }
            compare(_row, after);
            stream.Write(bytes);
        }
    }

    private float[] Scales => _scales ??= [.. Enumerable.Range(0, (int)tensor.Shape[0]).Select(ScaleOf)];

    private float ScaleOf(int row)
    {
        Read(row);
        float largest = MathF.Abs(TensorPrimitives.MaxMagnitude<float>(_row));
        if (!float.IsFinite(largest))
            Throw.InvalidData($"'{tensor.Name}' has a number that is not finite in row {row}, so it cannot be rounded to integers. Choose --dtype keep.");
        return largest / IntegerRow.LargestWeight;
    }

    private void Read(int row) => tensor.Source.ReadSingles(tensor.First + (long)row * _row.Length, _row);
}

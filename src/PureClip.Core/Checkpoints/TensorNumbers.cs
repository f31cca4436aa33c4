using System.Runtime.InteropServices;
using PureClip.Files;

namespace PureClip.Checkpoints;

/// <summary>
/// The numbers of a checkpoint's tensors as floats. Signed bytes stand for themselves times a scale: one F32 for each first index, in a second
/// tensor whose name ends in <see cref="ScaleSuffix"/>.
/// </summary>
internal sealed class TensorNumbers(SafetensorsSet file)
{
    /// <summary>What is appended to the name of an 8-bit tensor to name its scales.</summary>
    public const string ScaleSuffix = "_scale";

    private readonly Dictionary<TensorInfo, float[]> _scales = [];

    /// <summary>Whether a tensor can be read: a plain floating-point type, or signed bytes whose scales are known.</summary>
    public bool IsReadable(TensorInfo tensor) => tensor.Type.IsFloat() || _scales.ContainsKey(tensor);

    /// <summary>Makes an 8-bit tensor readable; false where the scales do not fit it.</summary>
    public bool TryAddScales(TensorInfo tensor, TensorInfo scales)
    {
        if (tensor.Type != NumberType.I8 || tensor.Shape.Length != 2 || scales.ElementCount != tensor.Shape[0] || !scales.Type.IsFloat())
            return false;
        float[] numbers = new float[scales.ElementCount];
        file.ReadFloats(scales, numbers);
        _scales.Add(tensor, numbers);
        return true;
    }

    /// <summary>A whole tensor.</summary>
    public float[] Read(TensorInfo tensor)
    {
        float[] numbers = new float[tensor.ElementCount];
        Read(tensor, 0, numbers);
        return numbers;
    }

    /// <summary>A range of elements, row-major.</summary>
    /// <param name="tensor">A readable tensor.</param>
    /// <param name="first">The first element.</param>
    /// <param name="destination">As many as are wanted.</param>
    public void Read(TensorInfo tensor, long first, Span<float> destination)
    {
        if (!_scales.TryGetValue(tensor, out float[]? scales))
        {
            file.FileOf(tensor).ReadFloats(tensor, first, destination);
            return;
        }
        Span<byte> bytes = MemoryMarshal.AsBytes(destination)[^destination.Length..]; // the end of the same memory: each byte is read before its float is written
        file.FileOf(tensor).Read(tensor, first, bytes);
        for (int i = 0; i < bytes.Length; i++)
            destination[i] = (sbyte)bytes[i] * scales[(first + i) / tensor.Shape[1]];
    }
}

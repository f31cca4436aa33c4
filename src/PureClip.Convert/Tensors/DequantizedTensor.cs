using System.Runtime.InteropServices;
using PureClip.Files;

namespace PureClip.Convert.Tensors;

/// <summary>
/// Integers read as (q − zero point) · scale in single precision, one scale and zero point for the whole tensor or for each index of
/// one axis (ONNX DequantizeLinear, MatMulInteger).
/// </summary>
internal sealed class DequantizedTensor : SourceTensor
{
    private readonly SourceTensor _quantized;
    private readonly float[] _scales;
    private readonly float[] _zeroPoints;
    private readonly int _axis;

    /// <param name="name">The parameter's name.</param>
    /// <param name="quantized">The integers.</param>
    /// <param name="scales">One, or as many as the axis is long.</param>
    /// <param name="zeroPoints">As many as scales.</param>
    /// <param name="axis">The dimension that scales belong to; ignored where there is one.</param>
    /// <exception cref="InvalidDataException">Scales, zero points and axis do not fit the tensor.</exception>
    public DequantizedTensor(string name, SourceTensor quantized, float[] scales, float[] zeroPoints, int axis)
        : base(name, NumberType.F32, quantized.Shape)
    {
        if (quantized.Type is not (NumberType.I8 or NumberType.U8 or NumberType.I16 or NumberType.U16 or NumberType.I32))
            Problem.InvalidData($"'{name}' is dequantised from {quantized.Type}; I8, U8, I16, U16 and I32 are supported.");
        if (scales.Length != zeroPoints.Length)
            Problem.InvalidData($"'{name}' has {scales.Length} scales but {zeroPoints.Length} zero points.");
        if (scales.Length != 1 && (axis < 0 || axis >= quantized.Shape.Length || quantized.Shape[axis] != scales.Length))
            Problem.InvalidData(
                $"'{name}' of shape {TensorShape.Text(quantized.Shape)} cannot have {scales.Length} scales on axis {axis}.");
        _quantized = quantized;
        _scales = scales;
        _zeroPoints = zeroPoints;
        _axis = axis;
    }

    public override string StoredAs =>
        $"{_quantized.Type} with {(_scales.Length == 1 ? "one scale" : $"a scale for each of {_scales.Length}")}";

    public override SourceTensor WithName(string name) => new DequantizedTensor(name, _quantized, _scales, _zeroPoints, _axis);

    public override SourceTensor Reshape(ReadOnlySpan<long> shape)
    {
        if (_scales.Length != 1)
            Problem.InvalidData(
                $"'{Name}' has a scale for each index of axis {_axis} and cannot take the shape {TensorShape.Text(shape)}.");
        return new DequantizedTensor(Name, _quantized.Reshape(shape), _scales, _zeroPoints, 0);
    }

    public override SourceTensor Transpose() => new DequantizedTensor(Name, _quantized.Transpose(), _scales, _zeroPoints, 1 - _axis);

    protected override void ReadElements(long first, int count, Span<byte> destination)
    {
        Span<float> values = MemoryMarshal.Cast<byte, float>(destination);
        _quantized.ReadSingles(first, values);
        long inner = InnerLength();
        for (int i = 0; i < count; i++)
        {
            int channel = _scales.Length == 1 ? 0 : (int)((first + i) / inner % _scales.Length);
            values[i] = (values[i] - _zeroPoints[channel]) * _scales[channel];
        }
    }

    /// <summary>Elements between neighbours along the axis.</summary>
    private long InnerLength()
    {
        long length = 1;
        for (int i = _axis + 1; i < Shape.Length; i++)
            length *= Shape[i];
        return length;
    }
}

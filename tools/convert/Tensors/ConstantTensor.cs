using System.Runtime.InteropServices;

namespace PureClip.Convert.Tensors;

/// <summary>A scalar that the source lacks and the result needs.</summary>
/// <param name="name">The parameter's name.</param>
/// <param name="value">Its value.</param>
internal sealed class ConstantTensor(string name, float value) : SourceTensor(name, ElementType.F32, [])
{
    public override SourceTensor WithName(string name) => new ConstantTensor(name, value);

    public override SourceTensor Reshape(ReadOnlySpan<long> shape)
    {
        RequireSameCount(shape);
        return this;
    }

    public override SourceTensor Transpose()
    {
        RequireMatrix();
        return this;
    }

    protected override void ReadElements(long first, int count, Span<byte> destination) => MemoryMarshal.Write(destination, value);
}

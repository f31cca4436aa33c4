using PureClip.Convert.Tensors;
using PureClip.Files;

namespace PureClip.Convert.Mapping;

/// <summary>
/// The positions of a Long-CLIP: rows 0 to 19 of a table that was not trained further, all others of the table that was (Zhang et al. 2024,
/// "Long-CLIP", 3.1, and <c>mask1</c> and <c>mask2</c> of its model).
/// </summary>
/// <param name="first">[rows, width]</param>
/// <param name="second">[rows, width]</param>
internal sealed class LongPositions(SourceTensor first, SourceTensor second) : SourceTensor(first.Name, first.Type, first.Shape)
{
    /// <summary>Rows that CLIP's training left well trained, and that stayed.</summary>
    public const int Kept = 20;

    private readonly long _kept =
        first.Shape is [> Kept, long width] && second.Type == first.Type && second.Shape.SequenceEqual(first.Shape)
            ? Kept * width
            : Problem.InvalidData<long>(
                $"'{first.Name}' is {TensorShape.Text(first.Shape)} and '{second.Name}' {TensorShape.Text(second.Shape)}; Long-CLIP's " +
                $"two tables have one shape and type, with more than {Kept} rows.");

    public override SourceTensor WithName(string name) => new LongPositions(first.WithName(name), second);

    public override SourceTensor Reshape(ReadOnlySpan<long> shape)
    {
        RequireSameCount(shape);
        return this;
    }

    public override SourceTensor Transpose() => throw new NotSupportedException("A table of positions is never transposed.");

    protected override void ReadElements(long start, int count, Span<byte> destination)
    {
        int size = Type.Size(), early = (int)Math.Clamp(_kept - start, 0, count);
        if (early > 0)
            first.Read(start, destination[..(early * size)]);
        if (early < count)
            second.Read(start + early, destination[(early * size)..]);
    }
}

namespace PureClip.Convert.Torch.Pickle;

/// <summary>A Python tuple. No record: equality of values would recurse, and pickles can contain themselves.</summary>
internal sealed class PickleTuple(object?[] items)
{
    public object?[] Items { get; } = items;
}

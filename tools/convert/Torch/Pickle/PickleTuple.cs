namespace PureClip.Convert.Torch.Pickle;

/// <summary>A Python tuple.</summary>
internal sealed record PickleTuple(object?[] Items);

namespace PureClip.Convert.Torch.Pickle;

/// <summary>
/// Bounds on what one pickle may make the reader hold: a few hundred MB at worst. A CLIP's is ten times below them, its optimiser included.
/// </summary>
internal static class PickleLimits
{
    /// <summary>Bytes of one pickle. A CLIP's is a few hundred kB: tensors are outside of it.</summary>
    public const int Bytes = 64 << 20;

    /// <summary>Values on the stack.</summary>
    public const int StackDepth = 500_000;

    /// <summary>Open marks.</summary>
    public const int Marks = 10_000;

    /// <summary>Slots of the memo.</summary>
    public const int MemoSlots = 1_000_000;

    /// <summary>Opcodes; each makes at most one value. ViT-bigG with its optimiser has some 200,000.</summary>
    public const int Opcodes = 2_000_000;

    /// <summary>Bytes of one integer: torch's magic number has ten.</summary>
    public const int IntegerBytes = 64;

    /// <summary>Characters of a global's module and name, and of a tensor's name.</summary>
    public const int NameLength = 1024;
}

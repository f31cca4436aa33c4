namespace PureClip.Convert.Torch.Pickle;

/// <summary>An inert stand-in for an object that Python would have built by calling or instantiating something.</summary>
/// <param name="cls">What would have been called, where it is known.</param>
internal sealed class PickleObject(PickleGlobal? cls)
{
    public PickleGlobal? Class { get; } = cls;

    /// <summary>What BUILD gave it: for a module its attributes.</summary>
    public object? State { get; set; }

    /// <summary>What SETITEMS gave it, where its class is some dict; null where nothing was.</summary>
    public PickleDictionary? Items { get; set; }
}

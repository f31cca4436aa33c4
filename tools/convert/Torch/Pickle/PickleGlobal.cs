namespace PureClip.Convert.Torch.Pickle;

/// <summary>A name that would be imported by Python. Here it is a name and nothing else.</summary>
internal sealed record PickleGlobal(string Module, string Name)
{
    public string FullName => $"{Module}.{Name}";
}

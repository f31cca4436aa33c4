namespace PureClip.Convert.Torch.Pickle;

/// <summary>One pickle, read.</summary>
/// <param name="Value">What it stands for.</param>
/// <param name="Length">Bytes it takes.</param>
/// <param name="Storages">Every storage it names, in order, with repetitions.</param>
internal sealed record Pickled(object? Value, int Length, IReadOnlyList<TorchStorage> Storages);

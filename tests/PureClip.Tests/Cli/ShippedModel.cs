namespace PureClip.Tests.Cli;

/// <summary>The shipped model, loaded once: what commands print is compared with what the library says.</summary>
public sealed class ShippedModel : IDisposable
{
    internal Clip Clip { get; } = Clip.Load(TestData.Weights("pictogram-mini"), new() { Threads = 1 });

    /// <inheritdoc/>
    public void Dispose() => Clip.Dispose();
}

namespace PureClip.Extensions.AI.Tests.Support;

/// <summary>The shipped model, loaded once for a class of tests.</summary>
public sealed class SharedClip : IDisposable
{
    internal Clip Clip { get; } = ShippedModel.Load();

    /// <inheritdoc/>
    public void Dispose() => Clip.Dispose();
}

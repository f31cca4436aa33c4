namespace PureClip.Convert.Knowledge;

/// <summary>One architecture under the name that OpenAI or OpenCLIP gives it.</summary>
/// <param name="Name">OpenCLIP's name, without "-quickgelu".</param>
/// <param name="EmbeddingWidth">Numbers of an embedding.</param>
/// <param name="Vision">The vision tower, or null for a ResNet.</param>
/// <param name="Text">The text tower.</param>
internal sealed record Architecture(string Name, int EmbeddingWidth, VisionArchitecture? Vision, TextArchitecture Text)
{
    /// <summary>True for the ModifiedResNet towers.</summary>
    public bool IsResNet => Vision is null;
}

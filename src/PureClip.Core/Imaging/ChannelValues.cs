namespace PureClip.Imaging;

/// <summary>One number for each colour channel: a mean or a standard deviation.</summary>
/// <param name="Red">The red channel's.</param>
/// <param name="Green">The green channel's.</param>
/// <param name="Blue">The blue channel's.</param>
public readonly record struct ChannelValues(float Red, float Green, float Blue)
{
    /// <summary>The same number for all three channels.</summary>
    public static ChannelValues All(float value) => new(value, value, value);
}

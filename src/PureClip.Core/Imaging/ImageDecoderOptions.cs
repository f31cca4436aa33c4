namespace PureClip.Imaging;

/// <summary>Limits that a decoder keeps.</summary>
public sealed record ImageDecoderOptions
{
    /// <summary>The default limits.</summary>
    public static ImageDecoderOptions Default { get; } = new();

    /// <summary>Largest picture that is decoded, in pixels (width times height). Checked before anything of that size is allocated.</summary>
    public long MaxPixels { get; init; } = 200_000_000;
}

namespace PureClip.Imaging;

/// <summary>How the size after resizing follows from a picture's own.</summary>
public enum ResizeMode
{
    /// <summary>
    /// The shorter edge becomes <see cref="ImagePreprocessorConfig.ShortestEdge"/>, the longer one keeps the ratio and is cut to an
    /// integer: torchvision's <c>Resize(R)</c> and Hugging Face's <c>shortest_edge</c>.
    /// </summary>
    ShortestEdge,

    /// <summary>Both edges become the output's; the ratio is lost: open_clip's <c>squash</c>, SigLIP's <c>height</c> and <c>width</c>.</summary>
    Squash,

    /// <summary>The largest size that fits into the output, edges rounded to nearest; the rest is padding: open_clip's <c>longest</c>.</summary>
    Longest,

    /// <summary>The smallest size that covers the output, edges rounded to nearest: open_clip's <c>shortest</c> for outputs that are not square.</summary>
    Cover,
}

namespace PureClip.Imaging;

/// <summary>A resampling filter. The numbers are Pillow's, as <c>resample</c> in preprocessor_config.json has them.</summary>
public enum ResampleFilter
{
    /// <summary>The nearest pixel; no interpolation.</summary>
    Nearest = 0,

    /// <summary>Truncated sinc, support 3.</summary>
    Lanczos = 1,

    /// <summary>Triangle, support 1.</summary>
    Bilinear = 2,

    /// <summary>Keys' cubic with a = −0.5, support 2: CLIP's filter.</summary>
    Bicubic = 3,

    /// <summary>Average, support 0.5.</summary>
    Box = 4,

    /// <summary>Hamming-windowed sinc, support 1.</summary>
    Hamming = 5,
}

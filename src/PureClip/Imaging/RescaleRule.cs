namespace PureClip.Imaging;

/// <summary>How a byte becomes a fraction. The two differ by one unit in the last place for some bytes.</summary>
public enum RescaleRule
{
    /// <summary>byte / 255 in single precision: torchvision's <c>ToTensor</c>.</summary>
    DivideBy255,

    /// <summary>byte · <see cref="ImagePreprocessorConfig.RescaleFactor"/> in double precision, then rounded to single: Hugging Face.</summary>
    MultiplyByFactor,
}

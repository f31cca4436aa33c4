namespace PureClip.Imaging;

/// <summary>How a byte becomes a fraction. With the usual factor of 1/255 both rules give the same 256 numbers.</summary>
public enum RescaleRule
{
    /// <summary>byte / 255 in single precision: torchvision's <c>ToTensor</c>.</summary>
    DivideBy255,

    /// <summary>byte · <see cref="ImagePreprocessorConfig.RescaleFactor"/> in double precision, then rounded to single: Hugging Face.</summary>
    MultiplyByFactor,
}

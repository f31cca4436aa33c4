namespace PureClip.Imaging;

/// <summary>
/// Which of two middle positions a centre crop takes where the margin is odd. They differ only where the difference of the sizes
/// leaves 3 when divided by 4 - or is negative and odd: the picture is smaller than the crop and padded.
/// </summary>
public enum CropRounding
{
    /// <summary>torchvision's <c>CenterCrop</c> (OpenAI, open_clip): half of the margin rounded half to even; padding has its odd pixel at the end.</summary>
    HalfToEven,

    /// <summary>Hugging Face's <c>center_crop</c>: half of the margin rounded down; padding has its odd pixel at the beginning.</summary>
    Floor,
}

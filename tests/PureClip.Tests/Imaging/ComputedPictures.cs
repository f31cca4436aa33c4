using PureClip.Imaging;

namespace PureClip.Tests.Imaging;

/// <summary>
/// Pictures that need no file: every byte is a hash of its index. The same formula stands in <c>tools/golden/make_resample.py</c>.
/// </summary>
internal static class ComputedPictures
{
    public static RasterImage Create(PixelMode mode, int width, int height, int seed)
    {
        byte[] pixels = Noise(width * height * RasterImage.ChannelsOf(mode), seed);
        if (mode is PixelMode.Bilevel)
            pixels = [.. pixels.Select(p => p > 127 ? (byte)255 : (byte)0)];
        return new RasterImage(mode, width, height, pixels) { Palette = mode is PixelMode.Palette ? Noise(768, seed + 2) : null };
    }

    /// <summary>An odd seed gives runs of seven bytes that are all 0 or 255, which make filters overshoot.</summary>
    public static byte[] Noise(int count, int seed)
    {
        bool contrast = seed % 2 == 1;
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++)
        {
            uint v = unchecked((uint)(contrast ? i / 7 : i) * 0x9E3779B1u + (uint)seed * 0x01000193u);
            v = unchecked((v ^ (v >> 15)) * 0x85EBCA77u);
            v ^= v >> 13;
            byte value = (byte)(v >> 24);
            bytes[i] = contrast ? value > 127 ? (byte)255 : (byte)0 : value;
        }
        return bytes;
    }
}

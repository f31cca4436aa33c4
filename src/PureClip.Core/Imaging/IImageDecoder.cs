namespace PureClip.Imaging;

/// <summary>
/// Turns the bytes of a picture file into pixels. The built-in decoders (PNG, JPEG) implement it; an application that has a
/// picture library of its own implements it to feed further formats. Implementations are thread-safe.
/// </summary>
public interface IImageDecoder
{
    /// <summary>The format's usual name, for messages: "PNG".</summary>
    string FormatName { get; }

    /// <summary>Whether a file with this beginning is this decoder's.</summary>
    /// <param name="head">The first bytes of the file (all of it where it is short).</param>
    bool Recognizes(ReadOnlySpan<byte> head);

    /// <summary>Decodes a whole file.</summary>
    /// <param name="file">All bytes of the file.</param>
    /// <param name="options">Limits.</param>
    /// <exception cref="InvalidDataException">The file is damaged, uses a feature that is not supported, or exceeds a limit; the message says which.</exception>
    RasterImage Decode(ReadOnlySpan<byte> file, ImageDecoderOptions options);
}

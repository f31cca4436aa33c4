namespace PureClip.Imaging;

/// <summary>A decoder that can lay pixels into borrowed memory.</summary>
internal interface IBuiltInDecoder : IImageDecoder
{
    /// <summary>Decodes a whole file.</summary>
    /// <param name="file">All bytes of the file.</param>
    /// <param name="options">Limits.</param>
    /// <param name="memory">Where large arrays come from; the picture is valid as long as they are.</param>
    /// <exception cref="InvalidDataException">As from <see cref="IImageDecoder.Decode"/>.</exception>
    RasterImage Decode(ReadOnlySpan<byte> file, ImageDecoderOptions options, PictureMemory memory);

    /// <inheritdoc/>
    RasterImage IImageDecoder.Decode(ReadOnlySpan<byte> file, ImageDecoderOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Decode(file, options, PictureMemory.Owned);
    }
}

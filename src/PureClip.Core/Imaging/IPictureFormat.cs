namespace PureClip.Imaging;

/// <summary>
/// A built-in picture format: everything that the library and the programs on it know about it. A new one is a class that implements
/// this, and a line in <see cref="ImageFormats.BuiltIn"/>.
/// </summary>
internal interface IPictureFormat : IImageDecoder
{
    /// <summary>Decodes a whole file.</summary>
    /// <param name="file">All bytes of the file.</param>
    /// <param name="options">Limits.</param>
    /// <param name="memory">Where large arrays come from; the picture is valid as long as they are.</param>
    /// <exception cref="InvalidDataException">As from <see cref="IImageDecoder.Decode"/>.</exception>
    RasterImage Decode(ReadOnlySpan<byte> file, ImageDecoderOptions options, PictureMemory memory);

    /// <summary>As in the base, but a built-in format has to say it.</summary>
    abstract IReadOnlyList<string> IImageDecoder.Extensions { get; }

    /// <inheritdoc cref="IImageDecoder.Extensions"/>
    abstract string? IImageDecoder.MediaType { get; }

    /// <inheritdoc/>
    RasterImage IImageDecoder.Decode(ReadOnlySpan<byte> file, ImageDecoderOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Decode(file, options, PictureMemory.Owned);
    }
}

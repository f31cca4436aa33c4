using PureClip.Imaging.Resampling;

namespace PureClip.Imaging;

/// <summary>
/// Turns decoded pictures into a network's input, bit for bit as Pillow with torchvision (OpenAI, open_clip) or with Hugging Face's
/// image processor does. Immutable and thread-safe.
/// </summary>
public sealed class ImagePreprocessor
{
    private readonly Normalize _normalize;

    /// <summary>Prepares for a configuration.</summary>
    /// <param name="config">What to do.</param>
    /// <exception cref="ArgumentException">A setting is outside its range.</exception>
    public ImagePreprocessor(ImagePreprocessorConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        config.Validate();
        Config = config;
        _normalize = new Normalize(config);
    }

    /// <summary>What this preprocessor does.</summary>
    public ImagePreprocessorConfig Config { get; }

    /// <summary>Floats of one preprocessed picture: 3 · height · width.</summary>
    public int OutputLength => Config.MostPatches is int most
        ? FlexibleSize.HeaderLength + 3 * most * Config.PatchSize * Config.PatchSize
        : 3 * Config.OutputHeight * Config.OutputWidth;

    /// <summary>The whole picture, oriented and converted to RGB: what a person sees.</summary>
    /// <exception cref="ArgumentException">More than 2³¹ bytes as RGB.</exception>
    public RgbImage Decoded(RasterImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        return RgbConversion.ToRgb(Config.ApplyOrientation ? Orientation.Apply(image) : image, Config.Background);
    }

    /// <summary>The picture resized and cropped to the output's size: what the network sees.</summary>
    /// <exception cref="ArgumentException">The picture cannot be brought to the output's size with this configuration.</exception>
    public RgbImage Resized(RasterImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        if (Config.MostPatches is not null)
            return Of(image, out _, out _).Resized(image);
        byte[] rgb = new byte[OutputLength];
        Render(image, rgb);
        return new RgbImage(Config.OutputWidth, Config.OutputHeight, rgb);
    }

    /// <inheritdoc cref="Resized(RasterImage)"/>
    public RgbImage Resized(RgbImage image) => Resized(AsRaster(image));

    /// <summary>The part of a picture, turned as <see cref="Decoded"/> turns it, that the network sees.</summary>
    /// <exception cref="ArgumentException">The picture is too elongated to be resized.</exception>
    public SeenPart SeenOf(RasterImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        (int width, int height) = TurnedSize(image);
        return Config.MostPatches is null ? SeenPart.Of(width, height, Config) : new(0, 0, 1, 1);
    }

    /// <summary>The network's input.</summary>
    /// <param name="image">A decoded picture.</param>
    /// <param name="destination">
    /// [3, height, width], <see cref="OutputLength"/> floats, all of them written; where <see cref="ImagePreprocessorConfig.MostPatches"/> is
    /// set, two numbers (rows and columns of patches) before them and zeros behind.
    /// </param>
    /// <exception cref="ArgumentException">
    /// The destination's length is wrong, or the picture cannot be brought to the output's size with this configuration.
    /// </exception>
    public void Preprocess(RasterImage image, Span<float> destination)
    {
        ArgumentNullException.ThrowIfNull(image);
        if (destination.Length != OutputLength)
            throw new ArgumentException(
                $"[3, {Config.OutputHeight}, {Config.OutputWidth}] are {OutputLength} floats, but room for {destination.Length} was given.",
                nameof(destination));
        if (Config.MostPatches is not null)
        {
            PreprocessFlexibly(image, destination);
            return;
        }
        using PooledBuffer<byte> rgb = PooledBuffer<byte>.Rent(OutputLength);
        Render(image, rgb.Span);
        _normalize.Apply(rgb.Span, destination);
    }

    /// <summary>[rows, columns of patches, then 3 · height · width numbers], zeros behind.</summary>
    private void PreprocessFlexibly(RasterImage image, Span<float> destination)
    {
        ImagePreprocessor own = Of(image, out int rows, out int columns);
        (destination[0], destination[1]) = (rows, columns);
        own.Preprocess(image, destination.Slice(FlexibleSize.HeaderLength, own.OutputLength));
        destination[(FlexibleSize.HeaderLength + own.OutputLength)..].Clear();
    }

    /// <summary>The one for the size of a picture.</summary>
    private ImagePreprocessor Of(RasterImage image, out int rows, out int columns)
    {
        (int width, int height) = TurnedSize(image);
        (rows, columns) = FlexibleSize.Of(height, width, Config.PatchSize, Config.MostPatches!.Value);
        return new(Config with
        {
            MostPatches = null,
            ResizeMode = ResizeMode.Squash,
            DoCenterCrop = false,
            OutputHeight = rows * Config.PatchSize,
            OutputWidth = columns * Config.PatchSize,
        });
    }

    private (int Width, int Height) TurnedSize(RasterImage image) =>
        Config.ApplyOrientation && Orientation.SwapsAxes(image.Orientation) ? (image.Height, image.Width) : (image.Width, image.Height);

    /// <inheritdoc cref="Preprocess(RasterImage, Span{float})"/>
    public void Preprocess(RgbImage image, Span<float> destination) => Preprocess(AsRaster(image), destination);

    private static RasterImage AsRaster(RgbImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        return new RasterImage(PixelMode.Rgb, image.Width, image.Height, image.Pixels);
    }

    /// <summary>All the steps on bytes. A buffer of length 0 stands for a step that this picture does not need.</summary>
    private void Render(RasterImage image, Span<byte> rgb)
    {
        bool turn = Config.ApplyOrientation && Orientation.Turns(image.Orientation);
        bool convertFirst = image.Mode is not PixelMode.Rgb && Config.PixelOrder is PixelOrder.RgbFirst
            || Config.Background is not null && RgbConversion.HasTransparency(image);

        // Turned first: what is shorter, what is cut off and what lies in the middle is meant of the picture as a person sees it.
        PixelView view = PixelView.Of(image);
        using PooledBuffer<byte> turned = PooledBuffer<byte>.Rent(turn ? view.Pixels.Length : 0);
        if (turn)
            view = Orientation.Apply(view, image.Orientation, turned.Span);

        // A background goes under before resizing: afterwards the colours below transparent pixels have mixed with their neighbours.
        using PooledBuffer<byte> converted = PooledBuffer<byte>.Rent(convertFirst ? RgbConversion.ByteCount(view.Width, view.Height) : 0);
        if (convertFirst)
        {
            RgbConversion.Convert(view, image, Config.Background, converted.Span);
            view = new PixelView(PixelMode.Rgb, view.Width, view.Height, converted.Span);
        }

        if (view.Mode is PixelMode.Rgb)
        {
            ResizeAndCrop(view, rgb);
            return;
        }

        // In its own mode, as OpenAI does it: the few pixels that are left are converted last.
        using PooledBuffer<byte> resized = PooledBuffer<byte>.Rent(Config.OutputHeight * Config.OutputWidth * view.Channels);
        ResizeAndCrop(view, resized.Span);
        PixelView small = new(view.Mode, Config.OutputWidth, Config.OutputHeight, resized.Span);
        RgbConversion.Convert(small, image, background: null, rgb);
    }

    /// <summary>Resizes only what the crop leaves, straight to where it belongs.</summary>
    private void ResizeAndCrop(PixelView view, Span<byte> output)
    {
        ResizedSize size = ResizedSize.Of(view.Width, view.Height, Config);
        if (!Config.DoCenterCrop && (size.Width != Config.OutputWidth || size.Height != Config.OutputHeight))
            throw new ArgumentException(
                $"The picture is {size.Width} x {size.Height} after resizing, where the model takes {Config.OutputWidth} x "
                + $"{Config.OutputHeight}, and its picture rules have the centre crop switched off (do_center_crop). Switch it on there, "
                + "or have both edges resized (size with height and width).");
        CenterCrop columns = CenterCrop.Of(size.Width, Config.OutputWidth, Config.CropRounding);
        CenterCrop rows = CenterCrop.Of(size.Height, Config.OutputHeight, Config.CropRounding);
        if (columns.Count < Config.OutputWidth || rows.Count < Config.OutputHeight)
            output.Fill(Config.FillValue);
        TargetRows target = new(output, Config.OutputWidth * view.Channels);
        PillowResampler.Resize(
            view,
            Config.Interpolation,
            new ResampleAxis(view.Width, size.Width, columns.Start, columns.Count),
            new ResampleAxis(view.Height, size.Height, rows.Start, rows.Count),
            target.From(rows.Destination, columns.Destination * view.Channels));
    }
}

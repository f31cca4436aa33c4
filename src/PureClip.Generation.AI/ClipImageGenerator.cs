using System.Diagnostics.CodeAnalysis;
using System.Drawing;
using System.Globalization;
using Microsoft.Extensions.AI;

namespace PureClip.Generation.AI;

/// <summary>A <see cref="PictureGenerator"/> as Microsoft.Extensions.AI's generator of images. The interface is experimental there, and this here.</summary>
/// <param name="generator">Who draws; it stays the caller's.</param>
/// <remarks>
/// A prompt and original images are added with equal weights. <see cref="ImageGenerationOptions.Count"/> is heeded, and
/// <see cref="ImageGenerationOptions.ImageSize"/> where it is a square of whole times the network's side; so are "seed", "style", "steps",
/// "guidance" and "best_of" among the additional properties. Images are PNG.
/// </remarks>
[Experimental("PURECLIP001")]
public sealed class ClipImageGenerator(PictureGenerator generator) : IImageGenerator
{
    private const string Png = "image/png";

    private readonly PictureGenerator _generator = generator ?? throw new ArgumentNullException(nameof(generator));

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">There is nothing to draw, or an option is out of its range.</exception>
    /// <exception cref="NotSupportedException">An option asks for what is not there.</exception>
    public async Task<ImageGenerationResponse> GenerateAsync(
        ImageGenerationRequest request, ImageGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (options?.MediaType is string type && type != Png)
            throw new NotSupportedException($"The media type {type} is not written; {Png} is.");
        if (options?.ResponseFormat is ImageGenerationResponseFormat.Uri or ImageGenerationResponseFormat.Hosted)
            throw new NotSupportedException("Images are returned as data; there is no host to put them on.");
        DrawingPrompt prompt = PromptOf(request);
        int times = TimesOf(options?.ImageSize);
        DrawingOptions drawing = OptionsOf(options);
        IReadOnlyList<DrawnPicture> pictures = await Task.Run(
            () => _generator.Draw(prompt, drawing, cancellationToken: cancellationToken), cancellationToken).ConfigureAwait(false);
        return new([.. pictures.Select(picture => new DataContent(picture.Enlarge(times).ToPng(), Png))]) { RawRepresentation = pictures };
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType.IsInstanceOfType(this) ? this
            : serviceType.IsInstanceOfType(_generator) ? _generator
            : null;
    }

    /// <summary>Does nothing: the generator is whose it was.</summary>
    public void Dispose()
    {
    }

    private static DrawingPrompt PromptOf(ImageGenerationRequest request)
    {
        List<(float, DrawingPrompt)> terms = [];
        if (!string.IsNullOrWhiteSpace(request.Prompt))
            terms.Add((1f, DrawingPrompt.FromText(request.Prompt)));
        foreach (AIContent image in request.OriginalImages ?? [])
            terms.Add((1f, image is DataContent data
                ? DrawingPrompt.FromPicture(ImageSource.FromBytes(data.Data))
                : throw new NotSupportedException($"An original image is {image.GetType().Name}; only data is read.")));
        return terms.Count > 0
            ? DrawingPrompt.Sum(terms)
            : throw new ArgumentException("There is nothing to draw: neither a prompt nor an original image.", nameof(request));
    }

    private static DrawingOptions OptionsOf(ImageGenerationOptions? options)
    {
        T Of<T>(string name, T usual)
            where T : IConvertible => options?.AdditionalProperties?.TryGetValue(name, out object? value) == true && value is not null
            ? (T)Convert.ChangeType(value, typeof(T), CultureInfo.InvariantCulture)
            : usual;
        DrawingOptions usual = new();
        return new()
        {
            Count = options?.Count ?? 1,
            Seed = Of("seed", usual.Seed),
            Style = options?.AdditionalProperties?.TryGetValue("style", out object? style) == true ? style?.ToString() : null,
            Steps = Of("steps", usual.Steps),
            Guidance = Of("guidance", usual.Guidance),
            BestOf = Of("best_of", usual.BestOf),
        };
    }

    private int TimesOf(Size? size)
    {
        int side = _generator.Side;
        return size is not Size wanted ? 1
            : wanted.Width == wanted.Height && wanted.Width > 0 && wanted.Width % side == 0 ? wanted.Width / side
            : throw new NotSupportedException(
                $"The size {wanted.Width} x {wanted.Height} is not drawn; squares of {side}, {2 * side}, … are.");
    }
}

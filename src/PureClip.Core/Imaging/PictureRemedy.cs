using System.Diagnostics.CodeAnalysis;

namespace PureClip.Imaging;

/// <summary>What would have a picture read that was refused; programs with options of their own name theirs.</summary>
public enum PictureRemedy
{
    /// <summary>No option would: the file is damaged, or of no format that is known.</summary>
    None,

    /// <summary>A higher <see cref="ImageDecoderOptions.MaxPixels"/>.</summary>
    MorePixels,

    /// <summary>A higher <see cref="ImageDecoderOptions.MaxFileBytes"/>.</summary>
    MoreBytes,

    /// <summary><see cref="ImageDecoderOptions.Tolerant"/>: the file is cut off in its pixels, and what is there can be shown.</summary>
    Tolerance,

    /// <summary><see cref="ClipOptions.Previews"/>: a camera's raw file, and the JPEG inside can be shown.</summary>
    Previews,

    /// <summary>A smaller picture: it is larger than any limit could be.</summary>
    SmallerPicture,
}

/// <summary>Refusals of pictures, with what would have them read: an exception carries it, for its type is the framework's.</summary>
internal static class Refusal
{
    private const string Remedy = "PureClip.Imaging.PictureRemedy";

    /// <summary>A refusal.</summary>
    public static InvalidDataException Of(string message, PictureRemedy remedy, Exception? inner = null) =>
        new(message, inner) { Data = { [Remedy] = remedy } };

    /// <summary>What an exception, or the one that it came from, carries.</summary>
    public static PictureRemedy RemedyFor(Exception? exception) => exception is null
        ? PictureRemedy.None
        : exception.Data[Remedy] as PictureRemedy? ?? RemedyFor(exception.InnerException);

    /// <summary>Refuses a picture that one array cannot hold, or that has more pixels than are allowed.</summary>
    /// <param name="subject">What messages call it.</param>
    /// <param name="width">Its width.</param>
    /// <param name="height">Its height.</param>
    /// <param name="bytesAPixel">What a pixel takes.</param>
    /// <param name="maxPixels">The limit.</param>
    /// <exception cref="InvalidDataException">It is too large.</exception>
    public static void RequirePixels(string subject, int width, int height, int bytesAPixel, long maxPixels)
    {
        long pixels = (long)width * height, most = Array.MaxLength / bytesAPixel;
        string found = $"{subject} has {width} x {height} = {pixels} pixels";
        if (pixels > maxPixels)
            throw pixels <= most
                ? Of($"{found}, but {maxPixels} is the limit; reduce the picture, or raise the limit of pixels.", PictureRemedy.MorePixels)
                : Of($"{found}, but {maxPixels} is the limit; reduce the picture.", PictureRemedy.SmallerPicture);
        if (pixels > most)
            throw Of($"{found}, more than one array holds; reduce the picture.", PictureRemedy.SmallerPicture);
    }
}

/// <summary>How the decoder of a format rejects a file: each of its messages begins with the format's name.</summary>
/// <typeparam name="TFormat">The format.</typeparam>
internal abstract class Rejection<TFormat>
    where TFormat : IPictureFormat, new()
{
    /// <summary>What messages begin with.</summary>
    public static string Prefix { get; } = $"{new TFormat().FormatName}: ";

    /// <summary>Rejects the file.</summary>
    /// <param name="message">What was found, what is allowed.</param>
    [DoesNotReturn]
    public static void Invalid(string message) => throw new InvalidDataException(Prefix + message);

    /// <summary>Rejects the file from within an expression.</summary>
    [DoesNotReturn]
    public static T Invalid<T>(string message) => throw new InvalidDataException(Prefix + message);

    /// <summary>Rejects a file that ends too early.</summary>
    /// <param name="expected">What should have followed.</param>
    [DoesNotReturn]
    public static void Truncated(string expected) => Invalid(EndsWhere(expected));

    /// <summary>Rejects a file that ends within its pixels, of which those that are there can be shown.</summary>
    /// <inheritdoc cref="Truncated"/>
    [DoesNotReturn]
    public static void CutOff(string expected) => throw Refusal.Of(Prefix + EndsWhere(expected), PictureRemedy.Tolerance);

    private static string EndsWhere(string expected) => $"the file ends where {expected} was expected; it is truncated.";
}

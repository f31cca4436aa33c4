using System.CommandLine;
using PureClip.Imaging;

namespace PureClip.Cli.Arguments;

/// <summary><c>--max-pixels</c> and <c>--max-bytes</c>, on every command that reads pictures: the largest that are read.</summary>
internal sealed class PictureLimits
{
    private const long UsualBytes = 1L << 30;

    private readonly Option<long> _pixels = Values.Integer(
        Failures.MaxPixels, "Largest picture that is read, in pixels.", 1, long.MaxValue, ImageDecoderOptions.Default.MaxPixels);

    private readonly Option<long> _bytes = Values.Integer(
        Failures.MaxBytes, "Largest file of a picture that is read, in bytes.", 1, Array.MaxLength, UsualBytes);

    public PictureLimits(Command command)
    {
        command.Add(_pixels);
        command.Add(_bytes);
    }

    /// <summary>Both.</summary>
    public Option[] Options => [_pixels, _bytes];

    /// <summary>Puts them into the library's options.</summary>
    public ClipOptions Apply(ParseResult line, ClipOptions options) =>
        options with { MaxPixels = line.GetValue(_pixels), MaxFileBytes = line.GetValue(_bytes) };
}

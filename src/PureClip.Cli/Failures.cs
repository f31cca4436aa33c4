using System.CommandLine;
using PureClip.Imaging;

namespace PureClip.Cli;

/// <summary>Exceptions as one sentence for people.</summary>
internal static class Failures
{
    /// <summary>Options that messages recommend.</summary>
    public const string MaxPixels = "--max-pixels", MaxBytes = "--max-bytes", Tolerant = "--tolerant", Previews = "--previews";

    private const int BrokenPipe = 32; // EPIPE

    /// <summary>What went wrong, and the option of the command that would help.</summary>
    /// <param name="exception">It.</param>
    /// <param name="command">The command that runs; null where no option is to be recommended.</param>
    public static string Describe(Exception exception, Command? command = null)
    {
        string message = Say(exception);
        string? option = ImageFormats.RemedyFor(exception) switch
        {
            PictureRemedy.MorePixels => MaxPixels,
            PictureRemedy.MoreBytes => MaxBytes,
            PictureRemedy.Tolerance => Tolerant,
            PictureRemedy.Previews => Previews,
            _ => null,
        };
        if (option is null || command?.Options.Any(known => known.Name == option) != true)
            return message;
        return option == Tolerant ? $"{message} {option} shows what is there of it." : $"{message.TrimEnd('.')} ({option}).";
    }

    private static string Say(Exception exception) => exception switch
    {
        OutOfMemoryException => "There is not enough memory. Use fewer threads, a smaller model or smaller pictures.",
        AggregateException or TypeInitializationException when exception.InnerException is Exception inner => Say(inner),
        ArgumentException { ParamName: string name } => exception.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal),
        IOException or InvalidDataException or UnauthorizedAccessException => exception.Message,
        InvalidOperationException or ArgumentException => exception.Message,
        _ => $"this should not have happened: {exception.GetType().Name}: {exception.Message}",
    };

    /// <summary>What went wrong with a file, its name in front.</summary>
    /// <inheritdoc cref="Describe"/>
    public static string About(string path, Exception exception, Command? command = null)
    {
        string message = Describe(exception, command);
        return message.StartsWith(path, StringComparison.Ordinal) ? message : $"{path}: {message}";
    }

    /// <summary>Whether a picture was refused for its size: it may be whole, and there is something to do.</summary>
    public static bool IsLimit(Exception exception) =>
        ImageFormats.RemedyFor(exception) is PictureRemedy.MorePixels or PictureRemedy.MoreBytes or PictureRemedy.SmallerPicture;

    /// <summary>
    /// Calls the library, which does not know that there are commands: where a file holds something wrong, this program's next step is
    /// added.
    /// </summary>
    /// <param name="call">The call.</param>
    /// <param name="nextStep">What to type next; null where there is nothing to add.</param>
    public static T Advise<T>(Func<T> call, string? nextStep)
    {
        try
        {
            return call();
        }
        catch (InvalidDataException e) when (nextStep is not null)
        {
            throw new InvalidDataException($"{e.Message} {nextStep}", e);
        }
    }

    /// <summary>A word as it is typed in a shell.</summary>
    public static string Quoted(string word)
    {
        if (word.Length > 0 && !word.AsSpan().ContainsAny(" \t*?[]{}()<>|&;!#~'\"`$\\"))
            return word;
        // Unix: what has a meaning within double quotes, too, is made literal. Windows knows none of it.
        return OperatingSystem.IsWindows() || !word.AsSpan().ContainsAny("\"`$\\!")
            ? $"\"{word}\""
            : $"'{word.Replace("'", @"'\''", StringComparison.Ordinal)}'";
    }

    /// <summary>Whether the program that read standard output has gone: no failure of this one.</summary>
    public static bool IsBrokenPipe(Exception exception) => exception is IOException { HResult: BrokenPipe };
}

/// <summary>The command line is wrong in a way that the parser cannot see.</summary>
internal sealed class UsageException(string message) : Exception(message);

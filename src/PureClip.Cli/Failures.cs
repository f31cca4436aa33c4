namespace PureClip.Cli;

/// <summary>Exceptions as one sentence for people.</summary>
internal static class Failures
{
    private const int BrokenPipe = 32; // EPIPE

    /// <summary>What went wrong.</summary>
    public static string Describe(Exception exception) => exception switch
    {
        OutOfMemoryException => "There is not enough memory. Use fewer --threads or a smaller model, or lower --max-pixels.",
        AggregateException or TypeInitializationException when exception.InnerException is Exception inner => Describe(inner),
        ArgumentException { ParamName: string name } => exception.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal),
        IOException or InvalidDataException or UnauthorizedAccessException or InvalidOperationException or ArgumentException => exception.Message,
        _ => $"this should not have happened: {exception.GetType().Name}: {exception.Message}",
    };

    /// <summary>What went wrong with a file, its name in front.</summary>
    public static string About(string path, Exception exception)
    {
        string message = Describe(exception);
        return message.StartsWith(path, StringComparison.Ordinal) ? message : $"{path}: {message}";
    }

    /// <summary>Whether the program that read standard output has gone: no failure of this one.</summary>
    public static bool IsBrokenPipe(Exception exception) => exception is IOException { HResult: BrokenPipe };
}

/// <summary>The command line is wrong in a way that the parser cannot see.</summary>
internal sealed class UsageException(string message) : Exception(message);

namespace PureClip.Cli;

/// <summary>What the program tells the shell that started it.</summary>
internal static class ExitCode
{
    /// <summary>Everything was done.</summary>
    public const int Success = 0;

    /// <summary>An input or the model could not be used; the rest was done where that makes sense.</summary>
    public const int Failure = 1;

    /// <summary>The command line itself is wrong; nothing was done.</summary>
    public const int Usage = 2;

    /// <summary>Interrupted: 128 + SIGINT, as shells have it.</summary>
    public const int Cancelled = 130;
}

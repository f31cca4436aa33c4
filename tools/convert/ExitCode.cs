namespace PureClip.Convert;

/// <summary>What the program tells the shell that started it.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>The input could not be converted, or the result is not what the reference says.</summary>
    public const int Failure = 1;

    /// <summary>The command line is wrong; nothing was done.</summary>
    public const int Usage = 2;

    /// <summary>Interrupted: 128 + SIGINT, as shells have it.</summary>
    public const int Cancelled = 130;
}

using PureClip.Cli;

namespace PureClip.Tests.Cli;

/// <summary>Runs a command line in this process, as a shell with redirected streams would.</summary>
internal static class CommandLine
{
    /// <summary>A picture that is there.</summary>
    public static string Cat { get; } = Picture("cat");

    /// <summary>A picture of the gallery.</summary>
    public static string Picture(string name) => TestData.PathOf($"gallery/{name}.png");

    /// <summary>Runs a command line.</summary>
    public static CommandResult Run(params string[] args) => RunWithInput("", args);

    /// <summary>Runs a command line with something on standard input.</summary>
    public static CommandResult RunWithInput(string input, params string[] args) => Run(input, CancellationToken.None, args);

    /// <summary>Runs a command line that may be interrupted.</summary>
    public static CommandResult Run(string input, CancellationToken cancellation, params string[] args)
    {
        using StringWriter output = new(), error = new();
        int exitCode = Program.Run(args, new StringReader(input), output, error, cancellation);
        CommandResult result = new(exitCode, output.ToString(), error.ToString());
        Assert.DoesNotContain("   at ", result.Error); // a stack trace
        Assert.DoesNotContain("this should not have happened", result.Error);
        return result;
    }
}

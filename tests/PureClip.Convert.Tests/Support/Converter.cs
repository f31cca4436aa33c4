namespace PureClip.Convert.Tests.Support;

/// <summary>Runs the program as a user would.</summary>
internal static class Converter
{
    /// <summary>Exit code, report, messages.</summary>
    public static (int ExitCode, string Output, string Error) Run(params string[] args) => Run(CancellationToken.None, args);

    public static (int ExitCode, string Output, string Error) Run(CancellationToken cancellation, params string[] args)
    {
        using StringWriter output = new(), error = new();
        int exitCode = Tool.Program.Run(args, output, error, cancellation);
        return (exitCode, output.ToString(), error.ToString());
    }

    /// <summary>Converts, and fails the test where that fails.</summary>
    /// <returns>The report.</returns>
    public static string Convert(string input, string output, params string[] options)
    {
        (int exitCode, string report, string error) = Run([input, output, .. options]);
        Assert.True(exitCode == 0, $"{input}: exit code {exitCode}: {error}");
        return report;
    }
}

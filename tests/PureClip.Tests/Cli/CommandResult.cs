using System.Text.Json;

namespace PureClip.Tests.Cli;

/// <summary>What became of a command line.</summary>
/// <param name="ExitCode">What the shell would see.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Error">Standard error.</param>
internal sealed record CommandResult(int ExitCode, string Output, string Error)
{
    /// <summary>Standard output as JSON Lines.</summary>
    public JsonElement[] Lines =>
        [.. Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];

    /// <summary>The exit code and one line of explanation were as expected, and nothing went to standard output.</summary>
    public void AssertFails(int exitCode, params string[] words)
    {
        Assert.Equal(exitCode, ExitCode);
        Assert.Empty(Output);
        Assert.StartsWith("pureclip: ", Error);
        foreach (string word in words)
            Assert.Contains(word, Error);
        Assert.Equal(exitCode == 2, Error.Contains("--help'"));
    }
}

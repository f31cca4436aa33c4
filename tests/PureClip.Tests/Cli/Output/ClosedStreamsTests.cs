using System.Diagnostics;
using PureClip.Cli;

namespace PureClip.Tests.Cli.Output;

/// <summary>The program itself, started as schedulers, daemons and careless scripts start it: without some of its streams.</summary>
public sealed class ClosedStreamsTests
{
    [Theory]
    [InlineData("<&-", 1, "pureclip: Standard input cannot be read: it is closed.\n", "tokenize", "--json-lines")]
    [InlineData("<&-", 0, "", "tokenize", "--vocabulary", "clip", "a cat")]
    [InlineData("</dev/null", 0, "", "tokenize", "--json-lines", "--vocabulary", "clip")]
    [InlineData(">&-", 1, "pureclip: Standard output cannot be written: it is closed.\n", "tokenize", "--vocabulary", "clip", "a cat")]
    [InlineData(">&- <&-", 1, "pureclip: Standard output cannot be written: it is closed.\n", "search", "--help")]
    [InlineData("2>&-", 1, "", "embed", "none.png")]
    [InlineData("2>&- >&- <&-", 1, "", "embed", "none.png")]
    [InlineData("2>&- >&- <&-", 2, "", "embed", "--no-such-option")]
    public async Task A_closed_stream_is_said_where_it_is_needed_and_hangs_nothing(string redirections, int exitCode, string error, params string[] arguments)
    {
        if (!OperatingSystem.IsLinux())
            return; // elsewhere nothing tells a closed descriptor from the runtime's own
        string program = typeof(Program).Assembly.Location;
        using Process process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"exec dotnet exec \"$@\" {redirections}", "sh", program, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), messages = process.StandardError.ReadToEndAsync();
        await Task.WhenAll(output, messages).WaitAsync(TimeSpan.FromSeconds(60)); // its input stays open meanwhile
        await process.WaitForExitAsync();
        Assert.Equal((exitCode, error), (process.ExitCode, await messages));
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using PureClip.Cli;

namespace PureClip.Tests.Cli;

/// <summary>The program itself, interrupted while it computes, while it waits for standard input and while it waits for the network.</summary>
public sealed class InterruptionTests
{
    [Theory]
    [InlineData("INT"), InlineData("TERM")]
    public async Task Computing_ends(string signal)
    {
        if (IsLost(signal))
            return;
        using Process process = Start(new(), "bench", "--kind", "text", "--text-batch", "1,2,4,8", "--threads", "1");
        await ReadLine(process); // the first of its cells; it measures the next
        await AssertEnds(process, signal);
    }

    [Theory]
    [InlineData("INT"), InlineData("TERM")]
    public async Task Waiting_for_standard_input_ends(string signal)
    {
        if (IsLost(signal))
            return;
        using Process process = Start(new(), "tokenize", "--json-lines", "--vocabulary", "clip");
        await process.StandardInput.WriteAsync("\"a cat\"\n");
        await process.StandardInput.FlushAsync();
        await ReadLine(process); // its answer; it waits for the next text
        await AssertEnds(process, signal);
    }

    [Theory]
    [InlineData("INT"), InlineData("TERM")]
    public async Task Waiting_for_a_server_that_does_not_answer_ends(string signal)
    {
        if (IsLost(signal))
            return;
        using TemporaryFolder folder = new();
        using TcpListener silent = new(IPAddress.Loopback, 0);
        silent.Start();
        using Process process = Start(
            new() { ["HF_ENDPOINT"] = $"http://{silent.LocalEndpoint}", ["HF_HOME"] = folder.Path }, "get", "owner/model");
        using TcpClient connected = await silent.AcceptTcpClientAsync().WaitAsync(TimeSpan.FromMinutes(2));
        await AssertEnds(process, signal);
    }

    /// <summary>Whether a signal never arrives: on Windows, and SIGINT where a shell has started the tests in the background.</summary>
    private static bool IsLost(string signal)
    {
        const string Ignored = "SigIgn:", Status = "/proc/self/status";
        const int Interrupt = 1 << (2 - 1); // proc(5): the bit of SIGINT, 2; children inherit what is ignored
        if (OperatingSystem.IsWindows() || signal != "INT" || !File.Exists(Status))
            return OperatingSystem.IsWindows();
        string mask = File.ReadLines(Status).First(static line => line.StartsWith(Ignored, StringComparison.Ordinal))[Ignored.Length..];
        return (ulong.Parse(mask.Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) & Interrupt) != 0;
    }

    private static Process Start(Dictionary<string, string> environment, params string[] arguments)
    {
        ProcessStartInfo start = new("dotnet", ["exec", typeof(Program).Assembly.Location, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    private static async Task ReadLine(Process process) =>
        Assert.NotNull(await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(2)));

    /// <summary>The minutes are for whoever waits in vain: what ends late is found by its exit code, what does not end by them.</summary>
    private static async Task AssertEnds(Process process, string signal)
    {
        using (Process kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]))
            await kill.WaitForExitAsync();
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(2));
            Assert.True(process.ExitCode == ExitCode.Cancelled, $"{process.ExitCode}: {await error}");
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }
}

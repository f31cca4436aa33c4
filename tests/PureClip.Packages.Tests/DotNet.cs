using System.Diagnostics;

namespace PureClip.Packages.Tests;

/// <summary>Runs programs in the repository's root as a user would, untouched by the build and the test run around them.</summary>
internal static class DotNet
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    /// <summary>The runtime's directory, which an installed tool looks for.</summary>
    private static readonly string Root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", ".."));

    /// <summary>Where the packages that this solution was built with lie.</summary>
    public static string PackagesOfThisMachine { get; } = Run(null, "nuget", "locals", "global-packages", "--list").Split("global-packages:")[1].Trim();

    /// <summary>Runs the SDK.</summary>
    /// <param name="packages">Where it unpacks packages; null for the machine's place.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <returns>What it printed.</returns>
    public static string Run(string? packages, params string[] arguments) => Run(Path.Combine(Root, "dotnet"), packages, arguments);

    /// <summary>The script that runs a tool without installing it; it lies beside the SDK's program.</summary>
    public static string Dnx { get; } = Path.Combine(Root, OperatingSystem.IsWindows() ? "dnx.cmd" : "dnx");

    /// <summary>Runs a program; fails with what it printed where its exit code is not 0.</summary>
    /// <param name="program">The program.</param>
    /// <param name="packages">Where the SDK unpacks packages; null for the machine's place.</param>
    /// <param name="arguments">The program's arguments.</param>
    /// <param name="folder">Where it runs; null for the repository's root.</param>
    public static string Run(string program, string? packages, string[] arguments, string? folder = null)
    {
        return Output(Prepare(program, packages, arguments, folder));
    }

    /// <summary>Starts the SDK, for a program that runs until it is ended; its output has to be read.</summary>
    public static Process Start(params string[] arguments) =>
        Process.Start(Prepare(Path.Combine(Root, "dotnet"), packages: null, arguments, folder: null))!;

    private static ProcessStartInfo Prepare(string program, string? packages, string[] arguments, string? folder)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = folder ?? TestData.Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string name in start.Environment.Keys.Where(IsOfTheRunAround).ToArray())
            start.Environment.Remove(name);
        if (packages is not null)
        {
            start.Environment["NUGET_PACKAGES"] = packages;
            // What the SDK remembers of installed tools lies there, too.
            start.Environment["DOTNET_CLI_HOME"] = packages;
        }
        start.Environment["DOTNET_ROOT"] = Root;
        start.Environment["PATH"] = Root + Path.PathSeparator + Environment.GetEnvironmentVariable("PATH");
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "1";
        // The sources were analysed when these tests were built.
        start.Environment["RunAnalyzers"] = "false";
        // Servers that outlive their command would hold its output open.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["UseSharedCompilation"] = "false";
        return start;
    }

    private static string Output(ProcessStartInfo start)
    {
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{start.FileName} {string.Join(' ', start.ArgumentList)} was not done after {Patience}.");
        }
        Assert.True(process.ExitCode == 0, $"{start.FileName} {string.Join(' ', start.ArgumentList)}: exit code {process.ExitCode}\n{output.Result}\n{errors.Result}");
        return output.Result.ReplaceLineEndings("\n");
    }

    /// <summary>What an SDK sets for its children, and what would make PureClip another one than is packed.</summary>
    private static bool IsOfTheRunAround(string name) =>
        name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase) || name.StartsWith("VSTEST", StringComparison.OrdinalIgnoreCase)
        || name is "DOTNET_HOST_PATH" or "PURECLIP_MODEL";
}

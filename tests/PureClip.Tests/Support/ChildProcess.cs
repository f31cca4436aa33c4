using System.Diagnostics;
using PureClip.Tests.Search;

namespace PureClip.Tests.Support;

/// <summary>This assembly as a program: a process that tests may kill.</summary>
internal static class ChildProcess
{
    private const string WriteIndex = "write-index";

    /// <summary>Starts a process that writes <see cref="RandomHistory"/> into an index until it is killed.</summary>
    public static Process StartWritingIndex(string path) => Process.Start(new ProcessStartInfo(Environment.ProcessPath is string host && IsDotnet(host) ? host : "dotnet")
    {
        ArgumentList = { "exec", typeof(ChildProcess).Assembly.Location, WriteIndex, path },
        RedirectStandardOutput = true,
    })!;

    private static bool IsDotnet(string path) => Path.GetFileNameWithoutExtension(path) == "dotnet";

    private static int Main(string[] args)
    {
        if (args is not [WriteIndex, string path])
            return 2; // tests are run by "dotnet test"
        RandomHistory.Write(path, Console.Out);
        return 0;
    }
}

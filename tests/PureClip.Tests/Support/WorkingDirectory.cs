using System.Runtime.CompilerServices;

namespace PureClip.Tests.Support;

/// <summary>Tests run in the repository's root, as the README's commands do, and leave the user's cache alone.</summary>
internal static class WorkingDirectory
{
    [ModuleInitializer]
    internal static void Set()
    {
        Environment.CurrentDirectory = TestData.Root;
        Environment.SetEnvironmentVariable("PURECLIP_CACHE", Path.Combine(TestData.Root, "artifacts", "cache"));
        Environment.SetEnvironmentVariable("PURECLIP_HOME", Path.Combine(TestData.Root, "artifacts", "home"));
    }
}

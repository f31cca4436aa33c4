using System.Runtime.CompilerServices;

namespace PureClip.Tests.Support;

/// <summary>Tests run in the repository's root, as the README's commands do.</summary>
internal static class WorkingDirectory
{
    [ModuleInitializer]
    internal static void Set() => Environment.CurrentDirectory = TestData.Root;
}

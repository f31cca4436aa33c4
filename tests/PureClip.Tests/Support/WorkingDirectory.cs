using System.Runtime.CompilerServices;

namespace PureClip.Tests.Support;

/// <summary>Tests run in the repository's root, as the README's commands do, and leave the user's cache alone.</summary>
internal static class WorkingDirectory
{
    [ModuleInitializer]
    internal static void Set()
    {
        Environment.CurrentDirectory = TestData.Root;
        string caches = Path.Combine(TestData.Root, "artifacts", "cache");
        Environment.SetEnvironmentVariable("PURECLIP_CACHE", caches);
        ForgetOldIndexes(Path.Combine(caches, "indexes"));
        Environment.SetEnvironmentVariable("PURECLIP_HOME", Path.Combine(TestData.Root, "artifacts", "home"));
    }

    /// <summary>Searches of folders that are gone have kept indexes.</summary>
    private static void ForgetOldIndexes(string indexes)
    {
        if (!Directory.Exists(indexes))
            return;
        foreach (string index in Directory.GetDirectories(indexes))
            try
            {
                if (DateTime.UtcNow - Directory.GetLastWriteTimeUtc(index) > TimeSpan.FromHours(2))
                    Directory.Delete(index, recursive: true);
            }
            catch (IOException)
            {
                // another run of the tests was faster
            }
    }
}

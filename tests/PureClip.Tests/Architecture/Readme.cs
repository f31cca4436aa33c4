namespace PureClip.Tests.Architecture;

/// <summary>The README: what it shows is what happens. With PURECLIP_APPROVE=1 the outputs in it are rewritten.</summary>
internal static class Readme
{
    /// <summary>Its path.</summary>
    public static readonly string FilePath = Path.Combine(TestData.Root, "README.md");

    /// <summary>Fails unless rewriting what it shows by what happens changes nothing.</summary>
    public static void Check(Func<string, string> rewrite)
    {
        string shown = File.ReadAllText(FilePath), real = rewrite(shown);
        if (Environment.GetEnvironmentVariable("PURECLIP_APPROVE") == "1")
            File.WriteAllText(FilePath, real);
        else
            Assert.Equal(real, shown);
    }
}

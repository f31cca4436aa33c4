namespace PureClip.Tests.Support;

/// <summary>Where test data lives: <c>tests/data</c> and <c>weights</c> in the repository, found by walking up to <c>PureClip.sln</c>.</summary>
internal static class TestData
{
    /// <summary>The repository's root directory.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Full path of a file or folder below <c>tests/data</c>.</summary>
    public static string PathOf(string relative) => Path.Combine(Root, "tests", "data", relative);

    /// <summary>Full path of a directory below <c>weights</c>.</summary>
    public static string Weights(string name) => Path.Combine(Root, "weights", name);

    private static string FindRoot()
    {
        for (DirectoryInfo? d = new(AppContext.BaseDirectory); d is not null; d = d.Parent)
            if (File.Exists(Path.Combine(d.FullName, "PureClip.sln")))
                return d.FullName;
        throw new InvalidOperationException($"PureClip.sln was not found above {AppContext.BaseDirectory}.");
    }
}

namespace PureClip.Tests.Support;

/// <summary>
/// A test that needs large fixtures which are not in the repository: it runs where the environment variable
/// <c>PURECLIP_FIXTURES</c> names a directory that holds them, and is reported as skipped elsewhere.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FixtureFactAttribute : FactAttribute
{
    public FixtureFactAttribute(string relative) => Skip = Fixtures.ReasonToSkip(relative);
}

/// <inheritdoc cref="FixtureFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FixtureTheoryAttribute : TheoryAttribute
{
    public FixtureTheoryAttribute(string relative) => Skip = Fixtures.ReasonToSkip(relative);
}

/// <summary>The optional directory of large fixtures.</summary>
internal static class Fixtures
{
    private static readonly string? Root = Environment.GetEnvironmentVariable("PURECLIP_FIXTURES");

    /// <summary>Full path of a file or folder below the fixtures' directory.</summary>
    public static string PathOf(string relative) => Path.Combine(Root ?? "", relative);

    /// <summary>Null where the fixture is present, else the sentence shown beside the skipped test.</summary>
    public static string? ReasonToSkip(string relative)
    {
        if (string.IsNullOrEmpty(Root))
            return $"PURECLIP_FIXTURES is not set; this test needs {relative} below it.";
        string path = PathOf(relative);
        return Path.Exists(path) ? null : $"{path} does not exist.";
    }
}

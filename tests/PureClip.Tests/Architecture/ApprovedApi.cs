using System.Reflection;

namespace PureClip.Tests.Architecture;

/// <summary>An assembly's public surface against the listing that is kept beside its test. With PURECLIP_APPROVE=1 the listing is rewritten.</summary>
internal static class ApprovedApi
{
    private const string ApproveVariable = "PURECLIP_APPROVE";

    /// <summary>Fails with what was added and what was removed.</summary>
    /// <param name="assembly">The assembly.</param>
    /// <param name="listing">The listing, below <c>tests</c>.</param>
    public static void Check(Assembly assembly, string listing)
    {
        string path = Path.Combine(TestData.Root, "tests", listing);
        string[] actual = PublicApi.Of(assembly);
        if (Environment.GetEnvironmentVariable(ApproveVariable) == "1")
            File.WriteAllLines(path, actual);
        string[] approved = File.Exists(path) ? File.ReadAllLines(path) : [];
        string[] changes = [.. actual.Except(approved).Select(line => "+ " + line), .. approved.Except(actual).Select(line => "- " + line)];
        Assert.True(changes.Length == 0,
            $"The public surface is not the approved one (+ added, - removed). Set {ApproveVariable}=1 to approve it:\n{string.Join('\n', changes)}");
        Assert.Equal(approved, actual);
    }
}

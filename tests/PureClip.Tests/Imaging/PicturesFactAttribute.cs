namespace PureClip.Tests.Imaging;

/// <summary>
/// A test over pictures that are not in the repository: it runs where the environment variable <c>PURECLIP_PICTURES</c> names a
/// directory that a script of <c>tools/golden</c> has written, and is reported as skipped elsewhere.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PicturesFactAttribute : FactAttribute
{
    /// <summary>The directory; empty where there is none.</summary>
    public static readonly string Directory = Environment.GetEnvironmentVariable("PURECLIP_PICTURES") ?? "";

    /// <param name="format">The format, where its pictures lie in a folder of its own.</param>
    public PicturesFactAttribute(string format = "") => Skip = File.Exists(Path.Combine(Directory, format, "manifest.json"))
        ? null
        : $"PURECLIP_PICTURES names no directory with {Path.Combine(format, "manifest.json")}; " +
          $"`tools/golden/make_{(format == "" ? "png" : format)}.py DIRECTORY` writes one.";
}

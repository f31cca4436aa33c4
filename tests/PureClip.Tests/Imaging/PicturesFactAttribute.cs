namespace PureClip.Tests.Imaging;

/// <summary>
/// A test over pictures that are not in the repository: it runs where the environment variable <c>PURECLIP_PICTURES</c> names a
/// directory that <c>tools/golden/make_png.py</c> has written, and is reported as skipped elsewhere.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PicturesFactAttribute : FactAttribute
{
    /// <summary>The directory; empty where there is none.</summary>
    public static readonly string Directory = Environment.GetEnvironmentVariable("PURECLIP_PICTURES") ?? "";

    public PicturesFactAttribute() => Skip = File.Exists(Path.Combine(Directory, "manifest.json"))
        ? null
        : "PURECLIP_PICTURES names no directory with a manifest.json; `tools/golden/make_png.py DIRECTORY` writes one.";
}

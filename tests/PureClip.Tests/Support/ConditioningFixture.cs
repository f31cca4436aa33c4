using System.IO.Compression;
using PureClip.Files;

namespace PureClip.Tests.Support;

/// <summary>
/// Tiny text towers in the layouts of picture generators, and what each generator takes from them, computed in double precision by another
/// program: a small part in <c>tests/data/conditioning</c>, all of it in <c>conditioning</c> below <c>PURECLIP_FIXTURES</c>.
/// </summary>
internal static class ConditioningFixture
{
    /// <summary>What the expected tensors are compared with: PyTorch's own single precision is off by up to 1e-6.</summary>
    public static readonly Tolerance SinglePrecision = Tolerance.OfOneOrLarger(2e-6, "single against double precision");

    private static readonly Dictionary<string, string> Extracted = new(StringComparer.Ordinal);

    /// <summary>Full path of a file of the small part, else of the whole.</summary>
    public static string PathOf(string relative)
    {
        string small = TestData.PathOf($"conditioning/{relative}");
        return Path.Exists(small) ? small : Fixtures.PathOf($"conditioning/{relative}");
    }

    /// <summary>A directory with what is in an archive; made once, and deleted when the tests end.</summary>
    /// <param name="name">sd1, or of the whole sd2, sd2-single, sdxl, sdxl-single.</param>
    public static string Directory(string name)
    {
        lock (Extracted)
        {
            if (Extracted.TryGetValue(name, out string? directory))
                return directory;
            directory = System.IO.Directory.CreateTempSubdirectory($"pureclip-{name}-").FullName;
            ZipFile.ExtractToDirectory(PathOf($"{name}.zip"), directory);
            AppDomain.CurrentDomain.ProcessExit += (_, _) => System.IO.Directory.Delete(directory, recursive: true);
            Extracted.Add(name, directory);
            return directory;
        }
    }

    /// <summary>Reads tensors of a file as floats.</summary>
    /// <param name="path">A safetensors file.</param>
    /// <param name="prefix">What their names begin with.</param>
    public static Dictionary<string, float[]> Tensors(string path, string prefix = "")
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Dictionary<string, float[]> tensors = new(StringComparer.Ordinal);
        foreach (TensorInfo tensor in file.Tensors.Where(one =>
                     one.Name.StartsWith(prefix, StringComparison.Ordinal) && one.Type.IsFloat()))
        {
            float[] numbers = new float[tensor.ElementCount];
            file.ReadFloats(tensor, numbers);
            tensors.Add(tensor.Name, numbers);
        }
        return tensors;
    }
}

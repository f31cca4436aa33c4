using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Runtime.Versioning;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace PureClip.Tests.Architecture;

/// <summary>
/// What keeps the product running where .NET runs: in browsers, without OpenSSL, as one static file. Read from the assembly of every project
/// that the solution lists below src, and of the converter's tool; the tool that draws and trains the shipped model stays in the house.
/// </summary>
public sealed partial class PlacesTests
{
    // Compares bytes, without anybody's help.
    private static readonly string[] Managed = ["CryptographicOperations"];

    // What is downloaded comes by TLS, which is OpenSSL's anyway.
    private static readonly string[] OfDownloads = ["IncrementalHash", "HashAlgorithmName"];

    // What makes no assembly of its own: data.
    private static readonly string[] WithoutAssembly = ["PureClip.Models.Pictogram"];

    public static TheoryData<string> Paths => [.. Assemblies()];

    [Theory]
    [MemberData(nameof(Paths))]
    public void No_type_implements_two_generic_methods_of_one_name(string path) =>
        // Mono, the browser's runtime, and the trimmer take the two for one: TypeLoadException at the first call.
        Assert.Empty(GenericTwins.Of(path, Assemblies()));

    [Fact]
    public void Two_generic_methods_of_one_name_are_found_across_interfaces() => Assert.Equal(
        [$"{typeof(Twins)}: Run", $"{typeof(Heir)}: Run"],
        GenericTwins.Of(typeof(PlacesTests).Assembly.Location, [typeof(PlacesTests).Assembly.Location])
            .Where(static twin => twin.Contains(nameof(PlacesTests), StringComparison.Ordinal)));

    [Theory]
    [MemberData(nameof(Paths))]
    public void Nothing_needs_OpenSSL(string path)
    {
        // Where it is missing, the framework's SHA-256 ends the process: nothing can catch it.
        using PEReader file = new(File.OpenRead(path));
        MetadataReader metadata = file.GetMetadataReader();
        string[] used =
        [
            .. metadata.TypeReferences.Select(metadata.GetTypeReference)
                .Where(type => metadata.GetString(type.Namespace) == "System.Security.Cryptography")
                .Select(type => metadata.GetString(type.Name)),
        ];
        Assert.Empty(used.Except(Path.GetFileName(path) == "pureclip.dll" ? [.. Managed, .. OfDownloads] : Managed));
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void The_only_native_call_is_advice(string path)
    {
        using PEReader file = new(File.OpenRead(path));
        MetadataReader metadata = file.GetMetadataReader();
        string[] imports =
        [
            .. metadata.MethodDefinitions.Select(handle => metadata.GetMethodDefinition(handle))
                .Where(method => method.Attributes.HasFlag(MethodAttributes.PinvokeImpl)).Select(method => metadata.GetString(method.Name)),
        ];
        Assert.Equal(Path.GetFileName(path) == "PureClip.Files.dll" ? ["madvise"] : [], imports);
    }

    [Fact]
    public void The_128_bit_vectors_know_the_browsers_instructions()
    {
        // Everything of Vector128 but operators, Create and bit casts runs in software there.
        using PEReader file = new(File.OpenRead(typeof(Clip).Assembly.Location));
        MetadataReader metadata = file.GetMetadataReader();
        string[] used =
        [
            .. metadata.MemberReferences.Select(handle => metadata.GetMemberReference(handle))
                .Where(member => member.Parent.Kind == HandleKind.TypeReference
                    && metadata.GetString(metadata.GetTypeReference((TypeReferenceHandle)member.Parent).Name) == "PackedSimd")
                .Select(member => metadata.GetString(member.Name)).Distinct(),
        ];
        string[] needed =
        [
            "Abs", "ConvertToInt32Saturate", "ConvertToSingle", "Dot", "ExtractScalar", "LoadVector128", "Negate", "PseudoMax", "PseudoMin",
            "RoundToNearest", "Store", "get_IsSupported",
        ];
        Assert.Empty(needed.Except(used));
    }

    /// <summary>Every assembly that is shipped: one for each project of the solution that is neither test nor bench.</summary>
    private static string[] Assemblies()
    {
        string[] projects = [.. Project().Matches(File.ReadAllText(Path.Combine(TestData.Root, "PureClip.sln")))
            .Select(static match => match.Groups[1].Value.Replace('\\', '/'))
            .Where(static path => path.StartsWith("src/", StringComparison.Ordinal) || path.StartsWith("tools/convert/", StringComparison.Ordinal))];
        Assert.True(projects.Length > 12, "The solution was not read.");
        Assembly tests = typeof(PlacesTests).Assembly;
        string configuration = tests.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        string framework = "net" + tests.GetCustomAttribute<TargetFrameworkAttribute>()!.FrameworkName.Split("=v")[^1];
        return [.. projects.Select(static project => Path.Combine(TestData.Root, project))
            .Where(static project => !WithoutAssembly.Contains(Path.GetFileNameWithoutExtension(project)))
            .Select(project => Path.Combine(
                Path.GetDirectoryName(project)!, "bin", configuration, framework,
                (XDocument.Load(project).Descendants("AssemblyName").FirstOrDefault()?.Value ?? Path.GetFileNameWithoutExtension(project)) + ".dll"))];
    }

    [GeneratedRegex("\"([^\"]+\\.csproj)\"")]
    private static partial Regex Project();

    private interface IOne
    {
        void Run<T>();
    }

    private interface ITwo : IOne
    {
        void Run<T1, T2>();
    }

    private interface IOther<T>
    {
        void Run<T1, T2>();

        void Go<T1>();
    }

    // Private to the tests: what has to be found.
    private sealed class Twins : ITwo
    {
        public void Run<T>()
        {
        }

        public void Run<T1, T2>()
        {
        }
    }

    private class Parent : IOne
    {
        public void Run<T>()
        {
        }
    }

    private sealed class Heir : Parent, IOther<int>
    {
        public void Run<T1, T2>()
        {
        }

        public void Go<T1>()
        {
        }
    }
}

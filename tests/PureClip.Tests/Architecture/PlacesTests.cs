using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace PureClip.Tests.Architecture;

/// <summary>What keeps the library running where .NET runs: in browsers, without OpenSSL, as one static file. Read from its assemblies.</summary>
public sealed class PlacesTests
{
    private static readonly string[] Libraries = ["Files", "Core", "Collections", "Convert", "Generation", "Generation.AI", "Training"];

    private static readonly string[] Files =
        [.. Directory.GetFiles(AppContext.BaseDirectory, "PureClip*.dll").Where(path => !path.Contains("Tests.dll", StringComparison.Ordinal))];

    public static TheoryData<string> Paths => [.. Files];

    [Theory]
    [MemberData(nameof(Paths))]
    public void No_type_implements_two_generic_methods_of_one_name(string path)
    {
        // Mono, the browser's runtime, and the trimmer take the two for one: TypeLoadException at the first call.
        foreach (Type type in Assembly.LoadFrom(path).GetTypes().Where(type => !type.IsInterface))
        {
            IEnumerable<string> twice = type.GetInterfaces()
                .Where(contract => contract.Assembly.GetName().Name!.StartsWith("PureClip", StringComparison.Ordinal))
                .SelectMany(contract => contract.GetMethods(BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
                .Where(method => method.IsGenericMethodDefinition)
                .Select(method => (method.Name, method.GetGenericArguments().Length)).Distinct()
                .GroupBy(method => method.Name).Where(methods => methods.Count() > 1).Select(methods => methods.Key);
            Assert.True(!twice.Any(), $"{type} implements several generic methods named {string.Join(", ", twice)}.");
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void No_library_needs_OpenSSL(string path)
    {
        // Where it is missing, the framework's SHA-256 ends the process: nothing can catch it.
        using PEReader file = new(File.OpenRead(path));
        MetadataReader metadata = file.GetMetadataReader();
        Assert.DoesNotContain("System.Security.Cryptography",
            metadata.AssemblyReferences.Select(reference => metadata.GetString(metadata.GetAssemblyReference(reference).Name)));
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
    public void All_libraries_are_looked_at() =>
        Assert.All(Libraries, library => Assert.Contains(Path.Combine(AppContext.BaseDirectory, $"PureClip.{library}.dll"), Files));

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
}

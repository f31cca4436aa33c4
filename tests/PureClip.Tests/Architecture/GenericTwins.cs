using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace PureClip.Tests.Architecture;

/// <summary>
/// Types that implement several generic methods of one name, with different numbers of type parameters, of interfaces of these assemblies.
/// Read from metadata, so that nothing of what they need has to be there.
/// </summary>
/// <remarks>ECMA-335, II.22 (tables), II.23.2.12 (an instantiated type in a signature).</remarks>
internal sealed class GenericTwins
{
    private const int GenericInstance = 0x15;

    private readonly Dictionary<string, (string? Base, List<string> Interfaces, List<(string Name, int Parameters)> Methods)> _types =
        new(StringComparer.Ordinal);

    /// <summary>Each type with the name that its methods share.</summary>
    /// <param name="path">The assembly whose types are looked at.</param>
    /// <param name="all">It and those that it is built with.</param>
    public static IEnumerable<string> Of(string path, IEnumerable<string> all)
    {
        GenericTwins twins = new();
        foreach (string file in all)
            twins.Read(file);
        GenericTwins own = new();
        own.Read(path);
        return
        [
            .. own._types.Keys.SelectMany(type => twins.ContractsOf(type).Distinct().SelectMany(contract => twins._types[contract].Methods).Distinct()
                .GroupBy(static method => method.Name).Where(static methods => methods.Count() > 1)
                .Select(methods => $"{type}: {methods.Key}")),
        ];
    }

    private void Read(string path)
    {
        using PEReader file = new(File.OpenRead(path));
        MetadataReader metadata = file.GetMetadataReader();
        foreach (TypeDefinition type in metadata.TypeDefinitions.Select(metadata.GetTypeDefinition))
        {
            bool isInterface = type.Attributes.HasFlag(System.Reflection.TypeAttributes.Interface);
            _types[NameOf(metadata, type)] = (
                type.BaseType.IsNil ? null : NameOf(metadata, type.BaseType),
                [.. type.GetInterfaceImplementations().Select(i => NameOf(metadata, metadata.GetInterfaceImplementation(i).Interface))],
                !isInterface ? [] : [.. type.GetMethods().Select(metadata.GetMethodDefinition)
                    .Select(method => (metadata.GetString(method.Name), method.GetGenericParameters().Count))
                    .Where(static method => method.Count > 0)]);
        }
    }

    /// <summary>The interfaces that a type implements, as far as they are in these assemblies; a class's parents' included.</summary>
    private IEnumerable<string> ContractsOf(string type)
    {
        if (!_types.TryGetValue(type, out var known))
            yield break;
        foreach (string contract in known.Interfaces.Where(_types.ContainsKey))
        {
            yield return contract;
            foreach (string parent in ContractsOf(contract))
                yield return parent;
        }
        if (known.Base is not null)
            foreach (string parent in ContractsOf(known.Base))
                yield return parent;
    }

    private static string NameOf(MetadataReader metadata, EntityHandle handle)
    {
        switch (handle.Kind)
        {
            case HandleKind.TypeDefinition:
                return NameOf(metadata, metadata.GetTypeDefinition((TypeDefinitionHandle)handle));
            case HandleKind.TypeReference:
                TypeReference reference = metadata.GetTypeReference((TypeReferenceHandle)handle);
                string name = metadata.GetString(reference.Name);
                return reference.ResolutionScope.Kind == HandleKind.TypeReference
                    ? $"{NameOf(metadata, reference.ResolutionScope)}+{name}"
                    : $"{metadata.GetString(reference.Namespace)}.{name}";
            default:
                BlobReader signature = metadata.GetBlobReader(metadata.GetTypeSpecification((TypeSpecificationHandle)handle).Signature);
                if (signature.ReadByte() != GenericInstance)
                    return "";
                signature.ReadByte(); // class or value type
                return NameOf(metadata, signature.ReadTypeHandle());
        }
    }

    private static string NameOf(MetadataReader metadata, TypeDefinition type)
    {
        string name = metadata.GetString(type.Name);
        return type.GetDeclaringType() is { IsNil: false } outer
            ? $"{NameOf(metadata, metadata.GetTypeDefinition(outer))}+{name}"
            : $"{metadata.GetString(type.Namespace)}.{name}";
    }
}

using System.Collections.Immutable;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace PureClip.Tests.Architecture;

/// <summary>
/// Finds which types of an assembly use which others of it, in declarations and in method bodies. Read from metadata and IL, because
/// source does not show it: inside a namespace, its parents' types resolve without a using.
/// </summary>
/// <remarks>
/// Not seen are types that an attribute names in its arguments: they are text there.
/// ECMA-335, II.22 (tables), II.23.2 (signatures), III (instructions).
/// </remarks>
internal sealed class TypeUses : ISignatureTypeProvider<TypeUses.Visited, TypeUses>
{
    private readonly MetadataReader _metadata;
    private readonly PEReader _file;
    private readonly Dictionary<(string User, string Used), TypeUse> _uses = [];
    private string _user = "", _where = "";

    private TypeUses(PEReader file)
    {
        _file = file;
        _metadata = file.GetMetadataReader();
    }

    /// <summary>Every pair of user and used type, a type's use of itself excepted.</summary>
    /// <param name="path">The assembly.</param>
    public static IReadOnlyCollection<TypeUse> Of(string path)
    {
        using PEReader file = new(File.OpenRead(path));
        TypeUses uses = new(file);
        foreach (TypeDefinitionHandle type in uses._metadata.TypeDefinitions)
            uses.WalkType(type);
        return uses._uses.Values;
    }

    private void WalkType(TypeDefinitionHandle handle)
    {
        TypeDefinition type = _metadata.GetTypeDefinition(handle);
        (_user, _where) = (NameOf(handle), "declaration");
        Visit(type.BaseType);
        foreach (InterfaceImplementationHandle i in type.GetInterfaceImplementations())
            Visit(_metadata.GetInterfaceImplementation(i).Interface);
        VisitAttributes(type.GetCustomAttributes());
        VisitConstraints(type.GetGenericParameters());
        foreach (MethodImplementationHandle m in type.GetMethodImplementations())
            Visit(_metadata.GetMethodImplementation(m).MethodDeclaration);
        foreach (PropertyDefinitionHandle p in type.GetProperties())
            VisitAttributes(_metadata.GetPropertyDefinition(p).GetCustomAttributes());
        foreach (FieldDefinitionHandle field in type.GetFields())
            WalkField(_metadata.GetFieldDefinition(field));
        foreach (MethodDefinitionHandle method in type.GetMethods())
            WalkMethod(_metadata.GetMethodDefinition(method));
    }

    private void WalkField(FieldDefinition field)
    {
        _where = _metadata.GetString(field.Name);
        field.DecodeSignature(this, this);
        VisitAttributes(field.GetCustomAttributes());
    }

    private void WalkMethod(MethodDefinition method)
    {
        _where = _metadata.GetString(method.Name);
        method.DecodeSignature(this, this);
        VisitAttributes(method.GetCustomAttributes());
        VisitConstraints(method.GetGenericParameters());
        foreach (ParameterHandle parameter in method.GetParameters())
            VisitAttributes(_metadata.GetParameter(parameter).GetCustomAttributes());
        if (method.RelativeVirtualAddress != 0)
            WalkBody(_file.GetMethodBody(method.RelativeVirtualAddress));
    }

    private void WalkBody(MethodBodyBlock body)
    {
        if (!body.LocalSignature.IsNil)
            Visit(body.LocalSignature);
        foreach (ExceptionRegion region in body.ExceptionRegions)
            Visit(region.CatchType);
        foreach (int token in IlTokens.Of(body.GetILReader()))
            Visit(MetadataTokens.EntityHandle(token));
    }

    private void Visit(EntityHandle handle)
    {
        if (handle.IsNil)
            return;
        switch (handle.Kind)
        {
            case HandleKind.TypeDefinition:
                Add((TypeDefinitionHandle)handle);
                break;
            case HandleKind.TypeSpecification:
                _metadata.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(this, this);
                break;
            case HandleKind.FieldDefinition:
                FieldDefinition field = _metadata.GetFieldDefinition((FieldDefinitionHandle)handle);
                Add(field.GetDeclaringType());
                field.DecodeSignature(this, this);
                break;
            case HandleKind.MethodDefinition:
                MethodDefinition method = _metadata.GetMethodDefinition((MethodDefinitionHandle)handle);
                Add(method.GetDeclaringType());
                method.DecodeSignature(this, this);
                break;
            case HandleKind.MethodSpecification:
                MethodSpecification instance = _metadata.GetMethodSpecification((MethodSpecificationHandle)handle);
                Visit(instance.Method);
                instance.DecodeSignature(this, this);
                break;
            case HandleKind.MemberReference:
                VisitMember(_metadata.GetMemberReference((MemberReferenceHandle)handle));
                break;
            case HandleKind.StandaloneSignature:
                VisitSignature(_metadata.GetStandaloneSignature((StandaloneSignatureHandle)handle));
                break;
            case HandleKind.TypeReference: // a type of another assembly
                break;
            default:
                throw new BadImageFormatException($"{_user}, {_where}: a {handle.Kind} where a type or member was expected.");
        }
    }

    private void VisitMember(MemberReference member)
    {
        Visit(member.Parent);
        if (member.GetKind() == MemberReferenceKind.Field)
            member.DecodeFieldSignature(this, this);
        else
            member.DecodeMethodSignature(this, this);
    }

    private void VisitSignature(StandaloneSignature signature)
    {
        if (signature.GetKind() == StandaloneSignatureKind.LocalVariables)
            signature.DecodeLocalSignature(this, this);
        else
            signature.DecodeMethodSignature(this, this);
    }

    private void VisitAttributes(CustomAttributeHandleCollection attributes)
    {
        foreach (CustomAttributeHandle attribute in attributes)
            Visit(_metadata.GetCustomAttribute(attribute).Constructor);
    }

    private void VisitConstraints(GenericParameterHandleCollection parameters)
    {
        foreach (GenericParameterHandle parameter in parameters)
            foreach (GenericParameterConstraintHandle constraint in _metadata.GetGenericParameter(parameter).GetConstraints())
                Visit(_metadata.GetGenericParameterConstraint(constraint).Type);
    }

    private void Add(TypeDefinitionHandle used)
    {
        string name = NameOf(used);
        if (name != _user)
            _uses.TryAdd((_user, name), new(_user, name, _where));
    }

    private string NameOf(TypeDefinitionHandle handle)
    {
        TypeDefinition type = _metadata.GetTypeDefinition(handle);
        string name = _metadata.GetString(type.Name);
        if (!type.GetDeclaringType().IsNil)
            return $"{NameOf(type.GetDeclaringType())}/{name}";
        string space = _metadata.GetString(type.Namespace);
        return space.Length == 0 ? name : $"{space}.{name}";
    }

    /// <summary>What a visited part of a signature has to say: nothing, since the visit itself notes the types.</summary>
    internal readonly record struct Visited;

    public Visited GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind)
    {
        Add(handle);
        return default;
    }

    public Visited GetTypeFromSpecification(MetadataReader reader, TypeUses context, TypeSpecificationHandle handle, byte rawTypeKind)
    {
        Visit(handle);
        return default;
    }

    public Visited GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) => default;

    public Visited GetPrimitiveType(PrimitiveTypeCode typeCode) => default;

    public Visited GetArrayType(Visited elementType, ArrayShape shape) => default;

    public Visited GetSZArrayType(Visited elementType) => default;

    public Visited GetByReferenceType(Visited elementType) => default;

    public Visited GetPointerType(Visited elementType) => default;

    public Visited GetPinnedType(Visited elementType) => default;

    public Visited GetModifiedType(Visited modifier, Visited unmodifiedType, bool isRequired) => default;

    public Visited GetFunctionPointerType(MethodSignature<Visited> signature) => default;

    public Visited GetGenericInstantiation(Visited genericType, ImmutableArray<Visited> typeArguments) => default;

    public Visited GetGenericMethodParameter(TypeUses genericContext, int index) => default;

    public Visited GetGenericTypeParameter(TypeUses genericContext, int index) => default;
}

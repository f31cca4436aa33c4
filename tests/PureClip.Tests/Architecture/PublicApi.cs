using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace PureClip.Tests.Architecture;

/// <summary>The public surface of an assembly, one line a type or member, as it would be declared in C#.</summary>
/// <remarks>Left out is what every record has: equality, printing, copying and deconstruction, which the compiler writes.</remarks>
internal static class PublicApi
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>The lines: types by name, each followed by its members, "type | declaration".</summary>
    public static string[] Of(Assembly assembly) =>
    [
        .. assembly.GetExportedTypes()
            .OrderBy(type => type.FullName, StringComparer.Ordinal)
            .SelectMany(type => LinesOf(type).Select(line => $"{ApiNames.Full(type)} | {line}")),
    ];

    private static IEnumerable<string> LinesOf(Type type) =>
        [Declaration(type), .. type.GetMembers(Declared).Where(IsWritten).Select(Line).OfType<string>().Order(StringComparer.Ordinal)];

    private static string Declaration(Type type)
    {
        if (type.IsEnum)
            return "enum";
        if (type.IsSubclassOf(typeof(Delegate)))
            return $"delegate {Signature(type.GetMethod("Invoke")!, "")}";
        IEnumerable<Type> own = type.GetInterfaces().Except(type.BaseType?.GetInterfaces() ?? []).Where(i => !IsOfEveryRecord(type, i));
        Type[] bases = [.. type is { IsClass: true, BaseType: Type b } && b != typeof(object) ? new[] { b } : [], .. own.OrderBy(i => i.Name, StringComparer.Ordinal)];
        return Kind(type) + (bases.Length == 0 ? "" : " : " + string.Join(", ", bases.Select(ApiNames.Short)));
    }

    private static string Kind(Type type)
    {
        if (type.IsInterface)
            return "interface";
        if (type.IsValueType)
            return (Has<IsReadOnlyAttribute>(type) ? "readonly " : "") + (type.IsByRefLike ? "ref " : "") + (IsRecord(type) ? "record struct" : "struct");
        string modifier = type.IsAbstract && type.IsSealed ? "static " : type.IsAbstract ? "abstract " : type.IsSealed ? "sealed " : "";
        return modifier + (IsRecord(type) ? "record" : "class");
    }

    private static bool IsRecord(Type type) => type.GetMethods(Declared).Any(m => m.Name == "PrintMembers" && Has<CompilerGeneratedAttribute>(m));

    private static bool IsOfEveryRecord(Type type, Type i) => IsRecord(type) && i == typeof(IEquatable<>).MakeGenericType(type);

    /// <summary>Written by a person and visible outside: public, or protected where one may derive.</summary>
    private static bool IsWritten(MemberInfo member) => member switch
    {
        MethodInfo m => IsVisible(m) && !Has<CompilerGeneratedAttribute>(m) && (!m.IsSpecialName || m.Name.StartsWith("op_", StringComparison.Ordinal)),
        ConstructorInfo c => IsVisible(c),
        FieldInfo f => (f.IsPublic || f.IsFamily || f.IsFamilyOrAssembly) && !f.IsSpecialName,
        PropertyInfo p => p.GetAccessors(nonPublic: true).Any(IsVisible) && p.Name != "EqualityContract",
        EventInfo e => e.AddMethod is MethodInfo add && IsVisible(add),
        _ => false,
    };

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string? Line(MemberInfo member) => member switch
    {
        FieldInfo { DeclaringType.IsEnum: true } f => $"{f.Name} = {Convert.ToString(f.GetRawConstantValue(), CultureInfo.InvariantCulture)}",
        FieldInfo { IsLiteral: true } f => $"const {ApiNames.Short(f.FieldType)} {f.Name} = {ApiNames.Value(f.GetRawConstantValue())}",
        FieldInfo f => $"{(f.IsStatic ? "static " : "")}{(f.IsInitOnly ? "readonly " : "")}{ApiNames.Of(f)} {f.Name}",
        PropertyInfo p => Property(p),
        ConstructorInfo { IsStatic: false } c => $"{Access(c)}{ApiNames.Plain(c.DeclaringType!)}({Parameters(c)})",
        MethodInfo { Name: "op_Implicit" } m => $"static implicit operator {ApiNames.Of(m.ReturnParameter)}({Parameters(m)})",
        MethodInfo m => Access(m) + (m.IsStatic ? "static " : "") + Overriding(m) + Signature(m, m.Name),
        EventInfo e => $"event {ApiNames.Short(e.EventHandlerType!)} {e.Name}",
        _ => null,
    };

    private static string Property(PropertyInfo p)
    {
        MethodInfo first = p.GetMethod ?? p.SetMethod!;
        string name = p.GetIndexParameters().Length == 0 ? p.Name : $"this[{string.Join(", ", p.GetIndexParameters().Select(Parameter))}]";
        string get = p.GetMethod is MethodInfo g && IsVisible(g) ? "get; " : "";
        string set = p.SetMethod is not MethodInfo s || !IsVisible(s) ? "" : IsInit(s) ? "init; " : "set; ";
        string required = Has<RequiredMemberAttribute>(p) ? "required " : "";
        return $"{Access(first)}{(first.IsStatic ? "static " : "")}{Overriding(first)}{required}{ApiNames.Of(p)} {name} {{ {get}{set}}}";
    }

    private static bool IsInit(MethodInfo setter) => setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit));

    private static string Access(MethodBase method) => method.IsPublic ? "" : "protected ";

    private static string Overriding(MethodInfo method)
    {
        if (method.DeclaringType!.IsInterface || !method.IsVirtual || method.IsFinal)
            return method.GetBaseDefinition() != method ? "override " : "";
        return method.GetBaseDefinition() != method ? "override " : method.IsAbstract ? "abstract " : "virtual ";
    }

    private static string Signature(MethodInfo m, string name)
    {
        string arguments = m.IsGenericMethod ? $"<{string.Join(", ", m.GetGenericArguments().Select(ApiNames.Short))}>" : "";
        return $"{ApiNames.Of(m.ReturnParameter)} {name}{arguments}({Parameters(m)})";
    }

    private static string Parameters(MethodBase method)
    {
        string extension = Has<ExtensionAttribute>(method) ? "this " : "";
        return extension + string.Join(", ", method.GetParameters().Select(Parameter));
    }

    private static string Parameter(ParameterInfo p)
    {
        string direction = p.IsOut ? "out " : !p.ParameterType.IsByRef ? "" : p.IsIn ? "in " : "ref ";
        string many = Has<ParamArrayAttribute>(p) || Has<ParamCollectionAttribute>(p) ? "params " : "";
        string otherwise = p.HasDefaultValue ? $" = {ApiNames.Default(p)}" : "";
        return $"{many}{direction}{ApiNames.Of(p)} {p.Name}{otherwise}";
    }

    private static bool Has<TAttribute>(ICustomAttributeProvider member)
        where TAttribute : Attribute =>
        member.IsDefined(typeof(TAttribute), inherit: false);
}

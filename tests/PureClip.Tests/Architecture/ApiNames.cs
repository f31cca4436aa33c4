using System.Globalization;
using System.Reflection;

namespace PureClip.Tests.Architecture;

/// <summary>Types and constants as C# writes them, with the question marks of nullable references.</summary>
internal static class ApiNames
{
    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(object)] = "object",
        [typeof(string)] = "string",
        [typeof(bool)] = "bool",
        [typeof(char)] = "char",
        [typeof(byte)] = "byte",
        [typeof(sbyte)] = "sbyte",
        [typeof(short)] = "short",
        [typeof(ushort)] = "ushort",
        [typeof(int)] = "int",
        [typeof(uint)] = "uint",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(float)] = "float",
        [typeof(double)] = "double",
        [typeof(decimal)] = "decimal",
        [typeof(nint)] = "nint",
        [typeof(nuint)] = "nuint",
    };

    private static readonly NullabilityInfoContext Nullability = new();

    /// <summary>Type of a parameter or of what a method returns.</summary>
    public static string Of(ParameterInfo parameter) => Of(Nullability.Create(parameter));

    /// <summary>Type of a property.</summary>
    public static string Of(PropertyInfo property) => Of(Nullability.Create(property));

    /// <summary>Type of a field.</summary>
    public static string Of(FieldInfo field) => Of(Nullability.Create(field));

    /// <summary>Namespace and name, nested types behind a dot.</summary>
    public static string Full(Type type) => $"{type.Namespace}.{(type.DeclaringType is Type outer ? Short(outer) + "." : "")}{Short(type)}";

    /// <summary>The name as written where its namespace is imported.</summary>
    public static string Short(Type type) => Write(type, [.. type.GetGenericArguments().Select(Short)], type.HasElementType ? Short(type.GetElementType()!) : "");

    /// <summary>The name without type parameters: a constructor's.</summary>
    public static string Plain(Type type) => type.Name.Split('`')[0];

    /// <summary>The default of an optional parameter.</summary>
    public static string Default(ParameterInfo parameter) =>
        parameter.RawDefaultValue is null ? parameter.ParameterType.IsValueType && Nullable.GetUnderlyingType(parameter.ParameterType) is null ? "default" : "null"
        : parameter.ParameterType.IsEnum ? $"{parameter.ParameterType.Name}.{Enum.ToObject(parameter.ParameterType, parameter.RawDefaultValue)}"
        : Value(parameter.RawDefaultValue);

    /// <summary>A constant.</summary>
    public static string Value(object? value) => value switch
    {
        null => "null",
        string s => $"\"{s}\"",
        bool b => b ? "true" : "false",
        float f => f.ToString("R", CultureInfo.InvariantCulture) + "f",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static string Of(NullabilityInfo info)
    {
        string[] arguments = info.Type.IsByRef ? [] : [.. info.GenericTypeArguments.Select(Of)];
        string element = info.ElementType is NullabilityInfo e ? Of(e) : info.Type.HasElementType ? Short(info.Type.GetElementType()!) : "";
        string name = Write(info.Type, arguments, element);
        return info.ReadState == NullabilityState.Nullable && !info.Type.IsValueType ? name + "?" : name;
    }

    private static string Write(Type type, string[] arguments, string element)
    {
        if (type.IsArray)
            return element + "[]";
        if (type.IsByRef)
            return element;
        if (type.IsPointer)
            return element + "*";
        if (Keywords.TryGetValue(type, out string? keyword))
            return keyword;
        if (Nullable.GetUnderlyingType(type) is Type underlying)
            return (arguments.Length == 1 ? arguments[0] : Short(underlying)) + "?";
        return arguments.Length == 0 || type.IsGenericParameter ? Plain(type) : $"{Plain(type)}<{string.Join(", ", arguments)}>";
    }
}

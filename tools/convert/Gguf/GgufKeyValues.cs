using System.Buffers.Binary;
using System.Globalization;

namespace PureClip.Convert.Gguf;

/// <summary>
/// The key values of a GGUF file. Numbers are long or double (float where stored so), arrays of strings are string[], arrays of numbers
/// object[].
/// </summary>
internal sealed class GgufKeyValues
{
    /// <summary>Keys of one file; language models have some fifty.</summary>
    private const ulong MaxKeys = 10_000;

    private const ulong MaxKeyBytes = 65_535;
    private const ulong MaxStringBytes = 16 << 20;

    /// <summary>Items of all arrays; the largest vocabularies have some 256,000 tokens. Bounds memory to some hundred MB.</summary>
    private const ulong MaxArrayItems = 4_000_000;

    private readonly Dictionary<string, object> _values = new(StringComparer.Ordinal);
    private ulong _arrayItems;

    /// <summary>All keys and values.</summary>
    public IReadOnlyDictionary<string, object> All => _values;

    /// <summary>Reads a count of pairs.</summary>
    /// <exception cref="InvalidDataException">A length, type or key is not allowed.</exception>
    public static GgufKeyValues Read(GgufReader reader, ulong count)
    {
        if (count > MaxKeys)
            Throw.InvalidData($"The GGUF file claims {count} keys; at most {MaxKeys} are allowed.");
        GgufKeyValues result = new();
        for (ulong i = 0; i < count; i++)
        {
            string key = reader.String(MaxKeyBytes, "a key");
            GgufValueType type = (GgufValueType)reader.UInt32();
            object value = type == GgufValueType.Array ? result.Array(reader, key) : Scalar(reader, type, key);
            if (!result._values.TryAdd(key, value))
                Throw.InvalidData($"The GGUF key '{key}' is there twice.");
        }
        return result;
    }

    public string? Text(string key) => _values.GetValueOrDefault(key) as string;

    public bool? Flag(string key) => _values.GetValueOrDefault(key) as bool?;

    /// <summary>An integer of a sensible size, or null where there is none.</summary>
    public int? Integer(string key) => _values.GetValueOrDefault(key) is long value and >= 0 and <= int.MaxValue ? (int)value : null;

    public float? Single(string key) => _values.GetValueOrDefault(key) is double value ? (float)value : null;

    public IReadOnlyList<string>? Strings(string key) => _values.GetValueOrDefault(key) as string[];

    public IReadOnlyList<float>? Singles(string key) =>
        _values.GetValueOrDefault(key) is object[] items && items.All(static i => i is double)
        ? [.. items.Select(static i => (float)(double)i)]
        : null;

    /// <summary>A value as a line of a report.</summary>
    public static string Describe(object value) => value switch
    {
        string[] strings => $"{strings.Length} strings",
        object[] items => string.Join(", ", items.Take(8).Select(static i => System.Convert.ToString(i, CultureInfo.InvariantCulture))),
        string text => text.Length <= 200 ? text : text[..200],
        _ => System.Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    private static object Scalar(GgufReader reader, GgufValueType type, string key) => type switch
    {
        GgufValueType.U8 => (long)reader.UInt8(),
        GgufValueType.I8 => (long)(sbyte)reader.UInt8(),
        GgufValueType.U16 => (long)reader.UInt16(),
        GgufValueType.I16 => (long)(short)reader.UInt16(),
        GgufValueType.U32 => (long)reader.UInt32(),
        GgufValueType.I32 => (long)(int)reader.UInt32(),
        GgufValueType.U64 => unchecked((long)reader.UInt64()),
        GgufValueType.I64 => (long)reader.UInt64(),
        GgufValueType.F32 => (double)BinaryPrimitives.ReadSingleLittleEndian(reader.Take(4)),
        GgufValueType.F64 => BinaryPrimitives.ReadDoubleLittleEndian(reader.Take(8)),
        GgufValueType.Bool => Bool(reader, key),
        GgufValueType.String => reader.String(MaxStringBytes, $"the value of '{key}'"),
        _ => Throw.InvalidData<object>($"The GGUF key '{key}' has the value type {(uint)type}; 0 to 12 are known."),
    };

    private static object Bool(GgufReader reader, string key) => reader.UInt8() switch
    {
        0 => false,
        1 => true,
        byte other => Throw.InvalidData<object>($"The GGUF key '{key}' has the boolean {other}; 0 and 1 are allowed."),
    };

    private object Array(GgufReader reader, string key)
    {
        GgufValueType type = (GgufValueType)reader.UInt32();
        int count = reader.Count(MaxArrayItems - _arrayItems, LeastBytes(type, key), $"items of '{key}'");
        _arrayItems += (ulong)count;
        if (type == GgufValueType.String)
        {
            string[] strings = new string[count];
            for (int i = 0; i < count; i++)
                strings[i] = reader.String(MaxStringBytes, $"an item of '{key}'");
            return strings;
        }
        object[] items = new object[count];
        for (int i = 0; i < count; i++)
            items[i] = Scalar(reader, type, key);
        return items;
    }

    private static int LeastBytes(GgufValueType type, string key) => type switch
    {
        GgufValueType.U8 or GgufValueType.I8 or GgufValueType.Bool => 1,
        GgufValueType.U16 or GgufValueType.I16 => 2,
        GgufValueType.U32 or GgufValueType.I32 or GgufValueType.F32 => 4,
        GgufValueType.U64 or GgufValueType.I64 or GgufValueType.F64 or GgufValueType.String => 8,
        _ => Throw.InvalidData<int>($"The GGUF key '{key}' is an array of type {(uint)type}; arrays of scalars and strings are supported."),
    };
}

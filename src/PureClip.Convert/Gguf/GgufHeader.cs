using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using PureClip.Files;

namespace PureClip.Convert.Gguf;

/// <summary>The header of a GGUF file in order; every length is checked against what is left before anything is made of it.</summary>
internal sealed class GgufReader(Lease file)
{
    /// <summary>ggml's own bound on strings and arrays.</summary>
    private const ulong MaxLength = 1 << 30;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>Byte offset of what is read next.</summary>
    public long Position { get; private set; }

    /// <summary>Bytes after <see cref="Position"/>.</summary>
    public long Remaining => file.Length - Position;

    public byte UInt8() => Take(1)[0];

    public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    /// <summary>A count of things that take at least <paramref name="leastBytes"/> each in the file.</summary>
    public int Count(ulong limit, int leastBytes, string what)
    {
        ulong count = UInt64();
        if (count > limit || count > (ulong)(Remaining / leastBytes))
            Problem.InvalidData($"{file.Path} claims {count} {what}; {Remaining} bytes are left, and at most {limit} are allowed.");
        return (int)count;
    }

    /// <summary>u64 length and UTF-8 bytes.</summary>
    /// <param name="maxBytes">Most bytes that this string may have.</param>
    /// <param name="what">What it is, for messages.</param>
    public string String(ulong maxBytes, string what)
    {
        ulong length = UInt64();
        if (length > Math.Min(maxBytes, MaxLength))
            Problem.InvalidData($"{file.Path}: {what} at offset {Position} has {length} bytes; at most {maxBytes} are allowed.");
        try
        {
            return StrictUtf8.GetString(Take((int)length));
        }
        catch (DecoderFallbackException)
        {
            return Problem.InvalidData<string>($"{file.Path}: {what} at offset {Position} is not UTF-8.");
        }
    }

    public ReadOnlySpan<byte> Take(int count)
    {
        ReadOnlySpan<byte> bytes = file.Span(Position, count);
        Position += count;
        return bytes;
    }
}

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
            Problem.InvalidData($"The GGUF file claims {count} keys; at most {MaxKeys} are allowed.");
        GgufKeyValues result = new();
        for (ulong i = 0; i < count; i++)
        {
            string key = reader.String(MaxKeyBytes, "a key");
            GgufValueType type = (GgufValueType)reader.UInt32();
            object value = type == GgufValueType.Array ? result.Array(reader, key) : Scalar(reader, type, key);
            if (!result._values.TryAdd(key, value))
                Problem.InvalidData($"The GGUF key '{key}' is there twice.");
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
        _ => Problem.InvalidData<object>($"The GGUF key '{key}' has the value type {(uint)type}; 0 to 12 are known."),
    };

    private static object Bool(GgufReader reader, string key) => reader.UInt8() switch
    {
        0 => false,
        1 => true,
        byte other => Problem.InvalidData<object>($"The GGUF key '{key}' has the boolean {other}; 0 and 1 are allowed."),
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
        _ => Problem.InvalidData<int>(
            $"The GGUF key '{key}' is an array of type {(uint)type}; arrays of scalars and strings are supported."),
    };
}

/// <summary>Types of key values (ggml docs/gguf.md).</summary>
internal enum GgufValueType : uint
{
    U8 = 0,
    I8 = 1,
    U16 = 2,
    I16 = 3,
    U32 = 4,
    I32 = 5,
    F32 = 6,
    Bool = 7,
    String = 8,
    Array = 9,
    U64 = 10,
    I64 = 11,
    F64 = 12,
}

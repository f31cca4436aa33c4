using System.Text;

namespace PureClip.Tokenization;

/// <summary>
/// A growable text of Unicode code points. Each carries the range of the original string that it was made from, in UTF-16 units,
/// so that after any number of cleaning steps a token can still be traced back to what the user wrote.
/// </summary>
internal sealed class CodePoints
{
    private const int InitialCapacity = 64;
    private int[] _values = new int[InitialCapacity];
    private int[] _starts = new int[InitialCapacity];
    private int[] _ends = new int[InitialCapacity];

    /// <summary>How many code points there are.</summary>
    public int Count { get; private set; }

    /// <summary>The code points themselves.</summary>
    public ReadOnlySpan<int> Values => _values.AsSpan(0, Count);

    public int this[int index] => _values[index];

    /// <summary>Where in the original the code point begins.</summary>
    public int SourceStart(int index) => _starts[index];

    /// <summary>Where in the original the code point ends (exclusive).</summary>
    public int SourceEnd(int index) => _ends[index];

    /// <summary>The code points of a string; a surrogate without its partner becomes U+FFFD, as ftfy's fix_surrogates makes it.</summary>
    public static CodePoints From(string text)
    {
        CodePoints points = new();
        points.AddText(text);
        return points;
    }

    /// <summary>Appends a text whose origin it is itself.</summary>
    public void AddText(string text)
    {
        Reserve(checked(Count + text.Length));
        int start = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            Add(rune.Value, start, start + rune.Utf16SequenceLength);
            start += rune.Utf16SequenceLength;
        }
    }

    /// <summary>Appends UTF-8 that stands in the place of a range of the original; what is not UTF-8 becomes U+FFFD.</summary>
    public void AddUtf8(ReadOnlySpan<byte> bytes, int sourceStart, int sourceEnd)
    {
        while (!bytes.IsEmpty)
        {
            Rune.DecodeFromUtf8(bytes, out Rune rune, out int length);
            Add(rune.Value, sourceStart, sourceEnd);
            bytes = bytes[length..];
        }
    }

    public void Add(int value, int sourceStart, int sourceEnd)
    {
        if (Count == _values.Length)
            Reserve(checked(Count + 1));
        _values[Count] = value;
        _starts[Count] = sourceStart;
        _ends[Count] = sourceEnd;
        Count++;
    }

    /// <summary>Appends a code point that replaces another and keeps that one's origin.</summary>
    public void AddFrom(CodePoints source, int index, int value) => Add(value, source._starts[index], source._ends[index]);

    public void AddRange(CodePoints source, int index, int count)
    {
        Reserve(checked(Count + count));
        source._values.AsSpan(index, count).CopyTo(_values.AsSpan(Count));
        source._starts.AsSpan(index, count).CopyTo(_starts.AsSpan(Count));
        source._ends.AsSpan(index, count).CopyTo(_ends.AsSpan(Count));
        Count += count;
    }

    /// <summary>Room for so many code points is there.</summary>
    public int Capacity => _values.Length;

    public void Clear() => Count = 0;

    /// <summary>Drops everything from the index on.</summary>
    public void Truncate(int count) => Count = count;

    /// <summary>Puts a value in the place of another; the origin stays, extended to the end given.</summary>
    public void Replace(int index, int value, int sourceEnd)
    {
        _values[index] = value;
        _ends[index] = Math.Max(_ends[index], sourceEnd);
    }

    /// <summary>Sorts a range by a key of each value; equal keys keep their order.</summary>
    public void SortStable(int index, int count, Func<int, int> key)
    {
        long[] keys = new long[count];
        for (int i = 0; i < count; i++)
            keys[i] = ((long)key(_values[index + i]) << 32) | (uint)i;
        Array.Sort(keys);
        CodePoints copy = new();
        copy.AddRange(this, index, count);
        for (int i = 0; i < count; i++)
        {
            int from = (int)keys[i];
            (_values[index + i], _starts[index + i], _ends[index + i]) = (copy._values[from], copy._starts[from], copy._ends[from]);
        }
    }

    /// <summary>The range as a string.</summary>
    public string ToString(int index, int count)
    {
        StringBuilder text = new(count);
        foreach (int value in _values.AsSpan(index, count))
            if (value < 0x10000)
                text.Append((char)value);
            else
                text.Append(char.ConvertFromUtf32(value));
        return text.ToString();
    }

    public override string ToString() => ToString(0, Count);

    private void Reserve(int capacity)
    {
        if (capacity <= _values.Length)
            return;
        int size = (int)Math.Min(Math.Max((long)capacity, 2L * _values.Length), Array.MaxLength);
        Array.Resize(ref _values, size);
        Array.Resize(ref _starts, size);
        Array.Resize(ref _ends, size);
    }
}

using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using PureClip.Files;

namespace PureClip.Tokenization;

/// <summary>
/// SentencePiece's compiled normalisation: which strings are replaced by which. A double array (Aoe 1989) over UTF-8 bytes leads to the
/// offsets of replacements, which end with a zero.
/// </summary>
/// <remarks>
/// sentencepiece/normalizer.cc (<c>precompiled_charsmap</c>): u32 bytes of the array, its u32 units, the replacements. A unit: bits 0-7 and 31
/// its label, bit 8 whether a string ends here, bits 10-30 the offset, to be shifted by 8 where bit 9 is set; a leaf has bit 31 and a value.
/// </remarks>
internal sealed class CharacterMap
{
    // The longest key of nmt_nfkc, SentencePiece's largest rules, has 18 bytes; its longest replacement 33.
    private const int MostKeyBytes = 64, MostReplacementBytes = 256;

    private readonly uint[] _units;
    private readonly byte[] _replacements;

    private CharacterMap(uint[] units, byte[] replacements) => (_units, _replacements) = (units, replacements);

    /// <summary>Reads and checks a compiled map.</summary>
    /// <param name="bytes">The map.</param>
    /// <param name="source">Where it is, for messages.</param>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static CharacterMap Read(ReadOnlySpan<byte> bytes, string source)
    {
        uint length = bytes.Length >= sizeof(uint) ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : 0;
        if (length < sizeof(uint) || length % sizeof(uint) != 0 || length > bytes.Length - sizeof(uint))
            Problem.InvalidData(
                $"{source}: the character map claims an array of {length} bytes, and has {Math.Max(0, bytes.Length - sizeof(uint))}. " +
                "The file is damaged; download it again.");
        uint[] units = new uint[length / sizeof(uint)];
        bytes.Slice(sizeof(uint), (int)length).CopyTo(MemoryMarshal.AsBytes(units.AsSpan()));
        if (!BitConverter.IsLittleEndian)
            BinaryPrimitives.ReverseEndianness(units, units);
        CharacterMap map = new(units, bytes[(sizeof(uint) + (int)length)..].ToArray());
        if (map.FindFault() is string fault)
            Problem.InvalidData($"{source}: in the character map {fault}. The file is damaged; download it again.");
        return map;
    }

    /// <summary>The longest string of the map that begins a text.</summary>
    /// <param name="text">Code points.</param>
    /// <param name="length">How many of them it has; 0 where there is none.</param>
    /// <returns>Its replacement, UTF-8.</returns>
    public ReadOnlySpan<byte> Longest(ReadOnlySpan<int> text, out int length)
    {
        Walk walk = new(this);
        int found = -1;
        length = 0;
        for (int i = 0; i < text.Length && walk.TryStep(text[i]); i++)
            if (walk.Value >= 0)
                (found, length) = (walk.Value, i + 1);
        return found < 0 ? default : Replacement(found);
    }

    /// <summary>The shortest string of the map that begins a text.</summary>
    /// <returns>Whether there is one.</returns>
    public bool TryShortest(ReadOnlySpan<int> text, out ReadOnlySpan<byte> replacement)
    {
        Walk walk = new(this);
        foreach (int point in text)
        {
            if (!walk.TryStep(point))
                break;
            if (walk.Value < 0)
                continue;
            replacement = Replacement(walk.Value);
            return true;
        }
        replacement = default;
        return false;
    }

    private static uint Offset(uint unit) => (unit >> 10) << (int)((unit & 0x200) >> 6);

    private static bool IsLeaf(uint unit) => (unit & 0x8000_0000) != 0;

    private static bool HasLeaf(uint unit) => (unit & 0x100) != 0;

    private ReadOnlySpan<byte> Replacement(int offset)
    {
        ReadOnlySpan<byte> rest = _replacements.AsSpan(offset);
        return rest[..rest.IndexOf((byte)0)];
    }

    // Every step checks its own index; that leaves the leaves and the replacements that they name.
    private string? FindFault()
    {
        for (int i = 0; i < _units.Length; i++)
        {
            if (IsLeaf(_units[i]) || !HasLeaf(_units[i]))
                continue;
            long leaf = i ^ Offset(_units[i]);
            if (leaf >= _units.Length || (_units[leaf] & 0x7FFF_FFFF) >= _replacements.Length)
                return $"unit {i} of {_units.Length} leads out of it";
        }
        for (int start = 0; start < _replacements.Length;)
        {
            int length = _replacements.AsSpan(start).IndexOf((byte)0);
            if (length is < 0 or > MostReplacementBytes)
                return $"the replacement at {start} has {(length < 0 ? "no end" : $"{length} bytes, more than {MostReplacementBytes}")}";
            start += length + 1;
        }
        return null;
    }

    /// <summary>A walk along the bytes of a text.</summary>
    private ref struct Walk(CharacterMap map)
    {
        private readonly uint[] _units = map._units;
        private long _at = Offset(map._units[0]);
        private int _bytes;

        /// <summary>The replacement of the string that ends here; -1 where none does.</summary>
        public int Value { get; private set; } = -1;

        /// <summary>Goes on by a code point.</summary>
        public bool TryStep(int point)
        {
            Span<byte> utf8 = stackalloc byte[4];
            int length = new Rune(point).EncodeToUtf8(utf8);
            if ((_bytes += length) > MostKeyBytes)
                return false;
            bool ends = false;
            foreach (byte label in utf8[..length])
            {
                _at ^= label;
                if (label == 0 || _at >= _units.Length || (_units[_at] & 0x8000_00FF) != label)
                    return false;
                ends = HasLeaf(_units[_at]);
                _at ^= Offset(_units[_at]);
            }
            Value = ends ? (int)(_units[_at] & 0x7FFF_FFFF) : -1;
            return true;
        }
    }
}

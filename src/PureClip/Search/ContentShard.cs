using System.Globalization;

namespace PureClip.Search;

/// <summary>
/// One of several parts of all contents. A content lies in one of them by its hash alone, so that parts never overlap, whatever the order,
/// the machine or the path by which a file is met, and any of them may be made again.
/// </summary>
/// <remarks>
/// The first 16 bytes of a file's SHA-256, read as a big-endian number, modulo the number of parts: 0 is part 1. In Python
/// <c>int(sha256(file).hexdigest()[:32], 16) % count + 1</c>.
/// </remarks>
public readonly record struct ContentShard
{
    private readonly int _index, _others; // so that the default is the one part of one

    /// <param name="number">Which part: 1 to <paramref name="count"/>.</param>
    /// <param name="count">How many parts there are, 1 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such part.</exception>
    public ContentShard(int number, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(number, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(number, count);
        (_index, _others) = (number - 1, count - 1);
    }

    /// <summary>Which part: 1 to <see cref="Count"/>.</summary>
    public int Number => _index + 1;

    /// <summary>How many parts there are.</summary>
    public int Count => _others + 1;

    /// <summary>Whether a content lies in this part.</summary>
    /// <param name="contentHash">As <see cref="ContentHash"/> makes it.</param>
    public bool Contains(UInt128 contentHash) => contentHash % (uint)Count == (uint)_index;

    /// <summary>Reads "2/8"; false where that is no part: 0/8, 9/8, 2/0, or another text.</summary>
    public static bool TryParse(string? text, out ContentShard shard)
    {
        shard = default;
        string[] parts = (text ?? "").Split('/');
        if (parts.Length != 2 || !TryRead(parts[0], out int number) || !TryRead(parts[1], out int count) || number > count)
            return false;
        shard = new(number, count);
        return true;

        static bool TryRead(string digits, out int value) =>
            int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value > 0;
    }

    /// <summary>"2/8"</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Number}/{Count}");
}

#!/usr/bin/env python3
"""Writes src/PureClip.Core/Tokenization/LowerCaseTable.cs from this Python's Unicode data: 3.11 has Unicode 14, as the other tables.

    python3 tools/golden/make_lower_case.py src/PureClip.Core/Tokenization/LowerCaseTable.cs
"""
import pathlib
import sys

HEAD = '''namespace PureClip.Tokenization;

/// <summary>
/// The one-to-one lower case of Unicode 14, which the reference tokenizers had. Not the runtime's: that one asks the ICU of the machine, or
/// tables of its own where globalization is invariant, and the two disagree on newer letters.
/// </summary>
/// <remarks>Written by tools/golden/make_lower_case.py from the Unicode Character Database, without ASCII.</remarks>
internal static class LowerCaseTable
{
    private const int Fields = 4;

    // Runs of capitals, ascending: the first, the last, from one to the next, and from a capital to its small letter.
    private static ReadOnlySpan<int> Runs =>
    [
'''

TAIL = '''    ];

    /// <summary>The small letter of a code point; itself where it has none, or more than one.</summary>
    public static int Of(int point)
    {
        int low = 0, high = Runs.Length / Fields - 1;
        while (low < high) // the last run that does not begin behind the code point
        {
            int middle = (low + high + 1) / 2;
            if (Runs[Fields * middle] <= point)
                low = middle;
            else
                high = middle - 1;
        }
        ReadOnlySpan<int> run = Runs.Slice(Fields * low, Fields);
        return point >= run[0] && point <= run[1] && (point - run[0]) % run[2] == 0 ? point + run[3] : point;
    }
}
'''


def runs():
    pairs = []
    for point in range(0x80, 0x110000):
        lower = chr(point).lower()
        if not 0xD800 <= point < 0xE000 and len(lower) == 1 and ord(lower) != point:
            pairs.append((point, ord(lower) - point))
    start = 0
    while start < len(pairs):
        first, delta = pairs[start]
        best, best_step = start, 1
        for step in (1, 2):
            end = start
            while end + 1 < len(pairs) and pairs[end + 1] == (pairs[end][0] + step, delta):
                end += 1
            if end > best:
                best, best_step = end, step
        yield f"0x{first:X}, 0x{pairs[best][0]:X}, {best_step}, {delta},"
        start = best + 1


def main():
    lines, line = [], "       "
    for run in runs():
        if len(line) + len(run) + 1 > 130:
            lines.append(line)
            line = "       "
        line += " " + run
    lines.append(line)
    pathlib.Path(sys.argv[1]).write_text(HEAD + "\n".join(lines) + "\n" + TAIL, encoding="utf-8")


main()

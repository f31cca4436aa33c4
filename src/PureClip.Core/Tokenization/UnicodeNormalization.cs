using System.Globalization;

namespace PureClip.Tokenization;

/// <summary>
/// The normalization forms of Unicode Standard Annex 15. The runtime's own
/// <c>string.Normalize</c> returns its input unchanged where globalization is invariant, so the tables (Unicode 14, as in
/// Python 3.11) are carried here. They are read when the first text needs them.
/// </summary>
internal static class UnicodeNormalization
{
    // Below U+0300 every character is its own NFC and none combines with what stands before it.
    private const int FirstCombining = 0x300;

    // The Hangul syllables of UAX 15, chapter "Hangul": LV and LVT syllables from three ranges of jamo.
    private const int SyllableBase = 0xAC00, LeadBase = 0x1100, VowelBase = 0x1161, TrailBase = 0x11A7;
    private const int LeadCount = 19, VowelCount = 21, TrailCount = 28, SyllableCount = LeadCount * VowelCount * TrailCount;

    // The first code point that is there for compatibility alone: the no-break space.
    private const int FirstCompatible = 0xA0;

    private static readonly Lazy<Dictionary<int, int[]>> LoadedCompatibility = new(ReadCompatibility);
    private static readonly Lazy<Tables> Loaded = new(static () => new Tables(EmbeddedData.Unicode));

    /// <summary>Appends the NFC of a text to another.</summary>
    public static void ComposeTo(CodePoints source, CodePoints target)
    {
        if (IsComposed(source.Values))
        {
            target.AddRange(source, 0, source.Count);
            return;
        }
        CodePoints decomposed = new();
        Decompose(source, decomposed, Loaded.Value);
        Compose(decomposed, target, Loaded.Value);
    }

    /// <summary>Appends the NFD of a text to another.</summary>
    public static void DecomposeTo(CodePoints source, CodePoints target)
    {
        if (source.Values.ContainsAnyInRange(0xC0, 0x10FFFF))
            Decompose(source, target, Loaded.Value);
        else
            target.AddRange(source, 0, source.Count);
    }

    /// <summary>
    /// Appends a text in which whatever is there for compatibility alone (ligatures, widths, circled numbers) is replaced; NFKC and NFKD
    /// are NFC and NFD of it.
    /// </summary>
    public static void ReplaceCompatibleTo(CodePoints source, CodePoints target)
    {
        CodePoints decomposed = new();
        DecomposeTo(source, decomposed); // letters with marks may hide some
        for (int i = 0; i < decomposed.Count; i++)
            AppendCompatible(decomposed, i, decomposed[i], target);
    }

    private static void AppendCompatible(CodePoints source, int index, int point, CodePoints target)
    {
        if (point >= FirstCompatible && LoadedCompatibility.Value.TryGetValue(point, out int[]? parts))
            foreach (int part in parts)
                AppendCompatible(source, index, part, target);
        else
            target.AddFrom(source, index, point);
    }

    private static Dictionary<int, int[]> ReadCompatibility()
    {
        Dictionary<int, int[]> table = [];
        foreach (string line in EmbeddedData.Compatibility.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            int[] numbers = Array.ConvertAll(
                line.Split(' '), field => int.Parse(field, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
            table.Add(numbers[0], numbers[1..]);
        }
        return table;
    }

    /// <summary>NFKC of a half- or fullwidth form (U+FF01-U+FFEF); empty for any other code point.</summary>
    public static ReadOnlySpan<int> NormalWidth(int codePoint) =>
        codePoint is > 0xFF00 and < 0xFFF0 && Loaded.Value.Widths.TryGetValue(codePoint, out int[]? form) ? form : [];

    private static bool IsComposed(ReadOnlySpan<int> text)
    {
        if (!text.ContainsAnyInRange(FirstCombining, 0x10FFFF))
            return true;
        Tables tables = Loaded.Value;
        foreach (int point in text)
            if (point >= FirstCombining && !tables.IsInert(point))
                return false;
        return true;
    }

    private static void Decompose(CodePoints source, CodePoints target, Tables tables)
    {
        int marks = 0; // index in target of the first character after the last starter
        for (int i = 0; i < source.Count; i++)
        {
            int point = source[i];
            int appended = target.Count;
            int syllable = point - SyllableBase;
            if ((uint)syllable < SyllableCount)
                DecomposeSyllable(source, i, syllable, target);
            else if (tables.Decompositions.TryGetValue(point, out int[]? parts))
                foreach (int part in parts)
                    target.AddFrom(source, i, part);
            else
                target.AddFrom(source, i, point);
            for (; appended < target.Count; appended++)
            {
                if (tables.CombiningClass(target[appended]) != 0)
                    continue;
                Reorder(target, marks, appended, tables);
                marks = appended + 1;
            }
        }
        Reorder(target, marks, target.Count, tables);
    }

    private static void DecomposeSyllable(CodePoints source, int index, int syllable, CodePoints target)
    {
        target.AddFrom(source, index, LeadBase + (syllable / (VowelCount * TrailCount)));
        target.AddFrom(source, index, VowelBase + (syllable % (VowelCount * TrailCount) / TrailCount));
        if (syllable % TrailCount != 0)
            target.AddFrom(source, index, TrailBase + (syllable % TrailCount));
    }

    private static void Reorder(CodePoints text, int start, int end, Tables tables)
    {
        if (end - start > 1)
            text.SortStable(start, end - start, tables.CombiningClass);
    }

    private static void Compose(CodePoints source, CodePoints target, Tables tables)
    {
        int starter = -1; // index in target
        int lastClass = -1; // class of the last character kept since the starter; -1: none
        for (int i = 0; i < source.Count; i++)
        {
            int point = source[i];
            int combiningClass = tables.CombiningClass(point);
            // A character is blocked from the starter by one of the same or a higher class between them.
            if (starter >= 0 && lastClass < combiningClass && TryCompose(target[starter], point, tables, out int composed))
            {
                target.Replace(starter, composed, source.SourceEnd(i));
                continue;
            }
            if (combiningClass == 0)
            {
                starter = target.Count;
                lastClass = -1;
            }
            else
            {
                lastClass = combiningClass;
            }
            target.AddRange(source, i, 1);
        }
    }

    private static bool TryCompose(int first, int second, Tables tables, out int composed)
    {
        int lead = first - LeadBase, vowel = second - VowelBase;
        if ((uint)lead < LeadCount && (uint)vowel < VowelCount)
        {
            composed = SyllableBase + (((lead * VowelCount) + vowel) * TrailCount);
            return true;
        }
        int syllable = first - SyllableBase, trail = second - TrailBase;
        if ((uint)syllable < SyllableCount && syllable % TrailCount == 0 && trail is > 0 and < TrailCount)
        {
            composed = first + trail;
            return true;
        }
        return tables.Compositions.TryGetValue(Pair(first, second), out composed);
    }

    private static ulong Pair(int first, int second) => ((ulong)(uint)first << 32) | (uint)second;

    /// <summary>The embedded table, parsed.</summary>
    private sealed class Tables
    {
        private readonly Dictionary<int, int> _classes = [];
        private readonly HashSet<int> _seconds = []; // what some pair has as its second part

        public Tables(string text)
        {
            Dictionary<int, int[]> single = [];
            foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
                if (!line.IsEmpty)
                    Read(line, single);
            foreach (int point in single.Keys)
                Decompositions[point] = [.. Expand(point, single)];
        }

        public Dictionary<int, int[]> Decompositions { get; } = [];

        public Dictionary<ulong, int> Compositions { get; } = [];

        public Dictionary<int, int[]> Widths { get; } = [];

        public int CombiningClass(int point) => point < FirstCombining ? 0 : _classes.GetValueOrDefault(point);

        /// <summary>Whether a text of such characters only is its own NFC.</summary>
        public bool IsInert(int point) =>
            !_classes.ContainsKey(point)
            && !_seconds.Contains(point)
            && !Decompositions.ContainsKey(point)
            && point is not ((>= VowelBase and < VowelBase + VowelCount) or (> TrailBase and < TrailBase + TrailCount));

        private void Read(ReadOnlySpan<char> line, Dictionary<int, int[]> single)
        {
            Span<int> fields = stackalloc int[8];
            char kind = line[0];
            int count = 0;
            foreach (Range range in line[2..].Split(' '))
                fields[count++] = int.Parse(line[2..][range], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            int[] values = fields[1..count].ToArray();
            switch (kind)
            {
                case 'c':
                    _classes.Add(fields[0], values[0]);
                    break;
                case 'w':
                    Widths.Add(fields[0], values);
                    break;
                default:
                    single.Add(fields[0], values);
                    if (kind == 'd')
                        AddComposition(values[0], values[1], fields[0]);
                    break;
            }
        }

        private void AddComposition(int first, int second, int composed)
        {
            Compositions.Add(Pair(first, second), composed);
            _seconds.Add(second);
        }

        private static IEnumerable<int> Expand(int point, Dictionary<int, int[]> single) =>
            single.TryGetValue(point, out int[]? parts) ? parts.SelectMany(p => Expand(p, single)) : [point];
    }
}

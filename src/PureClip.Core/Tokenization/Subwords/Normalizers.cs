using System.Buffers;
using System.Globalization;
using System.Text;

namespace PureClip.Tokenization;

/// <summary>
/// <c>Precompiled</c> of tokenizer.json: a cluster of characters (Unicode Standard Annex 29) of less than 6 bytes is replaced as a whole
/// where any string that begins it is in the map, so that a mark behind a fullwidth letter is lost; a longer one character by character.
/// </summary>
/// <remarks>Rust crate spm_precompiled, <c>normalize_string</c>.</remarks>
internal sealed class MapClusters(CharacterMap map) : ITextStep
{
    private const int LongCluster = 6, Window = 16;
    private const int FirstCombining = 0x300; // below, nothing joins what stands before it but a line feed its carriage return

    public void Run(CodePoints text, int start, int end, Pieces target)
    {
        ReadOnlySpan<int> points = text.Values[..end];
        for (int position = start; position < end;)
        {
            int length = ClusterLength(points[position..]);
            ReadOnlySpan<int> cluster = points.Slice(position, length);
            if (IsShort(cluster) && map.TryShortest(cluster, out ReadOnlySpan<byte> replacement))
                target.Text.AddUtf8(replacement, text.SourceStart(position), text.SourceEnd(position + length - 1));
            else
                MapCharacters(text, position, length, target.Text);
            position += length;
        }
    }

    private void MapCharacters(CodePoints text, int start, int length, CodePoints target)
    {
        for (int i = start; i < start + length; i++)
            if (map.TryShortest(text.Values.Slice(i, 1), out ReadOnlySpan<byte> replacement))
                target.AddUtf8(replacement, text.SourceStart(i), text.SourceEnd(i));
            else
                target.AddRange(text, i, 1);
    }

    private static bool IsShort(ReadOnlySpan<int> cluster)
    {
        int bytes = 0;
        for (int i = 0; i < cluster.Length && bytes < LongCluster; i++)
            bytes += new Rune(cluster[i]).Utf8SequenceLength;
        return bytes < LongCluster;
    }

    private static int ClusterLength(ReadOnlySpan<int> text)
    {
        if (text.Length == 1 || (text[0] < FirstCombining && text[1] < FirstCombining && text[0] != '\r'))
            return 1;
        for (int window = Window; ; window *= 2)
        {
            ReadOnlySpan<int> seen = text[..Math.Min(window, text.Length)];
            char[] characters = ArrayPool<char>.Shared.Rent(2 * seen.Length);
            int count = 0;
            foreach (int point in seen)
                count += new Rune(point).EncodeToUtf16(characters.AsSpan(count));
            int units = StringInfo.GetNextTextElementLength(characters.AsSpan(0, count));
            int length = 0;
            for (int i = 0; i < units; length++)
                i += char.IsHighSurrogate(characters[i]) ? 2 : 1;
            ArrayPool<char>.Shared.Return(characters);
            if (units < count || seen.Length == text.Length)
                return length;
        }
    }
}

/// <summary><c>Lowercase</c>: each character by itself.</summary>
internal sealed class ToLowerCase : ITextStep
{
    public void Run(CodePoints text, int start, int end, Pieces target)
    {
        for (int i = start; i < end; i++)
            LowerCase.AppendTo(text, i, target.Text, finalSigma: false);
    }
}

/// <summary><c>Replace</c> of a string.</summary>
internal sealed class ReplaceString(int[] pattern, int[] content) : ITextStep
{
    public void Run(CodePoints text, int start, int end, Pieces target)
    {
        for (int i = start; i < end;)
        {
            if (text.Values[i..end].StartsWith(pattern))
            {
                foreach (int point in content)
                    target.Text.Add(point, text.SourceStart(i), text.SourceEnd(i + pattern.Length - 1));
                i += pattern.Length;
            }
            else
            {
                target.Text.AddRange(text, i++, 1);
            }
        }
    }
}

/// <summary><c>Replace</c> of runs of blanks (" {2,}", " +") or of white space ("\s+").</summary>
internal sealed class ReplaceRuns(bool onlyBlanks, int least, int[] content) : ITextStep
{
    public void Run(CodePoints text, int start, int end, Pieces target)
    {
        for (int i = start; i < end;)
        {
            int behind = i;
            while (behind < end && (onlyBlanks ? text[behind] == ' ' : CharacterClasses.IsSpace(text[behind])))
                behind++;
            if (behind - i >= least)
                foreach (int point in content)
                    target.Text.Add(point, text.SourceStart(i), text.SourceEnd(behind - 1));
            else
                target.Text.AddRange(text, i, Math.Max(behind - i, 1));
            i = Math.Max(behind, i + 1);
        }
    }
}

/// <summary><c>Prepend</c>.</summary>
internal sealed class Prepend(int[] content) : ITextStep
{
    public void Run(CodePoints text, int start, int end, Pieces target)
    {
        foreach (int point in content)
            target.Text.Add(point, text.SourceStart(start), text.SourceStart(start));
        target.Text.AddRange(text, start, end - start);
    }
}

/// <summary><c>Strip</c>: white space at the ends.</summary>
internal sealed class Strip(bool left, bool right) : ITextStep
{
    public void Run(CodePoints text, int start, int end, Pieces target)
    {
        while (left && start < end && CharacterClasses.IsSpace(text[start]))
            start++;
        while (right && start < end && CharacterClasses.IsSpace(text[end - 1]))
            end--;
        target.Text.AddRange(text, start, end - start);
    }
}

/// <summary><c>StripAccents</c>: drops nonspacing marks. Letters are to be decomposed before.</summary>
internal sealed class StripMarks : ITextStep
{
    public void Run(CodePoints text, int start, int end, Pieces target)
    {
        for (int i = start; i < end; i++)
            if (CharUnicodeInfo.GetUnicodeCategory(text[i]) != UnicodeCategory.NonSpacingMark)
                target.Text.AddRange(text, i, 1);
    }
}

/// <summary>A normalization form of Unicode.</summary>
/// <param name="Composed">NFC and NFKC; else NFD and NFKD.</param>
/// <param name="Compatible">NFKC and NFKD.</param>
internal sealed record Normalize(bool Composed, bool Compatible = false) : ITextStep
{
    [ThreadStatic]
    private static CodePoints? _piece, _compatible;

    public void Run(CodePoints text, int start, int end, Pieces target)
    {
        CodePoints piece = _piece ??= new();
        piece.Clear();
        piece.AddRange(text, start, end - start);
        if (Compatible)
        {
            CodePoints replaced = _compatible ??= new();
            replaced.Clear();
            UnicodeNormalization.ReplaceCompatibleTo(piece, replaced);
            piece = replaced;
        }
        if (Composed)
            UnicodeNormalization.ComposeTo(piece, target.Text);
        else
            UnicodeNormalization.DecomposeTo(piece, target.Text);
    }
}

using System.Globalization;
using System.Text.RegularExpressions;

namespace PureClip.TextToImage;

/// <summary>
/// ComfyUI's prompts: <c>(more)</c>, <c>(so much:1.3)</c>, where an inner weight replaces an outer one; <c>embedding:name</c>; chunks of 75
/// tokens, in which a group of fewer than eight is never cut.
/// </summary>
/// <remarks>comfyanonymous/ComfyUI: comfy/sd1_clip.py.</remarks>
internal static partial class ComfyDialect
{
    private const double More = 1.1;
    private const int LongGroup = 8;
    private const string Embedding = "embedding:";

    // Brackets that were escaped, while others are looked for.
    private const char Open = '\uE000', Close = '\uE001';

    /// <summary>The pieces of a prompt.</summary>
    public static List<PromptPiece> Pieces(string prompt)
    {
        List<PromptPiece> pieces = [];
        Add(prompt.Replace("\\)", $"{Close}", StringComparison.Ordinal).Replace("\\(", $"{Open}", StringComparison.Ordinal), 1, pieces);
        return [.. pieces.Select(static piece => piece with { Text = piece.Text.Replace(Open, '(').Replace(Close, ')') })];
    }

    /// <summary>The chunks of a prompt.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="vocabulary">The encoder's.</param>
    /// <param name="byWord">Whether words are kept together, in place of what has one weight.</param>
    public static PromptReading Read(string prompt, PromptVocabulary vocabulary, bool byWord)
    {
        List<string> notes = [];
        List<List<PromptToken>> groups = [];
        foreach ((string text, double weight) in Pieces(prompt))
            foreach (string word in Words(text, byWord))
                groups.AddRange(Groups(word, weight, vocabulary, notes));
        List<PromptChunk> chunks = [];
        List<PromptToken> chunk = [];
        foreach (List<PromptToken> group in groups)
        {
            bool isLong = group.Count >= LongGroup;
            for (int used = 0; used < group.Count;)
            {
                int left = group.Count - used, room = PromptVocabulary.Limit - chunk.Count;
                int taken = left <= room ? left : isLong ? room : 0;
                chunk.AddRange(group.GetRange(used, taken));
                used += taken;
                if (left <= room)
                    continue;
                chunks.Add(vocabulary.Chunk(chunk));
                chunk = [];
            }
        }
        chunks.Add(vocabulary.Chunk(chunk));
        return PromptReading.Of(chunks, notes);
    }

    /// <summary>Adds what lies inside brackets and between them, from outside in.</summary>
    private static void Add(string text, double weight, List<PromptPiece> pieces)
    {
        foreach (string part in Split(text))
        {
            if (part is not ['(', .., ')'])
            {
                pieces.Add(new(part, weight));
                continue;
            }
            string inside = part[1..^1];
            double own = weight * More;
            int colon = inside.LastIndexOf(':');
            if (colon > 0 && TryReadNumber(inside[(colon + 1)..], out double number))
                (own, inside) = (number, inside[..colon]);
            Add(inside, own, pieces);
        }
    }

    /// <summary>
    /// Cuts before a bracket that opens at level 0 and behind the one that returns to it. A stray closing bracket takes the level below 0,
    /// and
    /// no bracket opens a group from there.
    /// </summary>
    private static IEnumerable<string> Split(string text)
    {
        int level = 0, start = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '(' && level++ == 0)
            {
                if (i > start)
                    yield return text[start..i];
                start = i;
            }
            else if (text[i] == ')' && --level == 0)
            {
                yield return text[start..(i + 1)];
                start = i + 1;
            }
        }
        if (start < text.Length)
            yield return text[start..];
    }

    private static IEnumerable<string> Words(string text, bool byWord) =>
        (byWord ? text.Replace('\n', ' ').Split(' ') : BeforeEmbedding().Split(text)).Where(static word => word.Length > 0);

    /// <summary>The tokens of a word or piece, or the vectors that it names, with what is glued to the name.</summary>
    private static IEnumerable<List<PromptToken>> Groups(string word, double weight, PromptVocabulary vocabulary, List<string> notes)
    {
        if (word.StartsWith(Embedding, StringComparison.Ordinal))
        {
            string[] rest = word[Embedding.Length..].Split([' ', '\n', '\t'], 2);
            string name = rest[0].Trim(), bare = name.Trim(',');
            int[]? vectors = vocabulary.Named(name) ?? vocabulary.Named(bare);
            if (vectors is null)
                notes.Add($"There is no textual inversion \"{bare}\"; it was left out of the prompt.");
            else
                yield return [.. vectors.Select(id => new PromptToken(id, weight))];
            word = (vocabulary.Named(name) is null && vectors is not null ? name[bare.Length..] : "")
                + (rest.Length > 1 ? " " + rest[1] : "");
            if (string.IsNullOrWhiteSpace(word))
                yield break;
        }
        yield return [.. vocabulary.Words(word).Select(id => new PromptToken(id, weight))];
    }

    /// <summary>A number as Python's float reads it.</summary>
    private static bool TryReadNumber(string text, out double number)
    {
        string trimmed = text.Trim();
        number = 0;
        if (!PythonNumber().IsMatch(trimmed))
            return false;
        string word = trimmed.TrimStart('+', '-').ToUpperInvariant();
        number = word switch
        {
            "INF" or "INFINITY" => double.PositiveInfinity,
            "NAN" => double.NaN,
            _ => double.Parse(word.Replace("_", "", StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture),
        };
        number = trimmed[0] == '-' ? -number : number;
        return true;
    }

    [GeneratedRegex(
        @"^[+-]?(?:(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:e[+-]?\d+(?:_\d+)*)?|inf|infinity|nan)$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex PythonNumber();

    [GeneratedRegex(@"[ \n](?=embedding:)")]
    private static partial Regex BeforeEmbedding();
}

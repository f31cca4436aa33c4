using PureClip.Tokenization;

namespace PureClip.TextToImage;

/// <summary>What an encoder's prompts are made of: its tokenizer, and the names that stand for vectors of textual inversions.</summary>
/// <param name="tokenizer">CLIP's.</param>
/// <param name="inversions">By name, the ids of its vectors behind the vocabulary.</param>
internal sealed class PromptVocabulary(ITokenizer tokenizer, IReadOnlyDictionary<string, int[]> inversions)
{
    /// <summary>Most tokens of a chunk.</summary>
    public const int Limit = 75;

    // Longest first, where one name begins another.
    private readonly (string Name, int[] Tokens, int[] Ids)[] _inversions =
    [
        .. inversions.Select(one => (one.Key, tokenizer.EncodeWithoutSpecials(one.Key), one.Value))
            .OrderByDescending(static one => one.Item2.Length).ThenByDescending(static one => one.Key.Length),
    ];

    /// <summary>Ids below it are the tokenizer's.</summary>
    public int Size => tokenizer.VocabularySize;

    /// <summary>The ids of a text, whose names stay words.</summary>
    public int[] Words(string text) => tokenizer.EncodeWithoutSpecials(text);

    /// <summary>The ids of a text, in which names of inversions stand as they are spelt: diffusers' added tokens.</summary>
    public List<int> WordsAndNames(string text)
    {
        List<int> ids = [];
        for (int position = 0; position < text.Length;)
        {
            int at = text.Length;
            (string Name, int[] Tokens, int[] Ids)? found = null;
            foreach ((string Name, int[] Tokens, int[] Ids) one in _inversions)
                if (text.IndexOf(one.Name, position, StringComparison.Ordinal) is >= 0 and int place && (place < at
                    || (place == at && one.Name.Length > found!.Value.Name.Length)))
                    (at, found) = (place, one);
            ids.AddRange(Words(text[position..at]));
            if (found is null)
                break;
            ids.AddRange(found.Value.Ids);
            position = at + found.Value.Name.Length;
        }
        return ids;
    }

    /// <summary>The vectors of the inversion whose name's tokens stand at a place: A1111's way; null where none does.</summary>
    /// <param name="ids">Ids of a text.</param>
    /// <param name="position">The place.</param>
    /// <param name="length">Tokens of the name.</param>
    public int[]? NameAt(ReadOnlySpan<int> ids, int position, out int length)
    {
        foreach ((_, int[] tokens, int[] vectors) in _inversions)
            if (tokens.Length > 0 && ids[position..].StartsWith(tokens))
            {
                length = tokens.Length;
                return vectors;
            }
        length = 0;
        return null;
    }

    /// <summary>The vectors of a name; null where none has it.</summary>
    public int[]? Named(string name) => inversions.GetValueOrDefault(name);

    /// <summary>A chunk of some tokens.</summary>
    public PromptChunk Chunk(IReadOnlyList<PromptToken> tokens) => new(tokens, Size);
}

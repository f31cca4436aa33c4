using PureClip.Tokenization;

namespace PureClip.TextToImage;

/// <summary>compel's prompts as chunks: cut after 75 tokens, or split where sentences end.</summary>
/// <remarks>damian0815/compel: src/compel/embeddings_provider.py.</remarks>
internal static class CompelDialect
{
    // ".</w>", and it with ",</w>", ";</w>" and ":</w>".
    private const int FullStop = 269;
    private static readonly int[] Stops = [FullStop, 267, 282, 281];

    public static PromptReading Read(string prompt, PromptVocabulary vocabulary, ITokenizer tokenizer, bool truncate)
    {
        List<string> notes = [];
        CompelPrompt read = CompelSyntax.Read(prompt);
        return new(
            [.. read.Parts.Select(part => new PromptPart(
                part.Weight, [.. part.Of.Select((pieces, i) => Variant(pieces, part.Blend?[i] ?? 1))],
                part.Blend is not null && part.IsNormalized))],
            notes);

        PromptVariant Variant(IReadOnlyList<PromptPiece> pieces, double share)
        {
            List<PromptToken> tokens = [];
            List<FadedFragment> faded = [];
            foreach ((string text, double weight) in pieces)
            {
                List<int> ids = vocabulary.WordsAndNames(text);
                int count = truncate ? Math.Min(ids.Count, PromptVocabulary.Limit) : ids.Count;
                if (weight < 1 && count > 0)
                    faded.Add(new(tokens.Count, count, weight));
                tokens.AddRange(ids.Take(count).Select(id => new PromptToken(id, weight)));
            }
            if (!truncate)
                return new(Split(tokens, vocabulary, tokenizer), faded, share);
            if (tokens.Count > PromptVocabulary.Limit)
            {
                notes.Add($"The prompt has {tokens.Count} tokens; the last {tokens.Count - PromptVocabulary.Limit} were dropped.");
                tokens.RemoveRange(PromptVocabulary.Limit, tokens.Count - PromptVocabulary.Limit);
                faded.RemoveAll(static fragment => fragment.First >= PromptVocabulary.Limit);
            }
            return new([vocabulary.Chunk(tokens)], faded, share);
        }
    }

    /// <summary>Chunks that end behind the last full stop in them, else behind the last stop of another kind, else behind a word.</summary>
    private static List<PromptChunk> Split(List<PromptToken> tokens, PromptVocabulary vocabulary, ITokenizer tokenizer)
    {
        List<PromptChunk> chunks = [];
        int first = 0;
        for (; tokens.Count - first > PromptVocabulary.Limit;)
        {
            List<PromptToken> most = tokens.GetRange(first, PromptVocabulary.Limit);
            int last = most.FindLastIndex(static token => token.Id == FullStop);
            if (last < 0)
                last = most.FindLastIndex(static token => Stops.Contains(token.Id));
            if (last < 0)
                last = most.FindLastIndex(token =>
                    token.Id < vocabulary.Size && tokenizer.Token(token.Id).EndsWith("</w>", StringComparison.Ordinal));
            int count = last < 0 ? most.Count : last + 1;
            chunks.Add(vocabulary.Chunk(most[..count]));
            first += count;
        }
        if (first < tokens.Count || chunks.Count == 0)
            chunks.Add(vocabulary.Chunk(tokens[first..]));
        return chunks;
    }
}

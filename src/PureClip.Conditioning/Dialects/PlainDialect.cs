namespace PureClip.TextToImage;

/// <summary>A text without marks: its first 75 tokens.</summary>
/// <remarks>diffusers' pipelines, which say what they drop.</remarks>
internal static class PlainDialect
{
    public static PromptReading Read(string prompt, PromptVocabulary vocabulary)
    {
        List<int> ids = vocabulary.WordsAndNames(prompt);
        int kept = Math.Min(ids.Count, PromptVocabulary.Limit);
        string[] notes = kept == ids.Count ? [] :
        [
            $"The prompt has {ids.Count} tokens, of which a generator's encoder takes {PromptVocabulary.Limit}: the last "
            + $"{ids.Count - kept} " +
            "were dropped. The dialects A1111, ComfyUI and Compel encode all of them, in chunks.",
        ];
        return PromptReading.Of([vocabulary.Chunk([.. ids.Take(kept).Select(static id => new PromptToken(id, 1))])], notes);
    }
}

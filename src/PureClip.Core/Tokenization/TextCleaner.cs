namespace PureClip.Tokenization;

/// <summary>The two cleanings of <see cref="TextCleaning"/>.</summary>
internal static class TextCleaner
{
    /// <summary>OpenAI CLIP, simple_tokenizer.py: <c>whitespace_clean(basic_clean(text)).lower()</c>; appended to the target.</summary>
    public static void OpenAITo(CodePoints text, CodePoints target)
    {
        CodePoints first = FtfyFixer.Fix(text);
        CodePoints second = new();
        if (first.Values.Contains('&'))
        {
            HtmlEntities.UnescapeTo(first, second);
            first.Clear();
            HtmlEntities.UnescapeTo(second, first);
            second.Clear();
        }
        CollapseSpaceTo(first, second);
        LowerCase.AppendTo(second, target, finalSigma: true);
    }

    /// <summary>Hugging Face's normalizer of CLIPTokenizerFast: NFC, <c>\s+</c> to one blank, Lowercase; appended to the target.</summary>
    public static void HuggingFaceTo(CodePoints text, CodePoints target)
    {
        CodePoints composed = new();
        UnicodeNormalization.ComposeTo(text, composed);
        CodePoints spaced = new();
        SingleSpaceTo(composed, spaced);
        LowerCase.AppendTo(spaced, target, finalSigma: false);
    }

    private static void CollapseSpaceTo(CodePoints source, CodePoints target)
    {
        SingleSpaceTo(source, target, atStart: true);
        if (target.Count > 0 && target[target.Count - 1] == ' ')
            target.Truncate(target.Count - 1);
    }

    // Each run of white space becomes one blank; none is written at all where the text starts with one and atStart is set.
    private static void SingleSpaceTo(CodePoints source, CodePoints target, bool atStart = false)
    {
        bool afterSpace = atStart;
        for (int i = 0; i < source.Count; i++)
        {
            bool space = CharacterClasses.IsSpace(source[i]);
            if (!space)
                target.AddRange(source, i, 1);
            else if (!afterSpace)
                target.AddFrom(source, i, ' ');
            afterSpace = space;
        }
    }
}

namespace PureClip.Tokenization;

/// <summary>
/// How the start and end of a text are spelled where they stand in the text itself. The ids are the same; the other spelling is
/// ordinary text.
/// </summary>
public enum SpecialTokenSpelling
{
    /// <summary><c>&lt;|startoftext|&gt;</c> and <c>&lt;|endoftext|&gt;</c>: OpenAI, Hugging Face.</summary>
    OpenAI,

    /// <summary><c>&lt;start_of_text&gt;</c> and <c>&lt;end_of_text&gt;</c>: open_clip.</summary>
    OpenClip,
}

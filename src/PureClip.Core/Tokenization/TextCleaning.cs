namespace PureClip.Tokenization;

/// <summary>What is done to a text before it is split. The two references differ, and so do their ids for some texts.</summary>
public enum TextCleaning
{
    /// <summary>
    /// OpenAI's and open_clip's: ftfy's fixers, HTML entities decoded twice, white space collapsed, Python's lower case. Special
    /// strings are looked for in the cleaned text. Of ftfy 6.3.1 all but the mojibake repair (<c>fix_encoding</c>) is done: texts
    /// such as "schÃ¶n" keep their damage here and get repaired there.
    /// </summary>
    OpenAI,

    /// <summary>
    /// Hugging Face's fast tokenizer: NFC, white space to blanks, lower case of each character by itself (no final sigma). HTML
    /// entities, ligatures, widths and control characters stay. Added tokens are taken out of the text first.
    /// </summary>
    HuggingFace,
}

namespace PureClip.Tokenization;

/// <summary>A token that a file adds to the vocabulary or names for a purpose.</summary>
/// <param name="Content">The string.</param>
/// <param name="Id">Its id where the file gives one.</param>
/// <param name="Normalized">Whether it is looked for in the cleaned text instead of the original: true where the file does not say, as in transformers' CLIP tokenizers.</param>
internal sealed record AddedToken(string Content, int? Id = null, bool Normalized = true);

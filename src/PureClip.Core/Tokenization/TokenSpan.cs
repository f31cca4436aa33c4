namespace PureClip.Tokenization;

/// <summary>
/// Which text a token stands for, in UTF-16 units; ends are exclusive. A token may hold a part of a character's bytes only: its
/// span then covers the whole character, and the next token's span begins with the same one.
/// </summary>
/// <param name="Start">Where it begins in the cleaned text (<see cref="TokenizedText.Text"/>).</param>
/// <param name="End">Where it ends there.</param>
/// <param name="SourceStart">Where it begins in the text that was given.</param>
/// <param name="SourceEnd">Where it ends there.</param>
public readonly record struct TokenSpan(int Start, int End, int SourceStart, int SourceEnd);

namespace PureClip.Convert.Knowledge;

/// <summary>The text tower of a known architecture. Context 77 and vocabulary 49408 are common to all.</summary>
/// <param name="Width">Numbers a token.</param>
/// <param name="Heads">Attention heads.</param>
/// <param name="Layers">Blocks.</param>
internal sealed record TextArchitecture(int Width, int Heads, int Layers);

namespace PureClip.Convert.Knowledge;

/// <summary>The vision tower of a known architecture.</summary>
/// <param name="ImageSize">Pixels of the square input's side.</param>
/// <param name="PatchSize">Pixels of a patch's side.</param>
/// <param name="Width">Numbers a token.</param>
/// <param name="Layers">Blocks.</param>
/// <param name="Heads">Attention heads; no weight file tells them.</param>
/// <param name="MlpWidth">Hidden numbers of the MLP.</param>
internal sealed record VisionArchitecture(int ImageSize, int PatchSize, int Width, int Layers, int Heads, int MlpWidth);

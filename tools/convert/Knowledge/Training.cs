using PureClip.Model;

namespace PureClip.Convert.Knowledge;

/// <summary>One published training run, by how its tag is spelled in file and repository names.</summary>
/// <param name="Tag">OpenCLIP's tag.</param>
/// <param name="Spellings">Lower-case letters and digits that names contain, all of which must occur.</param>
/// <param name="Architectures">Names it applies to; empty for all.</param>
/// <param name="Gelu">The activation; no weight file tells it.</param>
/// <param name="Preprocessing">How pictures are prepared.</param>
internal sealed record Training(string Tag, string[] Spellings, string[] Architectures, GeluKind Gelu, Preprocessing Preprocessing);

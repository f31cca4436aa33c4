namespace PureClip.Tests.Architecture;

/// <summary>One type's use of another of the same assembly.</summary>
/// <param name="User">The type that uses; nested types behind a slash: <c>Ns.Outer/Inner</c>.</param>
/// <param name="Used">The type that is used.</param>
/// <param name="Where">The member in which it is used first, or "declaration".</param>
internal sealed record TypeUse(string User, string Used, string Where);

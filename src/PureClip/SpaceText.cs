namespace PureClip;

/// <summary>
/// A space as named texts in a file. Width and fingerprint are there in any case; what else is known of the space is kept under these
/// names, and older files, which lack them, fit any.
/// </summary>
internal static class SpaceText
{
    private const string Model = "model", Pictures = "preparation", Texts = "texts";

    /// <summary>What is known of a space beside its width and its fingerprint.</summary>
    public static IEnumerable<(string Name, string Text)> Of(VectorSpace space)
    {
        if (space.ModelName.Length > 0)
            yield return (Model, space.ModelName);
        if (space.PictureLine is string pictures)
            yield return (Pictures, pictures);
        if (space.TextLine is string texts)
            yield return (Texts, texts);
    }

    /// <summary>A space with what a file says of it.</summary>
    /// <param name="space">Its width and its fingerprint.</param>
    /// <param name="textOf">The text of a name; null where the file has none.</param>
    public static VectorSpace Read(VectorSpace space, Func<string, string?> textOf) =>
        space.WithLines(textOf(Pictures), textOf(Texts)) with { ModelName = textOf(Model) ?? "" };
}

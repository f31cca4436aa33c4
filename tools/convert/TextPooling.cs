namespace PureClip.Convert;

/// <summary>Where in a text its embedding is read.</summary>
internal enum TextPooling
{
    /// <summary>At the first largest token id.</summary>
    LargestId,

    /// <summary>At the first token that equals <see cref="SourceFacts.EndOfTextId"/>.</summary>
    EndOfTextId,
}

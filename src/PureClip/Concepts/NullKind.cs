namespace PureClip.Concepts;

/// <summary>What chance is taken to be when a score is tested.</summary>
public enum NullKind
{
    /// <summary>
    /// Directions without any structure. Needs nothing but the words. Differences of pictures are nearer to words than such directions whatever the
    /// pictures show, so a word is tested by how far its score stands out among the scores of all words (in standard deviations), not by its size.
    /// </summary>
    RandomDirections,

    /// <summary>Differences of pictures that have nothing to do with one another: how near do these come to a word?</summary>
    UnrelatedPictures,

    /// <summary>The same pairs with "with" and "without" swapped at random in each: how consistent are they? Needs six pairs or more.</summary>
    SwappedPairs,
}

namespace PureClip.Labels;

/// <summary>Pictures divided into parts for cross-validation, the pictures of each class as evenly as can be.</summary>
internal static class Folds
{
    // Folders often hold series of near-equal pictures one after the other, or the easy ones first: the order is shuffled, always the same way.
    private const int Seed = 1;

    /// <summary>How many parts there are: not more than the largest class has pictures.</summary>
    public static int Count(LabelledEmbeddings pictures, int wanted) => Math.Min(wanted, pictures.Sizes.Max());

    /// <summary>The part of each picture. A class with fewer pictures than parts is missing from some, and no part has all of a class.</summary>
    public static int[] Assign(LabelledEmbeddings pictures, int count)
    {
        int[] folds = new int[pictures.Count];
        int[] order = [.. Enumerable.Range(0, pictures.Count)];
        new Random(Seed).Shuffle(order);
        int next = 0; // goes on from class to class, so that parts are of one size too
        foreach (int picture in order.OrderBy(pictures.ClassOf))
            folds[picture] = next++ % count;
        return folds;
    }
}

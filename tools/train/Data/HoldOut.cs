using PureClip.Train.Packages;

namespace PureClip.Train.Data;

/// <summary>What is never trained on, so that there is something to measure with: an artist, a style of people, and things by name.</summary>
internal static class HoldOut
{
    private static readonly string[] Sets = ["openmoji", "dicebear-openPeeps", "tuxpaint"];

    /// <summary>Names of things, one a line, as they stand beside the program.</summary>
    public static IEnumerable<string> Names => File.ReadLines(Path.Combine(AppContext.BaseDirectory, "held_out.txt"))
        .Select(static line => line.Trim()).Where(static line => line.Length > 0 && line[0] != '#');

    /// <summary>Checks that nothing of it is among drawings that are trained on.</summary>
    /// <exception cref="InvalidDataException">Something is.</exception>
    public static void Require(IEnumerable<Drawing> drawings)
    {
        HashSet<string> names = [.. Names.Select(EmojiTexts.Words)];
        if (drawings.FirstOrDefault(drawing => Sets.Contains(drawing.Set) || names.Contains(drawing.Label)) is Drawing held)
            throw new InvalidDataException(
                $"{held.Name} of {held.Set} is held out, and is among the drawings to train on. Draw them anew.");
    }
}

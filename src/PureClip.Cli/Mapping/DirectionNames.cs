using System.Numerics.Tensors;
using PureClip.Cli.Arguments;
using PureClip.Concepts;

namespace PureClip.Cli.Mapping;

/// <summary>Words for what pictures show: a model's own vocabulary has parts of words, which say little of groups.</summary>
internal static class PictureWords
{
    /// <summary>The words.</summary>
    public static string[] All { get; } = WordOptions.In(Resources.Text("PictureWords.txt").Split('\n'));
}

/// <summary>What the program carries within itself.</summary>
internal static class Resources
{
    /// <summary>A text, its lines ended by line feeds.</summary>
    public static string Text(string name)
    {
        using StreamReader reader = new(typeof(Resources).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}

/// <summary>
/// Words for some of a set of pictures: the nearest to what sets their mean apart from the mean of all. What all have in common would name
/// everything alike.
/// </summary>
internal sealed class DirectionNames
{
    private readonly NearestWords _words;
    private readonly PictureSet _pictures;
    private readonly float[] _mean;

    /// <param name="table">The words.</param>
    /// <param name="pictures">All pictures.</param>
    public DirectionNames(WordTable table, PictureSet pictures)
    {
        (_words, _pictures) = (new(table), pictures);
        _mean = MeanOf(pictures.Entries);
    }

    /// <summary>The words nearest to a direction, best first.</summary>
    public string[] Of(ReadOnlySpan<float> direction, int top)
    {
        float[] difference = new float[_mean.Length];
        TensorPrimitives.Subtract(direction, _mean, difference);
        return [.. _words.Of(difference, top).Select(word => word.Word)];
    }

    /// <summary>The word nearest to some pictures.</summary>
    public string Of(IReadOnlyCollection<int> entries) => Of(MeanOf(entries), 1)[0];

    private float[] MeanOf(IReadOnlyCollection<int> entries)
    {
        float[] mean = new float[_pictures.Index.Width];
        foreach (int entry in entries)
            TensorPrimitives.MultiplyAdd(_pictures.Direction(entry), 1f / entries.Count, mean, mean);
        return mean;
    }
}

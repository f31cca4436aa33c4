using System.Numerics.Tensors;
using System.Text.Json;
using PureClip.Train.Data;
using PureClip.Train.Packages;

namespace PureClip.Train.Measuring;

/// <summary>
/// What people have on: the difference of the vectors of a person with a thing and of the same person without, beside the vectors of words for
/// things, less their mean. Of the style that is never trained on.
/// </summary>
internal sealed class WornThings
{
    // What is as right an answer as the word itself: drawings do not tell these apart.
    private static readonly Dictionary<string, string[]> AsRight = new()
    {
        ["beanie"] = ["hat", "cap"],
        ["hat"] = ["cap", "beanie"],
        ["respirator"] = ["mask"],
        ["sunglasses"] = ["glasses"],
        ["mustache"] = ["beard"],
    };

    // Those of the pairs of pictures in the gallery.
    private static readonly string[] Attributes =
    [
        "arrow", "beanie", "beard", "blue", "cap", "chef hat", "crown", "earrings", "eyepatch", "glasses", "graduation cap", "hat",
        "helmet", "hijab", "key", "mask", "mustache", "rain", "snow", "sunglasses", "turban",
    ];

    private readonly (ImageSource With, int Without, string Thing)[] _people;
    private readonly ImageSource[] _bare;
    private readonly (string With, string Without, string Thing)[] _pairs;

    /// <param name="set">Drawings that are never trained on.</param>
    /// <param name="gallery">A folder that may have <c>concepts/pairs.json</c>; null for none.</param>
    /// <param name="every">Every how manyth person is asked about.</param>
    public WornThings(PictureSet set, string? gallery, int every)
    {
        List<ImageSource> bare = [];
        List<(ImageSource With, int Without, string Thing)> people = [];
        IGrouping<string, int>[] persons = [.. Enumerable.Range(0, set.All.Count).Where(i => set.All[i].Pool == Pool.Person)
            .GroupBy(i => set.All[i].Group)];
        foreach (IGrouping<string, int> person in persons.Where((_, i) => i % every == 0))
        {
            if (person.Where(i => set.All[i].Keys.Count == 0).Take(1).ToArray() is not [int without])
                continue;
            foreach (int with in person.Where(i => set.All[i].Keys.Count > 0))
                people.Add((Measures.OnWhite(set, with), bare.Count, set.All[with].Keys[0]));
            bare.Add(Measures.OnWhite(set, without));
        }
        (_people, _bare) = ([.. people], [.. bare]);
        string file = Path.Combine(gallery ?? "", "concepts", "pairs.json");
        using JsonDocument? pairs = gallery is not null && File.Exists(file) ? JsonDocument.Parse(File.ReadAllText(file)) : null;
        string PathOf(JsonElement pair, string side) =>
            Path.Combine(Path.GetDirectoryName(file)!, pair.GetProperty(side).GetString()!);
        _pairs = pairs is null ? [] : [.. pairs.RootElement.EnumerateArray().Where(pair => !pair.GetProperty("trained").GetBoolean())
            .Select(pair => (PathOf(pair, "with"), PathOf(pair, "without"), pair.GetProperty("attribute").GetString()!))];
    }

    /// <summary>Percent of the people's things that are found first, or something as right.</summary>
    public double OfUnseenPeople(Clip clip)
    {
        if (_people.Length == 0)
            return 0;
        string[] words = [.. Attributes.Union(_people.Select(static one => one.Thing))];
        float[][] texts = Centred(clip.EncodeTexts(words)), with = clip.EncodeImages([.. _people.Select(static one => one.With)]),
            bare = clip.EncodeImages(_bare);
        int right = _people.Where((one, i) => words[First(with[i], bare[one.Without], texts)] is string first
            && (first == one.Thing || AsRight.GetValueOrDefault(one.Thing, []).Contains(first))).Count();
        return Math.Round(100.0 * right / _people.Length, 2);
    }

    /// <summary>How many of the gallery's pairs have their own word first.</summary>
    public int OfGallery(Clip clip)
    {
        float[][] texts = Centred(clip.EncodeTexts(Attributes));
        return _pairs.Count(pair => Attributes[First(clip.EncodeImage(pair.With), clip.EncodeImage(pair.Without), texts)] == pair.Thing);
    }

    private static int First(float[] with, float[] without, float[][] texts)
    {
        float[] difference = new float[with.Length];
        TensorPrimitives.Subtract<float>(with, without, difference);
        return Enumerable.Range(0, texts.Length).MaxBy(i => TensorPrimitives.Dot<float>(difference, texts[i]));
    }

    /// <summary>Less their mean, of length 1.</summary>
    private static float[][] Centred(float[][] texts)
    {
        float[] mean = [.. texts[0].Select((_, k) => texts.Average(text => text[k]))];
        return [.. texts.Select(text =>
        {
            float[] centred = [.. text.Select((x, k) => x - mean[k])];
            TensorPrimitives.Divide(centred, TensorPrimitives.Norm<float>(centred), centred);
            return centred;
        })];
    }
}

using PureClip.Cli.Arguments;

namespace PureClip.Cli.Evaluating;

/// <summary>Pictures of which it is known what they show: a folder for each class, or lines of a picture and its class or caption.</summary>
/// <param name="Paths">The pictures, each once.</param>
/// <param name="Texts">What is said of them.</param>
/// <param name="PictureOfText">[texts]</param>
internal sealed record KnownPictures(IReadOnlyList<string> Paths, IReadOnlyList<string> Texts, IReadOnlyList<int> PictureOfText)
{
    /// <summary>Finds them.</summary>
    public static KnownPictures Of(string path, Shell shell)
    {
        List<(string Picture, string Caption)> all = CaptionedPictures.PathsOf(path, shell);
        Dictionary<string, int> places = [];
        List<int> pictureOfText = [];
        foreach ((string picture, _) in all)
        {
            places.TryAdd(picture, places.Count);
            pictureOfText.Add(places[picture]);
        }
        return new([.. places.Keys], [.. all.Select(row => row.Caption)], pictureOfText);
    }

    /// <summary>The different texts, in order of their first picture: the classes.</summary>
    public string[] Classes => [.. Texts.Distinct(StringComparer.Ordinal)];

    /// <summary>The class of each picture, which has one.</summary>
    /// <exception cref="InvalidDataException">A picture has two.</exception>
    public int[] ClassOfPicture(IReadOnlyList<string> classes)
    {
        Dictionary<string, int> places = classes.Select((name, place) => (name, place)).ToDictionary();
        int[] classOf = new int[Paths.Count];
        Array.Fill(classOf, -1);
        for (int i = 0; i < Texts.Count; i++)
        {
            ref int known = ref classOf[PictureOfText[i]];
            int place = places.GetValueOrDefault(Texts[i], -1);
            if (place < 0)
                throw new InvalidDataException(
                    $"{Paths[PictureOfText[i]]} is of the class \"{Texts[i]}\", of which there is no other picture to learn from.");
            if (known >= 0 && known != place)
                throw new InvalidDataException($"{Paths[PictureOfText[i]]} has the classes \"{classes[known]}\" and \"{Texts[i]}\"; "
                    + "a picture has one. Pictures with several captions are for --task retrieval.");
            known = place;
        }
        return classOf;
    }

    /// <summary>Their embeddings, of those that can be read; what cannot is reported and left out with its texts.</summary>
    public (KnownPictures Read, IReadOnlyList<float[]> Embeddings) Embed(Clip clip, Shell shell)
    {
        Dictionary<string, int> places = [];
        List<float[]> embeddings = [];
        foreach ((string path, float[] embedding) in PictureEmbeddings.Of(clip, Paths, shell, streams: false))
        {
            places.Add(path, places.Count);
            embeddings.Add(embedding);
        }
        int[] kept = [.. Enumerable.Range(0, Texts.Count).Where(i => places.ContainsKey(Paths[PictureOfText[i]]))];
        KnownPictures read = new(
            [.. places.Keys], [.. kept.Select(i => Texts[i])], [.. kept.Select(i => places[Paths[PictureOfText[i]]])]);
        return embeddings.Count > 0 ? (read, embeddings) : throw new InvalidDataException("None of the pictures can be read.");
    }
}

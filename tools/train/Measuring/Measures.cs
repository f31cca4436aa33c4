using System.Numerics.Tensors;
using PureClip.Imaging;
using PureClip.Tokenization;
using PureClip.Train.Data;
using PureClip.Train.Packages;
using PureClip.Training;

namespace PureClip.Train.Measuring;

/// <summary>How well a model does on what it has never seen, in percent.</summary>
/// <param name="UnseenTextToPicture">Names that find their picture first, of an artist whose pictures it has never seen.</param>
/// <param name="UnseenPictureToText">Pictures of that artist that find their name first.</param>
/// <param name="TenWay">Pictures of that artist that are told from nine other names.</param>
/// <param name="HeldUnseen">Pictures of that artist of things that it has never seen: they find their name among those of such things.</param>
/// <param name="HeldKnown">The same for three artists whose other pictures it has seen.</param>
/// <param name="GalleryTextToPicture">Names of the gallery that find their picture first.</param>
/// <param name="GalleryPictureToText">Pictures of the gallery that find their name first.</param>
/// <param name="Everyday">Everyday queries of twenty whose first picture of the gallery is a right answer.</param>
/// <param name="UnseenPeople">
/// What people of a style that it has never seen have on, found first among 22 attributes by the difference to the same person without.
/// </param>
/// <param name="People">The same of the gallery's eighteen pairs of that style among 21 attributes.</param>
/// <param name="Photographs">Photographs that find their sentence first, of several hundred.</param>
/// <param name="Gap">Distance of the mean picture from the mean text.</param>
/// <param name="Scale">What cosines should be multiplied by, by the likelihood of the ten-way answers.</param>
internal sealed record Figures(
    double UnseenTextToPicture, double UnseenPictureToText, double TenWay, double HeldUnseen, double HeldKnown,
    double GalleryTextToPicture, double GalleryPictureToText, int Everyday, double UnseenPeople, int People, double Photographs, double Gap,
    double Scale);

/// <summary>Measures models on drawings that are never trained on, and on the gallery, which mostly is.</summary>
internal sealed class Measures
{
    private const ulong Alternatives = 30;
    private const int Ways = 10, LowestScale = 3, HighestScale = 100;
    private const string UnseenArtist = "openmoji";

    private readonly ImageSource[] _unseen, _gallery;
    private readonly string[] _unseenNames, _galleryNames, _heldNames;
    private readonly (string Query, string[] Answers)[] _everyday;
    private readonly WornThings _worn;
    private readonly ImageSource[] _photographs;
    private readonly string[] _photographNames;
    private readonly (string Set, ImageSource[] Pictures, string[] Names)[] _held;

    /// <param name="set">Drawings that are never trained on.</param>
    /// <param name="gallery">A folder of pictures whose names say what they show; null for none.</param>
    /// <param name="every">Every how manyth picture of the unseen artist asks; all are among the answers.</param>
    public Measures(PictureSet set, string? gallery, int every)
    {
        Every = every;
        HashSet<string> held = [.. HoldOut.Names.Select(EmojiTexts.Words)];
        int[] emoji = [.. Enumerable.Range(0, set.All.Count).Where(i => set.All[i].Pool == Pool.Emoji)];
        int[] unseen = [.. emoji.Where(i => set.All[i].Set == UnseenArtist && !held.Contains(set.All[i].Label))];
        (_unseen, _unseenNames) = ([.. unseen.Select(i => OnWhite(set, i))], [.. unseen.Select(i => set.All[i].Label)]);
        _held = [.. emoji.Where(i => held.Contains(set.All[i].Label)).GroupBy(i => set.All[i].Set).Select(artist => (
            artist.Key, artist.Select(i => OnWhite(set, i)).ToArray(), artist.Select(i => set.All[i].Label).ToArray()))];
        _heldNames = [.. _held.SelectMany(static artist => artist.Names).Distinct().Order(StringComparer.Ordinal)];
        int[] photographs = [.. Enumerable.Range(0, set.All.Count).Where(i => set.All[i].Pool == Pool.Photograph)];
        (_photographs, _photographNames) =
            ([.. photographs.Select(i => OnWhite(set, i))], [.. photographs.Select(i => set.All[i].Label)]);
        _worn = new(set, gallery, every);
        (_gallery, _galleryNames) = gallery is null ? ([], []) : GalleryIn(gallery);
        _everyday = gallery is null ? [] : [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "everyday.tsv"))
            .Where(static line => line[0] != '#').Select(static line => line.Split('\t'))
            .Select(static fields => (fields[0], fields[1].Split(' ').Select(static name => name.Replace('-', ' ')).ToArray()))];
    }

    /// <summary>Every how manyth picture of the unseen artist asks.</summary>
    public int Every { get; }

    /// <summary>How many pictures of the unseen artist there are.</summary>
    public int Unseen => _unseen.Length;

    /// <summary>Measures a model.</summary>
    public Figures Run(Clip clip)
    {
        float[][] pictures = clip.EncodeImages(_unseen), texts = clip.EncodeTexts(_unseenNames);
        (double tenWay, double scale) = TellFromOthers(pictures, texts);
        float[][] heldTexts = clip.EncodeTexts(_heldNames);
        Dictionary<string, double> held = _held.ToDictionary(
            static artist => artist.Set, artist => FirstOf(clip.EncodeImages(artist.Pictures), artist.Names, heldTexts, _heldNames, 1));
        IEnumerable<double> known = held.Where(static artist => artist.Key != UnseenArtist).Select(static artist => artist.Value);
        float[][] gallery = clip.EncodeImages(_gallery), galleryTexts = clip.EncodeTexts(_galleryNames);
        return new(
            FirstOf(texts, _unseenNames, pictures, _unseenNames, Every),
            FirstOf(pictures, _unseenNames, texts, _unseenNames, Every), tenWay,
            held.GetValueOrDefault(UnseenArtist), known.DefaultIfEmpty(0).Average(),
            FirstOf(galleryTexts, _galleryNames, gallery, _galleryNames, 1),
            FirstOf(gallery, _galleryNames, galleryTexts, _galleryNames, 1),
            _everyday.Count(ask => ask.Answers.Contains(_galleryNames[Nearest(clip.EncodeText(ask.Query), gallery)])),
            _worn.OfUnseenPeople(clip), _worn.OfGallery(clip), OfPhotographs(clip),
            Gap(pictures, texts), scale);
    }

    private double OfPhotographs(Clip clip)
    {
        string[] sentences = [.. _photographNames.Distinct()];
        float[][] texts = clip.EncodeTexts([.. sentences.Select(sentence => Beginning(clip.Tokenizer!, sentence))]);
        return FirstOf(clip.EncodeImages(_photographs), _photographNames, texts, sentences, 1);
    }

    /// <summary>As many words of a sentence as the model takes.</summary>
    private static string Beginning(ITokenizer tokenizer, string sentence)
    {
        while (tokenizer.EncodeWithoutSpecials(sentence).Length > tokenizer.MaxTextTokens)
            sentence = sentence[..sentence.LastIndexOf(' ')];
        return sentence;
    }

    /// <summary>The pictures of a folder, in order, and the names that their files have.</summary>
    internal static (ImageSource[] Pictures, string[] Names) GalleryIn(string folder)
    {
        string[] files = [.. Directory.EnumerateFiles(folder, "*.png").Order(StringComparer.Ordinal)];
        return ([.. files.Select(static file => (ImageSource)file)],
            [.. files.Select(static file => Path.GetFileNameWithoutExtension(file).Replace('-', ' '))]);
    }

    /// <summary>Percent of the queries whose nearest candidate has their name.</summary>
    internal static double FirstOf(float[][] queries, string[] names, float[][] candidates, string[] candidateNames, int every)
    {
        int asked = 0, right = 0;
        for (int i = 0; i < queries.Length; i += every, asked++)
            right += candidateNames[Nearest(queries[i], candidates)] == names[i] ? 1 : 0;
        return asked == 0 ? 0 : Math.Round(100.0 * right / asked, 2);
    }

    private static int Nearest(float[] query, float[][] candidates) =>
        Enumerable.Range(0, candidates.Length).MaxBy(j => TensorPrimitives.Dot(query, candidates[j]));

    /// <summary>
    /// Each picture's name among nine others. The scale is fitted to one half of the pictures, the answers are counted on the other, or on those
    /// that ask.
    /// </summary>
    private (double Right, double Scale) TellFromOthers(float[][] pictures, float[][] texts)
    {
        if (_unseenNames.Distinct().Count() < 2)
            return (0, LowestScale);
        List<float[]> cosines = [];
        for (int i = 0; i < pictures.Length; i++)
        {
            Draws draws = new(1, (ulong)i, 0, Alternatives);
            float[] row = new float[Ways];
            row[0] = TensorPrimitives.Dot(pictures[i], texts[i]);
            for (int k = 1; k < Ways;)
            {
                int other = draws.Below(texts.Length);
                if (_unseenNames[other] != _unseenNames[i])
                    row[k++] = TensorPrimitives.Dot(pictures[i], texts[other]);
            }
            cosines.Add(row);
        }
        double Surprise(double scale) => cosines.Where(static (_, i) => i % 2 == 0)
            .Sum(row => Math.Log(row.Sum(cosine => Math.Exp(scale * (cosine - row[0])))));
        int[] counted = [.. Enumerable.Range(0, cosines.Count).Where(i => Every > 1 ? i % Every == 0 : i % 2 == 1)];
        int right = counted.Count(i => TensorPrimitives.IndexOfMax(cosines[i]) == 0);
        return (
            counted.Length == 0 ? 0 : Math.Round(100.0 * right / counted.Length, 2),
            Enumerable.Range(LowestScale, HighestScale - LowestScale + 1).Select(static scale => (double)scale).MinBy(Surprise));
    }

    private static double Gap(float[][] pictures, float[][] texts)
    {
        if (pictures.Length == 0)
            return 0;
        double sum = 0;
        for (int k = 0; k < pictures[0].Length; k++)
            sum += Math.Pow(pictures.Average(row => row[k]) - texts.Average(row => row[k]), 2);
        return Math.Round(Math.Sqrt(sum), 4);
    }

    /// <summary>A drawing on a white ground.</summary>
    internal static ImageSource OnWhite(PictureSet set, int drawing)
    {
        byte[] pixels = new byte[PictureSet.BytesEach];
        set.Read(drawing, pixels);
        return ImageSource.FromPixels(
            new RasterImage(PixelMode.Rgb, PictureSet.Side, PictureSet.Side, PictureSet.OnWhite(pixels)),
            $"{set.All[drawing].Set} {set.All[drawing].Name}");
    }
}

using PureClip.Maps;
using PureClip.Search;

namespace PureClip.Cli.Mapping;

/// <summary>Pictures on a plane.</summary>
/// <param name="Pictures">Each with its place and group.</param>
/// <param name="Groups">The groups, the largest first.</param>
/// <param name="Landmarks">Words that stand where the pictures are that they name.</param>
/// <param name="Trustworthiness">How far neighbours on the map are neighbours in truth.</param>
/// <param name="Neighbours">Of how many neighbours that was measured; 0 where there are too few pictures.</param>
internal sealed record PictureMap(
    MapPicture[] Pictures, MapGroup[] Groups, Landmark[] Landmarks, double Trustworthiness, int Neighbours)
{
    private const int NamesOfAGroup = 3;

    /// <summary>Names what was laid out.</summary>
    /// <param name="pictures">The pictures.</param>
    /// <param name="map">Their places.</param>
    /// <param name="groups">Their groups.</param>
    /// <param name="names">Words for them.</param>
    public static PictureMap Of(PictureSet pictures, EntryMap map, IReadOnlyList<EntryGroup> groups, DirectionNames names)
    {
        Dictionary<int, int> groupOf = [];
        for (int group = 0; group < groups.Count; group++)
            foreach (SearchHit member in groups[group].Members)
                groupOf[member.Entry] = group;
        MapPicture[] placed = [.. map.Points.Select(point =>
            new MapPicture(pictures.PathOf(point.Entry), point.Entry, point.X, point.Y, groupOf[point.Entry]))];
        ILookup<int, MapPicture> members = placed.ToLookup(picture => picture.Group);
        HashSet<string> taken = [];
        MapGroup[] named = [.. groups.Select((group, number) =>
        {
            (float x, float y) = MiddleOf([.. members[number]]);
            string[] words = names.Of(group.Centre.Span, NamesOfAGroup);
            string first = Array.Find(words, taken.Add) ?? words[0]; // no two groups are called alike, where that can be helped
            return new MapGroup([first, .. words.Where(word => word != first)], group.Members.Count, x, y);
        })];
        return new(placed, named, Landmark.Find(placed, named, names), map.Trustworthiness, map.Neighbours);
    }

    /// <summary>The picture nearest to the median of both coordinates: within the group, though it lies in pieces.</summary>
    private static (float X, float Y) MiddleOf(MapPicture[] pictures)
    {
        float x = Median(picture => picture.X), y = Median(picture => picture.Y);
        MapPicture middle = pictures.MinBy(picture => float.Hypot(picture.X - x, picture.Y - y));
        return (middle.X, middle.Y);

        float Median(Func<MapPicture, float> coordinate) => pictures.Select(coordinate).Order().ElementAt(pictures.Length / 2);
    }
}

/// <summary>A picture on a map.</summary>
/// <param name="Path">Its file.</param>
/// <param name="Entry">Its place in the index.</param>
/// <param name="X">To the right, -1 to 1.</param>
/// <param name="Y">Down, -1 to 1.</param>
/// <param name="Group">The number of its group, 0 the first.</param>
internal readonly record struct MapPicture(string Path, int Entry, float X, float Y, int Group);

/// <summary>A group on a map.</summary>
/// <param name="Names">Words for it, the best first.</param>
/// <param name="Size">How many pictures it has.</param>
/// <param name="X">Where its name stands.</param>
/// <param name="Y">Where its name stands.</param>
internal sealed record MapGroup(string[] Names, int Size, float X, float Y);

/// <summary>A word on a map.</summary>
/// <param name="Word">The word.</param>
/// <param name="X">Where it stands.</param>
/// <param name="Y">Where it stands.</param>
/// <param name="Level">How deep it is: its region is 1/2ⁿ of the map's side.</param>
internal sealed record Landmark(string Word, float X, float Y, int Level)
{
    private const int FirstLevel = 2, LastLevel = 5, FewestPictures = 5;

    /// <summary>
    /// Words for regions: squares of the map, each cut into four until few pictures are left. A square is named where its word says more
    /// than those that stand above it.
    /// </summary>
    public static Landmark[] Find(MapPicture[] pictures, MapGroup[] groups, DirectionNames names)
    {
        List<Landmark> found = [];
        Dictionary<(int Level, int X, int Y), string> wordOf = [];
        for (int level = FirstLevel; level <= LastLevel; level++)
        {
            int cells = 1 << level;
            foreach (IGrouping<(int X, int Y), MapPicture> region in pictures
                .GroupBy(picture => (X: CellOf(picture.X), Y: CellOf(picture.Y)))
                .Where(region => region.Count() >= FewestPictures))
            {
                string word = names.Of([.. region.Select(picture => picture.Entry)]);
                string? above = wordOf.GetValueOrDefault((level - 1, region.Key.X / 2, region.Key.Y / 2));
                wordOf[(level, region.Key.X, region.Key.Y)] = word;
                int group = region.CountBy(picture => picture.Group).MaxBy(count => count.Value).Key;
                if (word != above && word != groups[group].Names[0])
                    found.Add(new(word, region.Average(picture => picture.X), region.Average(picture => picture.Y), level));
            }

            int CellOf(float coordinate) => Math.Clamp((int)((coordinate + 1) / 2 * cells), 0, cells - 1);
        }
        return [.. found];
    }
}

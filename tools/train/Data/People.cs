using System.Text.RegularExpressions;
using PureClip.Train.Packages;
using PureClip.Training;

namespace PureClip.Train.Data;

/// <summary>Drawn people: what is true of each drawing and what can be said of it.</summary>
internal sealed partial class People
{
    private static readonly Dictionary<string, string[]> Synonyms = new()
    {
        ["glasses"] = ["eyeglasses", "spectacles"],
        ["sunglasses"] = ["shades", "dark glasses"],
        ["mask"] = ["face mask", "medical mask"],
        ["mustache"] = ["moustache", "facial hair"],
        ["beard"] = ["facial hair", "bearded"],
        ["bald"] = ["bald head", "no hair"],
        ["cap"] = ["baseball cap"],
        ["beanie"] = ["winter hat", "knit cap"],
        ["turban"] = ["headwear"],
        ["hat"] = ["headwear"],
        ["smiling"] = ["smile"],
        ["sad"] = ["unhappy"],
        ["surprised"] = ["surprise"],
        ["tiara"] = ["crown"],
        ["blond hair"] = ["blonde hair"],
        ["gray hair"] = ["white hair"],
    };

    private static readonly HashSet<string> Adjectives = ["smiling", "sad", "happy", "angry", "surprised", "bald", "waving", "pointing"];
    private static readonly HashSet<string> HeadWear = ["hat", "cap", "beanie", "turban", "tiara", "cat ears"];
    private static readonly string[] Nouns = ["person", "person", "face", "cartoon person", "avatar"];
    private static readonly string[] BareNouns = ["person", "face", "avatar"];

    // Styles whose faces are large enough for a hat to be put on.
    private static readonly HashSet<string> WithFaces =
        [.. "personas micah bigSmile adventurer toonHead lorelei pixelArt".Split(' ').Select(static style => $"dicebear-{style}")];

    public People(PictureSet set)
    {
        All = [.. Enumerable.Range(0, set.All.Count).Where(i => set.All[i].Pool == Pool.Person).GroupBy(i => set.All[i].Group)
            .Select(group => group.Select(i => new Person(i, [.. set.All[i].Keys], FactsOf(set.All[i].Keys))).ToArray())];
        BareHeaded = [.. All.SelectMany(static one => one)
            .Where(person => WithFaces.Contains(set.All[person.Drawing].Set) && !person.Facts.Overlaps(HeadWear))];
    }

    /// <summary>One drawing of a person.</summary>
    /// <param name="Drawing">Its place in the set.</param>
    /// <param name="Has">What the person has, the newest first.</param>
    /// <param name="Facts">All that is true of it.</param>
    public sealed record Person(int Drawing, string[] Has, HashSet<string> Facts);

    /// <summary>The drawings of each person.</summary>
    public Person[][] All { get; }

    /// <summary>Drawings without anything on the head.</summary>
    public Person[] BareHeaded { get; }

    /// <summary>Something to say of a person.</summary>
    public static (string Caption, List<string> Contents) Caption(Person person, ref Draws draws)
    {
        string[] has = person.Has;
        if (has.Length == 0)
        {
            string noun = Captions.Any(BareNouns, ref draws);
            return (Captions.InTemplate(noun, Pool.Person, ref draws), [noun]);
        }
        if (draws.Uniform() < 0.45)
        {
            string key = has[draws.Below(draws.Uniform() < 0.6 ? Math.Min(2, has.Length) : has.Length)];
            if (Synonyms.TryGetValue(key, out string[]? others) && draws.Uniform() < others.Length / (2.0 + others.Length))
                key = Captions.Any(others, ref draws);
            return (draws.Uniform() < 0.2 ? Captions.InTemplate(key, Pool.Person, ref draws) : key, [key]);
        }
        List<string> chosen = Captions.Some(has, Math.Min(has.Length, 1 + draws.Below(3)), ref draws);
        if (draws.Uniform() < 0.7 && !chosen.Contains(has[0]))
            chosen[0] = has[0]; // what tells this drawing from others of the person
        string subject = Captions.Any(Nouns, ref draws);
        string[] before = [.. chosen.Where(Adjectives.Contains)];
        string[] after = [.. chosen.Where(static key => !Adjectives.Contains(key)).Select(WithArticle)];
        string words = string.Join(' ', before.Append(subject));
        if (draws.Uniform() < 0.6)
            words = Captions.WithArticle(words);
        if (after.Length > 0)
            words += $" with {string.Join(" and ", after)}";
        if (subject == "person")
            chosen.Add(subject);
        return (words, chosen);
    }

    private static HashSet<string> FactsOf(IReadOnlyList<string> has)
    {
        HashSet<string> facts = [.. has, .. BareNouns];
        foreach (string key in has)
        {
            facts.UnionWith(Synonyms.GetValueOrDefault(key, []));
            if (key.Split(' ')[^1] is "hat" or "hair" or "shirt")
                facts.Add(key.Split(' ')[^1]);
        }
        return facts;
    }

    private static string WithArticle(string key) => NoArticle().IsMatch(key) ? key : Captions.WithArticle(key);

    [GeneratedRegex("(hair|glasses|freckles|ears|earrings|braids|pigtails|flower)$|^flowers")]
    private static partial Regex NoArticle();
}

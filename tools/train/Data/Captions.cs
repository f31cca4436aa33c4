using PureClip.Train.Packages;
using PureClip.Training;

namespace PureClip.Train.Data;

/// <summary>What is said of things: names, keywords, templates.</summary>
internal static class Captions
{
    /// <summary>Something to say of a thing, and what that says.</summary>
    public static (string Caption, List<string> Contents) Of(Thing thing, ref Draws draws)
    {
        double p = draws.Uniform();
        string label = Any(thing.Labels, ref draws);
        if (p < 0.30 || (thing.Keys.Count == 0 && p < 0.7))
            return (label, [label]);
        if (p < 0.44)
            return (InTemplate(label, thing.Pool, ref draws), [label]);
        if (p < 0.76 && thing.Keys.Count > 0)
        {
            string key = Any(thing.Keys, ref draws);
            return (draws.Uniform() < 0.25 ? InTemplate(key, thing.Pool, ref draws) : key, [key]);
        }
        if (p < 0.91 && thing.Keys.Count > 1)
        {
            List<string> chosen = Some([.. thing.Keys, label], Math.Min(thing.Keys.Count, 2 + draws.Below(3)), ref draws);
            return (string.Join(draws.Uniform() < 0.5 ? " " : ", ", chosen), chosen);
        }
        if (thing.Near.Count > 0)
        {
            string near = Any(thing.Near, ref draws);
            return (near, [near]);
        }
        return (InTemplate(label, thing.Pool, ref draws), [label]);
    }

    /// <summary>A sentence around a name.</summary>
    public static string InTemplate(string text, Pool pool, ref Draws draws)
    {
        string article = WithArticle(text), said = draws.Uniform() < 0.6 ? article : text;
        double p = draws.Uniform();
        if (p < 0.25)
            return article;
        if (p < 0.40)
            return Any(["a picture of ", "an image of ", "a photo of "], ref draws) + said;
        if (p < 0.60)
            return Any(["a drawing of ", "drawing of ", "a cartoon of ", "clip art of ", "an illustration of "], ref draws) + said;
        return pool switch
        {
            Pool.Icon or Pool.Glyph => Any([$"an icon of {said}", $"icon of {said}", $"{text} icon", $"{text} symbol"], ref draws),
            Pool.Emoji => Any([$"{text} emoji", $"emoji of {said}", $"an emoji of {said}"], ref draws),
            _ => text,
        };
    }

    /// <summary>With a or an, unless it has one.</summary>
    public static string WithArticle(string text) =>
        text.Split(' ')[0] is "a" or "an" or "the" ? text : ("aeiou".Contains(text[0]) ? "an " : "a ") + text;

    /// <summary>One of a list.</summary>
    public static T Any<T>(IReadOnlyList<T> list, ref Draws draws) => list[draws.Below(list.Count)];

    /// <summary>Several of a list, in any order.</summary>
    public static List<string> Some(IReadOnlyList<string> list, int count, ref Draws draws)
    {
        List<string> left = [.. list], chosen = [];
        for (; count > 0; count--)
        {
            int at = draws.Below(left.Count);
            chosen.Add(left[at]);
            left.RemoveAt(at);
        }
        return chosen;
    }
}

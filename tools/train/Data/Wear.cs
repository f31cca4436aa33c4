using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using PureClip.Training;

namespace PureClip.Train.Data;

/// <summary>Hats and glasses that are put on faces, beside the same faces without.</summary>
internal sealed partial class Wear
{
    private const int SolidAlpha = 40;

    private static readonly Dictionary<string, string[]> HatNames = new()
    {
        ["top hat"] = ["hat", "top hat", "headwear"],
        ["billed cap"] = ["cap", "hat", "baseball cap", "headwear"],
        ["woman's hat"] = ["hat", "sun hat", "headwear"],
        ["crown"] = ["crown"],
        ["graduation cap"] = ["graduation cap", "cap", "hat", "headwear"],
        ["rescue worker's helmet"] = ["helmet", "rescue helmet", "headwear"],
        ["military helmet"] = ["helmet", "military helmet", "headwear"],
    };

    private static readonly Dictionary<string, string[]> GlassesNames = new()
    {
        ["glasses"] = ["glasses", "eyeglasses"],
        ["sunglasses"] = ["sunglasses", "dark glasses"],
        ["goggles"] = ["goggles"],
    };

    private static readonly HashSet<string> Wearers =
    [
        .. ("person,man,woman,boy,girl,child,old man,old woman,baby,cat,dog,penguin,chicken,owl,duck,snowman without snow,teddy bear,"
            + "older person").Split(','),
    ];

    private readonly PictureSet _set;
    private readonly People _people;
    private readonly (int[] Drawings, string Label, string[] Names)[] _hats, _glasses;
    private readonly Thing[] _faces;
    private readonly ConcurrentDictionary<int, Box> _boxes = new();

    // What is solid of a drawing, from −1 to 1.
    private readonly record struct Box(float Left, float Right, float Top, float Bottom)
    {
        public float Width => Right - Left;

        public float Middle => (Left + Right) / 2;
    }

    /// <param name="set">All drawings.</param>
    /// <param name="emoji">Things, of which some are hats and some have faces.</param>
    /// <param name="people">People.</param>
    public Wear(PictureSet set, IEnumerable<Thing> emoji, People people)
    {
        (_set, _people) = (set, people);
        Thing[] all = [.. emoji];
        (int[], string, string[])[] Of(Dictionary<string, string[]> names) => [.. names.Select(name => (
            all.Where(thing => thing.Labels.Contains(name.Key)).SelectMany(static thing => thing.Drawings).ToArray(), name.Key, name.Value))
            .Where(static wear => wear.Item1.Length > 0)];
        (_hats, _glasses) = (Of(HatNames), Of(GlassesNames));
        _faces = [.. all.Where(static thing => Wearers.Contains(thing.Labels[0])
            || (thing.Labels.Exists(static label => Face().IsMatch(label))
                && !thing.Labels.Exists(static label => Worn().IsMatch(label))))];
    }

    /// <summary>What is put on, by all its names.</summary>
    public IEnumerable<string> Names => _hats.Concat(_glasses).SelectMany(static wear => wear.Names);

    /// <summary>Whether there is something to put on and somebody to wear it.</summary>
    public bool IsPossible => (_hats.Length > 0 || _glasses.Length > 0) && (_faces.Length > 0 || _people.BareHeaded.Length > 0);

    /// <summary>A face with something on.</summary>
    /// <returns>The scene, and the same without what is on.</returns>
    public (Scene With, Scene Without) Compose(ref Draws draws)
    {
        bool isPerson = _people.BareHeaded.Length > 0 && (_faces.Length == 0 || draws.Uniform() < 0.5);
        int face;
        string label;
        HashSet<string> facts;
        if (isPerson)
        {
            People.Person person = Captions.Any(_people.BareHeaded, ref draws);
            (face, facts) = (person.Drawing, person.Facts);
            label = draws.Uniform() < 0.5 ? "person" : "face";
        }
        else
        {
            Thing thing = Captions.Any(_faces, ref draws);
            (face, label, facts) = (Captions.Any(thing.Drawings, ref draws), Captions.Any(thing.Labels, ref draws), thing.Facts);
        }
        bool isHat = _glasses.Length == 0 || (_hats.Length > 0 && (isPerson || draws.Uniform() < 0.7));
        (int[] drawings, string worn, string[] names) = Captions.Any(isHat ? _hats : _glasses, ref draws);
        int wear = Captions.Any(drawings, ref draws);
        Box head = BoxOf(face), on = BoxOf(wear);
        float Between(double from, double to, ref Draws draws) => (float)(from + (to - from) * draws.Uniform());
        float scale = Between(0.62, 0.8, ref draws), down = Between(0.12, 0.28, ref draws), height = head.Bottom - head.Top, size, x, y;
        if (isHat)
        {
            size = Between(0.5, 0.8, ref draws) * (isPerson ? Math.Min(head.Width, 1.1f) : head.Width) * scale / on.Width;
            y = head.Top * scale + down + (isPerson ? 0.14f : 0.2f) * height * scale - on.Bottom * size;
        }
        else
        {
            size = Between(0.6, 0.85, ref draws) * head.Width * scale / on.Width;
            y = head.Top * scale + down + 0.42f * height * scale - (on.Top + on.Bottom) / 2 * size;
        }
        x = head.Middle * scale - on.Middle * size;
        float turn = Between(-0.12, 0.12, ref draws);

        string name = draws.Uniform() < 1.0 / (names.Length + 1) ? names[0] : Captions.Any(names, ref draws);
        string said = name.EndsWith("glasses", StringComparison.Ordinal) || name == "goggles" ? name : Captions.WithArticle(name);
        List<string> contents = draws.Uniform() < 0.4 ? [name] : [label, name];
        string caption = contents.Count == 1 ? name
            : Captions.Any([$"{label} with {said}", $"{label} wearing {said}", $"a {label} with {said}"], ref draws);
        Layer below = new(face, new(scale, 0, down));
        Scene with = new()
        {
            Layers = [below, new(wear, new(size, x, y, turn))],
            Caption = caption,
            Contents = contents,
            Facts = [.. facts, .. names, worn, label],
        };
        return (with, new() { Layers = [below], Caption = label, Contents = [label], Facts = [.. facts, label], Partner = with });
    }

    private Box BoxOf(int drawing) => _boxes.GetOrAdd(drawing, place =>
    {
        const int Side = PictureSet.Side;
        byte[] pixels = new byte[PictureSet.BytesEach];
        _set.Read(place, pixels);
        (int left, int right, int top, int bottom) = (Side, 0, Side, 0);
        for (int i = 0; i < Side * Side; i++)
            if (pixels[4 * i + 3] > SolidAlpha)
            {
                (left, right) = (Math.Min(left, i % Side), Math.Max(right, i % Side + 1));
                (top, bottom) = (Math.Min(top, i / Side), Math.Max(bottom, i / Side + 1));
            }
        static float Of(int edge) => edge * (2f / Side) - 1;
        return new(Of(left), Of(right), Of(top), Of(bottom));
    });

    [GeneratedRegex("^(?=.{1,29}$).*face")]
    private static partial Regex Face();

    [GeneratedRegex("hat|cowboy|sunglasses|mask|crown|nerd|monocle|party|disguised|moon|sun|wind")]
    private static partial Regex Worn();
}

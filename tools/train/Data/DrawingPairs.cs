using PureClip.Generation;
using PureClip.Imaging;
using PureClip.Train.Packages;
using PureClip.Training;

namespace PureClip.Train.Data;

/// <summary>
/// Drawings as a network that draws sees them: as they are, by themselves, with alpha; and what is said of them in CLIP's space.
/// </summary>
/// <remarks>
/// Four fifths are emoji, the rest icons in colours and clip-art. Six captions of ten are labels, half of those with an article, the others
/// keywords. In a fifth of the draws the picture's own vector stands in place of the text; in a tenth nothing is said; in three of ten
/// no style.
/// </remarks>
internal sealed class DrawingPairs : IDrawingSource, IDisposable
{
    private const ulong Purpose = 30;
    private const int LeastOfAStyle = 100;

    private readonly PictureSet _set;
    private readonly Clip _clip;
    private readonly Conditions _conditions;
    private readonly Thing[] _emoji, _others;

    // Captions recur twenty times in a run.
    private readonly Dictionary<string, DrawnThing> _said = [];

    /// <param name="set">The drawings.</param>
    /// <param name="clip">The model in whose space things are said.</param>
    public DrawingPairs(PictureSet set, Clip clip)
    {
        (_set, _clip, _conditions) = (set, clip, new(clip));
        ILookup<Pool, Thing> things = Thing.Of(set);
        _emoji = [.. things[Pool.Emoji].Where(static thing => thing.Labels.Count > 0)];
        _others = [.. things[Pool.Icon].Concat(things[Pool.ClipArt]).Where(static thing => thing.Labels.Count > 0)];
        Styles = [.. _emoji.Concat(_others).SelectMany(static thing => thing.Drawings).GroupBy(drawing => set.All[drawing].Set)
            .Where(static style => style.Count() >= LeastOfAStyle).Select(static style => style.Key).Order(StringComparer.Ordinal)];
    }

    /// <summary>Icon sets that a picture may be drawn like.</summary>
    public string[] Styles { get; }

    /// <inheritdoc/>
    public string Fingerprint => $"{_set.Fingerprint} by {_clip.Fingerprint}";

    /// <inheritdoc/>
    public DrawnThing Draw(ulong seed, long step, int slot, Span<float> pixels)
    {
        Draws draws = new(seed, (ulong)step, (ulong)slot, Purpose);
        Thing[] pool = draws.Uniform() < 0.8 || _others.Length == 0 ? _emoji : _others;
        Thing thing = pool[draws.Below(pool.Length)];
        int number = thing.Drawings[draws.Below(thing.Drawings.Count)];
        Drawing drawing = _set.All[number];
        bool isMirrored = draws.Uniform() < 0.5 && !thing.HasDirection, isDropped = draws.Uniform() < 0.1,
            isPicture = draws.Uniform() < 0.2, hasStyle = draws.Uniform() < 0.7;
        string caption = Caption(thing, drawing, ref draws);
        byte[] rgba = new byte[PictureSet.BytesEach];
        _set.Read(number, rgba);
        if (isMirrored)
            Mirror(rgba);
        ToNumbers(rgba, pixels);
        int style = hasStyle ? Array.BinarySearch(Styles, drawing.Set, StringComparer.Ordinal) : -1;
        int[] styles = style < 0 ? [] : [style + 1];
        if (isDropped)
            return new(default, default, IsDropped: true);
        return isPicture
            ? Conditions.OfVector(
                _clip.EncodeImage(new RgbImage(PictureSet.Side, PictureSet.Side, PictureSet.OnWhite(rgba))),
                [GeneratorConfig.OfPicture, .. styles])
            : Said(caption) with { Kinds = styles };
    }

    /// <inheritdoc/>
    public void Dispose() => _conditions.Dispose();

    private DrawnThing Said(string caption)
    {
        if (!_said.TryGetValue(caption, out DrawnThing said))
            _said[caption] = said = _conditions.OfText(caption);
        return said;
    }

    private static string Caption(Thing thing, Drawing drawing, ref Draws draws)
    {
        string label = drawing.Label.Length > 0 ? drawing.Label : thing.Labels[0];
        double kind = draws.Uniform();
        if (kind >= 0.6 && thing.Keys.Count > 0)
            return thing.Keys[draws.Below(thing.Keys.Count)];
        return kind < 0.3 ? label : $"{("aeiou".Contains(char.ToLowerInvariant(label[0])) ? "an" : "a")} {label}";
    }

    private static void Mirror(byte[] rgba)
    {
        Span<int> pixels = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, int>(rgba.AsSpan());
        for (int line = 0; line < PictureSet.Side; line++)
            pixels.Slice(line * PictureSet.Side, PictureSet.Side).Reverse();
    }

    /// <summary>Premultiplied bytes as [4, side, side], −1 to 1.</summary>
    private static void ToNumbers(byte[] rgba, Span<float> pixels)
    {
        const int Area = PictureSet.Side * PictureSet.Side;
        for (int i = 0; i < Area; i++)
            for (int c = 0; c < 4; c++)
                pixels[c * Area + i] = rgba[4 * i + c] / 127.5f - 1f;
    }
}

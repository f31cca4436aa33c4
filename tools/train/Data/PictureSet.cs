using System.Text.Json;
using PureClip.Files;
using PureClip.Train.Packages;
using PureClip.Training;

namespace PureClip.Train.Data;

/// <summary>
/// All drawings in one safetensors file: pixels as bytes, also drawn again in other styles, and what is known of each in the metadata. It is
/// mapped, so that processes share it and only what is looked at is in memory.
/// </summary>
internal sealed class PictureSet : IDisposable
{
    /// <summary>Pixels of a drawing's side.</summary>
    public const int Side = 64;

    /// <summary>Bytes of a drawing: red, green, blue, alpha, premultiplied.</summary>
    public const int BytesEach = Side * Side * 4;

    private const string Pixels = "pixels", Redrawn = "redrawn", Drawings = "drawings", Styles = "styles";
    private const int SolidAlpha = 40, FewestSolid = 60;
    private const ulong Pens = 20;

    private readonly SafetensorsFile _file;
    private readonly ILookup<int, Variant> _variants;

    private PictureSet(SafetensorsFile file, List<Drawing> all, List<Variant> variants)
    {
        (_file, All) = (file, all);
        _variants = variants.ToLookup(static variant => variant.Drawing);
    }

    /// <summary>A drawing that was drawn again.</summary>
    /// <param name="Drawing">Which.</param>
    /// <param name="Style">How.</param>
    /// <param name="Place">Where it is in the set.</param>
    public sealed record Variant(int Drawing, Style Style, int Place);

    /// <summary>What each drawing is.</summary>
    public IReadOnlyList<Drawing> All { get; }

    /// <summary>Tells this set from others: a hash over what drawings are and how many bytes they have.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>How a drawing was drawn again.</summary>
    public IEnumerable<Variant> VariantsOf(int drawing) => _variants[drawing];

    /// <summary>Draws everything and writes it.</summary>
    /// <param name="drawings">What there is.</param>
    /// <param name="path">The file.</param>
    /// <param name="redraws">Whether drawings are drawn again in other styles, too.</param>
    /// <param name="progress">Told how many are drawn.</param>
    /// <param name="cancellation">Ends the work; nothing is written then.</param>
    /// <returns>How many were drawn, how many could not be, and how many were drawn again.</returns>
    public static (int Drawn, int Failed, int Redrawn) Write(
        IReadOnlyList<Drawing> drawings, string path, bool redraws, Action<int> progress, CancellationToken cancellation)
    {
        byte[]?[] pixels = new byte[drawings.Count][];
        (Style Style, byte[] Pixels)[][] again = new (Style, byte[])[drawings.Count][];
        int done = 0;
        Parallel.For(
            0, drawings.Count, new() { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellation }, i =>
        {
            pixels[i] = drawings[i].Picture is Func<byte[]> picture
                ? SvgPictures.Read(picture(), Side)
                : SvgPictures.Draw(drawings[i].Svg, Side);
            if (pixels[i] is not null && !IsSeen(pixels[i]!))
                pixels[i] = null;
            again[i] = redraws && pixels[i] is not null ? [.. Again(drawings[i], i)] : [];
            lock (drawings)
                progress(++done);
        });
        HashSet<string> seen = [];
        int[] drawn = [.. Enumerable.Range(0, drawings.Count).Where(i => pixels[i] is not null
            && (drawings[i].Pool == Pool.Person || seen.Add($"{drawings[i].Group} {Hash(pixels[i]!)}")))];
        List<Variant> variants = [];
        for (int place = 0; place < drawn.Length; place++)
            foreach ((Style style, _) in again[drawn[place]])
                variants.Add(new(place, style, variants.Count));
        List<TensorSource> tensors = [Source(Pixels, drawn.Length, drawn.Select(i => pixels[i]!))];
        if (variants.Count > 0)
            tensors.Add(Source(Redrawn, variants.Count, drawn.SelectMany(i => again[i].Select(static one => one.Pixels))));
        SafetensorsWriter.Write(
            path, tensors,
            new Dictionary<string, string>
            {
                [Drawings] = JsonSerializer.Serialize(drawn.Select(i => drawings[i])),
                [Styles] = JsonSerializer.Serialize(variants),
            },
            cancellation: cancellation);
        return (drawn.Length, drawings.Count - drawn.Length, variants.Count);
    }

    /// <summary>Opens a file that <see cref="Write"/> has made.</summary>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    public static PictureSet Open(string path)
    {
        SafetensorsFile file = SafetensorsFile.Open(path);
        if (!file.Metadata.TryGetValue(Drawings, out string? json) || !file.TryGet(Pixels, out TensorInfo? pixels)
            || !file.Metadata.TryGetValue(Styles, out string? styles))
        {
            file.Dispose();
            throw new InvalidDataException($"{path} has no drawings. Make it with 'pureclip-train data'.");
        }
        string hash = Hash(System.Text.Encoding.UTF8.GetBytes($"{pixels.ByteLength} {json} {styles}"));
        return new(file, JsonSerializer.Deserialize<List<Drawing>>(json)!, JsonSerializer.Deserialize<List<Variant>>(styles)!)
        {
            Fingerprint = hash[..32]
        };
    }

    /// <summary>The pixels of a drawing.</summary>
    /// <param name="drawing">Which.</param>
    /// <param name="pixels">[<see cref="BytesEach"/>]</param>
    public void Read(int drawing, Span<byte> pixels) => _file.Read(_file[Pixels], (long)drawing * BytesEach, pixels);

    /// <summary>The pixels of a drawing that was drawn again.</summary>
    /// <inheritdoc cref="Read(int, Span{byte})"/>
    public void Read(Variant drawing, Span<byte> pixels) => _file.Read(_file[Redrawn], (long)drawing.Place * BytesEach, pixels);

    /// <summary>A drawing on a white ground, red, green and blue.</summary>
    /// <param name="pixels">[<see cref="BytesEach"/>], premultiplied.</param>
    public static byte[] OnWhite(ReadOnlySpan<byte> pixels)
    {
        byte[] rgb = new byte[pixels.Length / 4 * 3];
        for (int i = 0; i < pixels.Length / 4; i++)
            for (int c = 0; c < 3; c++)
                rgb[3 * i + c] = (byte)Math.Min(255, pixels[4 * i + c] + 255 - pixels[4 * i + 3]);
        return rgb;
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static IEnumerable<(Style Style, byte[] Pixels)> Again(Drawing drawing, int number)
    {
        if (drawing.Svg.Length == 0 || drawing.Pool == Pool.Flag || drawing.Set == "dicebear-pixelArt")
            yield break;
        // All drawings of a person are drawn again alike, so that they still differ in one thing alone.
        bool isPerson = drawing.Pool == Pool.Person;
        string group = Hash(System.Text.Encoding.UTF8.GetBytes(drawing.Group));
        Draws draws = new(1, isPerson ? Convert.ToUInt64(group[..16], 16) : (ulong)number, 0, Pens);
        bool hasLines = drawing.Svg.Contains("stroke-width", StringComparison.Ordinal)
            || drawing.Svg.Contains("stroke=\"#000\"", StringComparison.Ordinal);
        foreach ((Style style, Redrawing.Pen pen) in Redrawing.StylesOf(drawing.Pool == Pool.Glyph, isPerson, hasLines, draws))
            if (Redrawing.Apply(drawing.Svg, style, pen) is string svg && SvgPictures.Draw(svg, Side) is byte[] pixels && IsSeen(pixels))
                yield return (style, pixels);
    }

    /// <summary>Whether enough of a drawing is solid for it to be recognised.</summary>
    private static bool IsSeen(byte[] pixels)
    {
        int solid = 0;
        for (int i = 3; i < pixels.Length; i += 4)
            solid += pixels[i] > SolidAlpha ? 1 : 0;
        return solid >= FewestSolid;
    }

    private static TensorSource Source(string name, int count, IEnumerable<byte[]> all) =>
        new(name, NumberType.U8, [count, Side, Side, 4], stream =>
        {
            foreach (byte[] pixels in all)
                stream.Write(pixels);
        });

    private static string Hash(byte[] bytes) => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(bytes));
}

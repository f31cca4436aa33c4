using PureClip.Cli.Output;
using PureClip.Imaging;

namespace PureClip.Cli.Mapping;

/// <summary>Thumbnails of many pictures as a few JPEG, so that a page of ten thousand stays a few megabytes.</summary>
/// <param name="Edge">Pixels of the square that each has.</param>
/// <param name="Across">Squares of a row.</param>
/// <param name="Sheets">The JPEG, each with as many rows as columns.</param>
/// <param name="Sizes">[pictures] Width and height of each within its square; 0 where it could not be read.</param>
/// <param name="Colours">[pictures] Its mean colour.</param>
internal sealed record ThumbnailAtlas(
    int Edge, int Across, IReadOnlyList<byte[]> Sheets, (byte Width, byte Height)[] Sizes, (byte Red, byte Green, byte Blue)[] Colours)
{
    /// <summary>The longest edge of a thumbnail.</summary>
    public const int LargestEdge = 128;

    // Browsers draw pictures of this size quickly everywhere. Squares begin at multiples of 16, where colours do not run into one another.
    private const int SheetSide = 2048, EdgeStep = 16, Quality = 78;

    // What keeps a page of so many pictures below about 25 MB: a pixel takes about half a byte in Base64.
    private static readonly (int Pictures, int Edge)[] Usual = [(1_000, 128), (2_500, 96), (5_000, 64), (12_000, 48), (30_000, 32)];

    /// <summary>No thumbnails: the pictures are dots.</summary>
    public static ThumbnailAtlas None { get; } = new(0, 1, [], [], []);

    /// <summary>The edge of thumbnails that a page has room for; 0 for none.</summary>
    public static int EdgeFor(int pictures) => Array.Find(Usual, step => pictures <= step.Pictures).Edge;

    /// <summary>Reads pictures.</summary>
    /// <param name="paths">The pictures.</param>
    /// <param name="edge">Pixels of a thumbnail's longer side at most, rounded up to a multiple of 16; 0 for none.</param>
    /// <param name="threads">How many read at once.</param>
    /// <param name="shell">Where progress is shown.</param>
    public static ThumbnailAtlas Of(string[] paths, int edge, int threads, Shell shell)
    {
        if (edge == 0)
            return None;
        edge = (edge + EdgeStep - 1) / EdgeStep * EdgeStep;
        int across = SheetSide / edge, ofASheet = across * across;
        List<byte[]> sheets = [];
        var sizes = new (byte, byte)[paths.Length];
        var colours = new (byte, byte, byte)[paths.Length];
        using ProgressLine progress = shell.StartProgress(paths.Length, "thumbnails", streams: false);
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = threads, CancellationToken = shell.Cancellation };
        for (int first = 0; first < paths.Length; first += ofASheet)
        {
            int count = Math.Min(ofASheet, paths.Length - first), rows = (count + across - 1) / across;
            byte[] pixels = new byte[across * edge * rows * edge * 3];
            pixels.AsSpan().Fill(byte.MaxValue);
            Parallel.For(0, count, parallel, i =>
            {
                if (PictureThumbnail.TryOf(paths[first + i], edge, edge) is not RgbImage image)
                    return;
                for (int y = 0; y < image.Height; y++)
                    image.Pixels.AsSpan(y * image.Width * 3, image.Width * 3)
                        .CopyTo(pixels.AsSpan(3 * ((i / across * edge + y) * across * edge + i % across * edge)));
                sizes[first + i] = ((byte)image.Width, (byte)image.Height);
                colours[first + i] = MeanOf(image);
            });
            using MemoryStream jpeg = new();
            JpegWriter.Write(jpeg, new(across * edge, rows * edge, pixels), Quality);
            sheets.Add(jpeg.ToArray());
            progress.Report(first + count);
        }
        return new(edge, across, sheets, sizes, colours);
    }

    private static (byte Red, byte Green, byte Blue) MeanOf(RgbImage image)
    {
        long red = 0, green = 0, blue = 0, count = image.Pixels.Length / 3;
        for (int i = 0; i < image.Pixels.Length; i += 3)
            (red, green, blue) = (red + image.Pixels[i], green + image.Pixels[i + 1], blue + image.Pixels[i + 2]);
        return ((byte)(red / count), (byte)(green / count), (byte)(blue / count));
    }
}

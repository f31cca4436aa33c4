using PureClip.Imaging;
using PureClip.Search;
using PureClip.Server.Hosting;

namespace PureClip.Server.Search;

/// <summary>A picture to be looked at.</summary>
/// <param name="Bytes">A file.</param>
/// <param name="MediaType">Its type.</param>
internal readonly record struct Thumbnail(ReadOnlyMemory<byte> Bytes, string MediaType);

/// <summary>
/// Small pictures of what an index holds, and of nothing else: a picture is named by an id of the index, its file has to lie where it was
/// indexed once all links are followed, and what is sent is a picture by its content.
/// </summary>
internal sealed class Thumbnails(ServerOptions options) : IDisposable
{
    private const int LargestAsItIs = 64 << 10;

    // Decoding is work, and the encoder's threads have their own.
    private readonly SemaphoreSlim _decoding = new(Math.Max(1, Environment.ProcessorCount / 2));

    /// <summary>Makes a picture of a hit.</summary>
    /// <param name="index">The index.</param>
    /// <param name="id">The hit's id.</param>
    /// <param name="side">Pixels of the longer side, at most.</param>
    /// <param name="cancellation">Looked at while others are decoded.</param>
    /// <exception cref="RequestException">There is none that may be shown; 404.</exception>
    public async Task<Thumbnail> OfAsync(ServedIndex index, string id, int side, CancellationToken cancellation)
    {
        string path = PathOf(index, index.Find(id).Key) ?? throw Gone();
        await _decoding.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            return Make(path, side);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw Gone(); // it has changed since it was indexed; how, is not for strangers
        }
        finally
        {
            _decoding.Release();
        }
    }

    /// <summary>The file of a hit, as it is.</summary>
    /// <exception cref="RequestException">There is none that may be shown; 404.</exception>
    public static ReadOnlyMemory<byte> FileOf(ServedIndex index, string id)
    {
        string path = PathOf(index, index.Find(id).Key) ?? throw Gone();
        try
        {
            return PictureArchive.ReadFile(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw Gone();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _decoding.Dispose();

    /// <summary>
    /// The file of a key, if it lies where it was indexed: a relative key below the folder of the index, and the file itself, with all
    /// links followed, in the key's own folder or below it. Of a picture in a tar file, that holds for the tar file.
    /// </summary>
    internal static string? PathOf(ServedIndex index, string key)
    {
        string full = index.Keys.FullPathOf(key);
        return TarMember.TryParse(full, out TarMember member) && !File.Exists(full)
            ? Reached(index, key, member.Tar) is string tar ? new TarMember(tar, member.Name).ToString() : null
            : Reached(index, key, full);
    }

    private static string? Reached(ServedIndex index, string key, string full)
    {
        if (!Path.IsPathRooted(key) && !PictureKeys.IsBelow(index.Keys.FullPathOf("."), full))
            return null;
        string folder = Path.GetDirectoryName(full)!;
        RealPaths real = new();
        if (real.OfFolder(folder) != folder)
            return null; // a folder of the way has become a link since
        try
        {
            FileInfo file = new(full);
            if (!file.Exists)
                return null;
            if (file.LinkTarget is null)
                return full;
            if (file.ResolveLinkTarget(returnFinalTarget: true) is not FileInfo target)
                return null;
            string reached = real.OfFile(target.FullName);
            return PictureKeys.IsBelow(folder, reached) ? reached : null;
        }
        catch (IOException)
        {
            return null; // a circle of links
        }
    }

    private Thumbnail Make(string path, int side)
    {
        ReadOnlyMemory<byte> file = PictureArchive.ReadFile(path);
        IImageDecoder? format = ImageFormats.Find(file.Span);
        if (format?.MediaType is string type && file.Length <= LargestAsItIs)
            return new(file, type);
        RasterImage picture = ImageFormats.Decode(file.Span, new() { MaxPixels = options.MaxPixels, WantedSide = side });
        bool isSideways = picture.Orientation >= 5; // of EXIF's eight, those that swap width and height
        (int width, int height) = isSideways ? (picture.Height, picture.Width) : (picture.Width, picture.Height);
        double scale = Math.Min(1, (double)side / Math.Max(width, height));
        ImagePreprocessor resizer = new(new()
        {
            ResizeMode = ResizeMode.Squash,
            OutputWidth = Math.Max(1, (int)(width * scale)),
            OutputHeight = Math.Max(1, (int)(height * scale)),
            Interpolation = ResampleFilter.Bilinear,
            Background = RgbColor.White,
        });
        using MemoryStream png = new();
        resizer.Resized(picture).WritePng(png);
        return new(png.GetBuffer().AsMemory(0, (int)png.Length), "image/png");
    }

    private static RequestException Gone() => new(StatusCodes.Status404NotFound, "The picture cannot be shown.", "id");
}

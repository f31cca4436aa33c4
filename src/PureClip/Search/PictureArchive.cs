using PureClip.Imaging;

namespace PureClip.Search;

/// <summary>Pictures by the paths that an index gives them: files, and pictures in tar files (<see cref="TarMember"/>).</summary>
/// <remarks>
/// A tar file has no table of contents: to find a picture, the headers before it are read, and of a compressed one everything before it.
/// </remarks>
public static class PictureArchive
{
    /// <summary>Whether there is such a picture, in a file that can be read.</summary>
    public static bool Exists(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (File.Exists(path) || !IsMember(path, out TarMember member))
            return File.Exists(path);
        try
        {
            using TarCursor cursor = TarCursor.Open(member.Tar);
            return cursor.TryMoveTo(member.Name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return false;
        }
    }

    /// <summary>Reads a picture's file whole. Its kind and size are looked at first.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="options">Limits; the default ones if null.</param>
    /// <exception cref="InvalidDataException">It is no file, empty, or larger than the limit; or the tar file is damaged.</exception>
    /// <exception cref="IOException">It cannot be read, or is not there.</exception>
    public static ReadOnlyMemory<byte> ReadFile(string path, ImageDecoderOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return IsMember(path, out TarMember member) ? ReadMember(member, options) : ImageFormats.ReadFile(path, options);
    }

    /// <summary>Opens a picture's file, to be read from its beginning; the stream can seek.</summary>
    /// <param name="path">Its path.</param>
    /// <exception cref="InvalidDataException">It is larger than what is read of a tar file, or the tar file is damaged.</exception>
    /// <exception cref="IOException">It cannot be read, or is not there.</exception>
    public static Stream Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return IsMember(path, out TarMember member)
            ? new MemoryStream(ReadMember(member, options: null), writable: false)
            : File.OpenRead(path);
    }

    /// <summary>Where a picture comes from; nothing is read before it is needed.</summary>
    /// <param name="path">Its path.</param>
    public static ImageSource SourceOf(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return IsMember(path, out TarMember member)
            ? ImageSource.FromStream(_ => new(new MemoryStream(ReadMember(member, options: null), writable: false)), path)
            : ImageSource.FromFile(path);
    }

    /// <summary>Whether a path means a picture in a tar file: not where a file of just that name is there.</summary>
    internal static bool IsMember(string path, out TarMember member) => TarMember.TryParse(path, out member) && !File.Exists(path);

    /// <summary>Refuses what a cursor stands on for its size.</summary>
    internal static void RequireReadable(TarCursor cursor, ImageDecoderOptions? options)
    {
        ImageFormats.RequireSize(cursor.Size, options);
        if (cursor.Size == 0)
            throw new InvalidDataException("there is nothing to read: the file is empty.");
    }

    private static byte[] ReadMember(TarMember member, ImageDecoderOptions? options)
    {
        using TarCursor cursor = TarCursor.Open(member.Tar);
        if (!cursor.TryMoveTo(member.Name))
            throw new FileNotFoundException($"{member}: there is no such file in the tar file.");
        RequireReadable(cursor, options);
        return cursor.Read();
    }
}

using PureClip.Imaging;

namespace PureClip.Search;

/// <summary>
/// What an update finds in tar files. Each is gone through twice, from its beginning to its end: once for the names, sizes and kinds of
/// what is in it, and once more, as far as there is something new, for the pictures themselves.
/// </summary>
/// <param name="extensions">How names of pictures end.</param>
/// <param name="limits">How large one may be.</param>
/// <param name="real">Knows folders without their links.</param>
/// <param name="failures">Takes what cannot be read.</param>
internal sealed class TarPictures(
    IReadOnlyList<string> extensions, ImageDecoderOptions? limits, RealPaths real, List<PictureFailure> failures) : IDisposable
{
    private readonly HashSet<string> _whole = new(StringComparer.Ordinal); // full paths of those that were read to their end
    private TarCursor? _cursor;

    /// <summary>Entries of tar files that are no pictures' files, by what they are.</summary>
    public SortedDictionary<string, int> PassedOver { get; } = new(StringComparer.Ordinal);

    /// <summary>Files in tar files whose names end as no picture's, by that ending.</summary>
    public SortedDictionary<string, int> Others { get; } = new(StringComparer.Ordinal);

    /// <summary>The pictures in a tar file, in its order: their paths, and their sizes and the time of the tar file.</summary>
    public IEnumerable<(string Path, long Size, DateTime Modified)> In(string tar)
    {
        DateTime modified = File.GetLastWriteTimeUtc(tar);
        HashSet<string> names = new(StringComparer.Ordinal);
        using TarCursor? cursor = TryOpen(tar);
        while (cursor is not null && TryMoveNext(cursor))
        {
            string ending = Path.GetExtension(cursor.Name).ToLowerInvariant();
            if (Path.GetFileName(cursor.Name).StartsWith('.'))
                continue; // hidden, as what macOS stores beside each file
            if (!PictureFiles.HasExtension(cursor.Name, extensions))
                Count(Others, ending);
            else if (names.Add(cursor.Name))
                yield return (new TarMember(tar, cursor.Name).ToString(), cursor.Size, modified);
            else
                Count(PassedOver, "second file of one name");
        }
    }

    /// <summary>Reads a picture that <see cref="In"/> has named. In their order, each tar file is gone through once.</summary>
    /// <exception cref="InvalidDataException">It is empty, or larger than the limit.</exception>
    /// <exception cref="IOException">
    /// It cannot be read, or is not there any more; or the tar file is damaged, which says nothing of the picture.
    /// </exception>
    public byte[] Read(TarMember member)
    {
        if (_cursor?.Path != member.Tar || !TryMoveTo(_cursor, member.Name))
        {
            _cursor?.Dispose();
            _cursor = null; // in case that it cannot be opened
            _cursor = TarCursor.Open(member.Tar);
            if (!TryMoveTo(_cursor, member.Name))
                throw new FileNotFoundException($"{member}: there is no such file in the tar file.");
        }
        PictureArchive.RequireReadable(_cursor, limits);
        return Intact(_cursor.Read);
    }

    private static bool TryMoveTo(TarCursor cursor, string name) => Intact(() => cursor.TryMoveTo(name));

    private static T Intact<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidDataException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    /// <summary>Whether a path is that of a picture in a tar file that was read to its end: where it was not met, it is not there.</summary>
    public bool IsOfWhole(string fullPath) =>
        _whole.Count > 0 && PictureArchive.IsMember(fullPath, out TarMember member) && _whole.Contains(member.Tar);

    /// <inheritdoc/>
    public void Dispose() => _cursor?.Dispose();

    private static void Count(SortedDictionary<string, int> counts, string what) => counts[what] = counts.GetValueOrDefault(what) + 1;

    private TarCursor? TryOpen(string tar)
    {
        try
        {
            return TarCursor.Open(tar, what => Count(PassedOver, what));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            failures.Add(new(tar, e));
            return null;
        }
    }

    private bool TryMoveNext(TarCursor cursor)
    {
        try
        {
            if (cursor.MoveNext())
                return true;
            _whole.Add(real.OfFile(cursor.Path));
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            failures.Add(new(cursor.Path, e));
        }
        return false;
    }
}

using PureClip.Memory;
using PureClip.Search;

namespace PureClip.Cli.Indexing;

/// <summary>Pictures with their vectors: those of an index, or computed now.</summary>
internal sealed unsafe class PictureSet : IDisposable
{
    private static readonly UInt128 Unknown = 0; // also what an index says of entries without a hash

    private readonly Shell _shell;
    private readonly EmbeddingIndex? _index;
    private readonly AlignedBuffer? _computed;
    private readonly Func<int, UInt128>? _knownHash;
    private int[][]? _sameContents;

    private PictureSet(Shell shell, string[] paths, RowList vectors, EmbeddingIndex? index, AlignedBuffer? computed, Func<int, UInt128>? knownHash) =>
        (_shell, Paths, Vectors, _index, _computed, _knownHash) = (shell, paths, vectors, index, computed, knownHash);

    /// <summary>The pictures.</summary>
    public IReadOnlyList<string> Paths { get; }

    /// <summary>A vector for each.</summary>
    public RowList Vectors { get; }

    /// <summary>Those of an index.</summary>
    /// <param name="index">Is disposed with the set.</param>
    /// <param name="folders">Only those below these; all where there are none.</param>
    /// <param name="shell">Told of folders without any.</param>
    public static PictureSet Of(EmbeddingIndex index, string[] folders, Shell shell)
    {
        IndexedPictures pictures = new(index);
        int[] entries = pictures.Below(folders, shell) is HashSet<int> chosen ? [.. chosen.Order()] : [.. Enumerable.Range(0, index.Count)];
        return new(shell, [.. entries.Select(pictures.PathOf)], index.Entries.Select(entries), index, null, i => index[entries[i]].ContentHash);
    }

    /// <summary>Computes them; broken pictures are reported and left out.</summary>
    public static PictureSet Of(Clip clip, List<string> pictures, Shell shell)
    {
        AlignedBuffer numbers = new((long)pictures.Count * clip.EmbeddingWidth);
        try
        {
            List<string> paths = [];
            foreach ((string path, float[] embedding) in PictureEmbeddings.Of(clip, pictures, shell, streams: false))
            {
                embedding.CopyTo(new Span<float>(numbers.Pointer + (long)paths.Count * clip.EmbeddingWidth, clip.EmbeddingWidth));
                paths.Add(path);
            }
            VectorMatrix matrix = new((byte*)numbers.Pointer, paths.Count, clip.EmbeddingWidth, VectorType.F32);
            return new(shell, [.. paths], new(matrix), null, numbers, null);
        }
        catch
        {
            numbers.Dispose();
            throw;
        }
    }

    /// <summary>A picture's vector, of length 1.</summary>
    public float[] Vector(int picture)
    {
        float[] vector = new float[Vectors.Width];
        Vectors.Read(picture, vector);
        return vector;
    }

    /// <summary>Bytes of a picture's file; null where it is gone.</summary>
    public long? BytesOf(int picture)
    {
        FileInfo file = new(Paths[picture]);
        return file.Exists ? file.Length : null;
    }

    /// <summary>Sets of pictures whose files are equal byte for byte; read once. A file that cannot be read is reported and equals no other.</summary>
    public IReadOnlyList<int[]> SameContents => _sameContents ??= FindSameContents();

    /// <inheritdoc/>
    public void Dispose()
    {
        _index?.Dispose();
        _computed?.Dispose();
    }

    private int[][] FindSameContents()
    {
        IEnumerable<int> candidates = Enumerable.Range(0, Paths.Count);
        if (_knownHash is null)
            candidates = candidates.GroupBy(BytesOf).Where(same => same.Key is not null && same.Skip(1).Any()).SelectMany(same => same);
        return
        [
            .. candidates.Select(picture => (Picture: picture, Hash: _knownHash is null ? HashOf(Paths[picture]) : _knownHash(picture)))
                .Where(one => one.Hash != Unknown)
                .GroupBy(one => one.Hash, one => one.Picture)
                .Select(same => same.ToArray())
                .Where(same => same.Length > 1),
        ];
    }

    private UInt128 HashOf(string path)
    {
        _shell.Cancellation.ThrowIfCancellationRequested();
        try
        {
            return ContentHash.Of(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _shell.Fail(Failures.About(path, e));
            return Unknown;
        }
    }
}

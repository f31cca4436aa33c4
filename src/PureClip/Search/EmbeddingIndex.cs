using PureClip.Files;
using PureClip.Maps;

namespace PureClip.Search;

/// <summary>
/// A collection of vectors with keys, opened for reading: the state of its last commit, or vectors in memory. Stored vectors are mapped,
/// not read, so that opening costs little and processes share them. Any number of readers work beside one
/// <see cref="EmbeddingIndexWriter"/>; what is committed later is seen after <see cref="Refresh"/>.
/// </summary>
/// <remarks>
/// Thread-safe, <see cref="Dispose"/> included: it waits for calls that are running, later ones get <see cref="ObjectDisposedException"/>.
/// While a file is mapped another process must not cut it: on Unix the system ends a process that touches what is gone. PureClip's writers
/// never do that; where others may, open the index with <see cref="EmbeddingIndexOptions.ReadInsteadOfMap"/>. The format is described in
/// FORMAT.md beside this class.
/// </remarks>
/// <example>
/// <code>
/// using Clip clip = Clip.Load("weights/pictogram-mini");
/// using EmbeddingIndex index = EmbeddingIndex.Open("photos.index", clip);
/// foreach (SearchHit hit in index.Search("birthday cake"))
///     Console.WriteLine($"{hit.Score:F3} {hit.Key}");
/// </code>
/// </example>
public sealed class EmbeddingIndex : IDisposable
{
    private readonly Gate _gate = new(nameof(EmbeddingIndex));
    private readonly Lock _refreshing = new();
    private readonly EmbeddingIndexOptions _options;
    private readonly Clip? _clip;
    private volatile IndexSnapshot _current;
    private long _lastLook = Environment.TickCount64;

    private EmbeddingIndex(IndexSnapshot current, EmbeddingIndexOptions options, Clip? clip) =>
        (_current, _options, _clip) = (current, options, clip);

    /// <summary>Opens an index whose vectors may be of any model.</summary>
    /// <param name="path">Its folder.</param>
    /// <param name="options">Threads and memory; null for the defaults.</param>
    /// <exception cref="FileNotFoundException">There is no index.</exception>
    /// <exception cref="InvalidDataException">The index is damaged, or its format is a later one.</exception>
    public static EmbeddingIndex Open(string path, EmbeddingIndexOptions? options = null) => Open(path, clip: null, options ?? new());

    /// <summary>Opens an index to be searched with a model, and makes sure that it is of this one.</summary>
    /// <param name="path">Its folder.</param>
    /// <param name="clip">The model, which encodes what is searched for; not disposed.</param>
    /// <param name="queries">What will be searched for: rules that cannot change a query's vector are not compared.</param>
    /// <param name="options">Threads and memory; null for the defaults.</param>
    /// <exception cref="FileNotFoundException">There is no index.</exception>
    /// <exception cref="InvalidDataException">
    /// The index is damaged, its format is a later one, or its vectors were made by another model or by other rules.
    /// </exception>
    public static EmbeddingIndex Open(string path, Clip clip, VectorKinds queries = VectorKinds.All, EmbeddingIndexOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(clip);
        options ??= new();
        EmbeddingIndex index = Open(path, clip, options with { Runtime = options.Runtime ?? clip.Runtime });
        try
        {
            index.RequireSpace(clip.Space, queries);
            return index;
        }
        catch
        {
            index.Dispose();
            throw;
        }
    }

    /// <summary>An index in memory.</summary>
    /// <param name="keys">What the vectors are found by, each once.</param>
    /// <param name="vectors">[keys][width], finite; of length 1, as a <see cref="Clip"/> makes them, if scores are to be cosines.</param>
    /// <param name="space">What the vectors are of: <see cref="Clip.Space"/>.</param>
    /// <param name="vectorType">How they are stored.</param>
    /// <param name="options">Threads; null for the defaults.</param>
    /// <exception cref="ArgumentException">
    /// Keys and vectors do not belong together, a key is there twice, or a vector cannot be stored.
    /// </exception>
    public static EmbeddingIndex FromVectors(
        IReadOnlyList<string> keys, IReadOnlyList<float[]> vectors, VectorSpace space, VectorType vectorType = VectorType.F32,
        EmbeddingIndexOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(keys);
        return FromEntries([.. keys.Select(key => new IndexEntry(key))], vectors, space, vectorType, options);
    }

    /// <summary>An index in memory, of entries of which more is known than their keys.</summary>
    /// <inheritdoc cref="FromVectors(IReadOnlyList{string}, IReadOnlyList{float[]}, VectorSpace, VectorType, EmbeddingIndexOptions?)"/>
    /// <param name="entries">The entries, each key once.</param>
    /// <param name="vectors">[entries][width], finite.</param>
    /// <param name="space">What the vectors are of.</param>
    /// <param name="vectorType">How they are stored.</param>
    /// <param name="options">Threads; null for the defaults.</param>
    public static EmbeddingIndex FromEntries(
        IReadOnlyList<IndexEntry> entries, IReadOnlyList<float[]> vectors, VectorSpace space, VectorType vectorType = VectorType.F32,
        EmbeddingIndexOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(entries);
        ArgumentNullException.ThrowIfNull(vectors);
        ArgumentNullException.ThrowIfNull(space);
        if (entries.Count != vectors.Count)
            throw new ArgumentException(
                $"{entries.Count} entries and {vectors.Count} vectors were given; there must be a vector for each.", nameof(vectors));
        ListedEntries listed = new([.. entries]);
        options ??= new();
        options.Validate();
        VectorMatrix matrix = VectorMatrix.FromVectors(space.Width, vectors, vectorType, options.Runtime);
        return new(new(space, listed, [.. Enumerable.Range(0, entries.Count)], matrix), options, null);
    }

    /// <summary>Whether a folder holds an index, of whatever state.</summary>
    public static bool Exists(string path) => File.Exists(new IndexFiles(path).Header);

    /// <summary>Its folder, as it was named; null in memory.</summary>
    public string? Path => _current.Stored?.Files.Directory;

    /// <summary>What its vectors are of: the model, and the rules by which it made them so far as they were recorded.</summary>
    public VectorSpace Space => _current.Space;

    /// <summary>Entries.</summary>
    public int Count => _current.Count;

    /// <summary>Numbers of a vector.</summary>
    public int Width => Space.Width;

    /// <summary>How they are stored.</summary>
    public VectorType VectorType => _current.Vectors.Type;

    /// <summary>Bytes of rows and entries on disk; of the vectors, in memory.</summary>
    public long StoredBytes => _current.StoredBytes;

    /// <summary>Rows that no entry has any more, until the index is compacted.</summary>
    public int DeadRows => _current.DeadRows;

    /// <summary>
    /// Rows that lie in cells, so that searches need not look at all of them: <see cref="EmbeddingIndexWriter.MakeCells"/>. 0 where there
    /// are no cells; those that were made after this was opened count once it is opened anew.
    /// </summary>
    public int RowsInCells => _current.Cells?.Covered ?? 0;

    /// <summary>Whether something was committed, or begun to be, since this was opened or refreshed.</summary>
    public bool IsOutdated => _current.Stored?.IsOutdated ?? false;

    /// <summary>An entry.</summary>
    /// <param name="entry">0 to <see cref="Count"/> - 1, in the order in which they were added.</param>
    public IndexEntry this[int entry] => _current[entry];

    /// <summary>An entry's key.</summary>
    /// <param name="entry">0 to <see cref="Count"/> - 1.</param>
    public string KeyOf(int entry) => _current.KeyOf(entry);

    /// <summary>Finds an entry by its key. The first call reads all keys.</summary>
    public bool TryFind(string key, out int entry)
    {
        ArgumentNullException.ThrowIfNull(key);
        return _current.TryFind(key, out entry);
    }

    /// <summary>Reads an entry's vector.</summary>
    /// <param name="entry">0 to <see cref="Count"/> - 1.</param>
    /// <param name="destination">[<see cref="Width"/>]</param>
    public void CopyVector(int entry, Span<float> destination)
    {
        using Use use = new(this);
        if (destination.Length != Width)
            throw new ArgumentException($"A vector has {Width} numbers, but there is room for {destination.Length}.", nameof(destination));
        use.Snapshot.Vectors.Copy(use.Snapshot.Rows[entry], destination);
    }

    /// <summary>
    /// The entries nearest to a query, best first; equal scores in the order of the entries. Exact, unless the index has cells
    /// (<see cref="SearchOptions.Share"/>).
    /// </summary>
    /// <param name="query">[<see cref="Width"/>], of any length but 0; an embedding of the same model.</param>
    /// <param name="options">How many and which; null for the best ten.</param>
    /// <param name="cancellationToken">Checked every few rows.</param>
    /// <exception cref="ArgumentException">The query or an option cannot be used.</exception>
    public SearchHit[] Search(ReadOnlySpan<float> query, SearchOptions? options = null, CancellationToken cancellationToken = default)
    {
        RefreshIfDue();
        using Use use = new(this);
        return use.Snapshot.Search(query, options ?? new(), cancellationToken);
    }

    /// <summary>The entries nearest to a text, by the model that the index was opened with.</summary>
    /// <inheritdoc cref="Search(ReadOnlySpan{float}, SearchOptions?, CancellationToken)"/>
    /// <exception cref="InvalidOperationException">The index was opened without a model, or this has no text tower.</exception>
    public SearchHit[] Search(string text, SearchOptions? options = null, CancellationToken cancellationToken = default) =>
        Search(RequireClip().EncodeText(text), options, cancellationToken);

    /// <summary>The entries nearest to a picture, by the model that the index was opened with.</summary>
    /// <inheritdoc cref="Search(ReadOnlySpan{float}, SearchOptions?, CancellationToken)"/>
    /// <exception cref="InvalidDataException">The picture cannot be read, or the index was made by other rules for pictures.</exception>
    /// <exception cref="InvalidOperationException">The index was opened without a model, or this has no vision tower.</exception>
    public SearchHit[] Search(ImageSource picture, SearchOptions? options = null, CancellationToken cancellationToken = default)
    {
        Clip clip = RequireClip();
        RequireSpace(clip.Space, VectorKinds.Pictures);
        return Search(clip.EncodeImage(picture), options, cancellationToken);
    }

    /// <summary>The entries nearest to a text, holding no thread while other callers of the model are served.</summary>
    /// <inheritdoc cref="Search(string, SearchOptions?, CancellationToken)"/>
    public async ValueTask<SearchHit[]> SearchAsync(
        string text, SearchOptions? options = null, CancellationToken cancellationToken = default) =>
        Search(await RequireClip().EncodeTextAsync(text, cancellationToken).ConfigureAwait(false), options, cancellationToken);

    /// <summary>
    /// The entries nearest to a picture, holding no thread while it is read, as the body of a request is, and other callers are served.
    /// </summary>
    /// <inheritdoc cref="Search(ImageSource, SearchOptions?, CancellationToken)"/>
    public async ValueTask<SearchHit[]> SearchAsync(
        ImageSource picture, SearchOptions? options = null, CancellationToken cancellationToken = default)
    {
        Clip clip = RequireClip();
        RequireSpace(clip.Space, VectorKinds.Pictures);
        return Search(await clip.EncodeImageAsync(picture, cancellationToken).ConfigureAwait(false), options, cancellationToken);
    }

    /// <summary>
    /// Entries that are the same or nearly so: groups in which each has another that is as near as <see cref="DuplicateOptions.Threshold"/>
    /// says, or of the same content. Every pair is compared.
    /// </summary>
    /// <param name="options">What counts as the same; null for the defaults.</param>
    /// <param name="cancellationToken">Checked every few thousand pairs.</param>
    /// <returns>
    /// Groups of two and more, in the order of their first entries. In a group the largest file comes first; the cosines are those with it.
    /// </returns>
    public IReadOnlyList<IReadOnlyList<SearchHit>> FindDuplicates(
        DuplicateOptions? options = null, CancellationToken cancellationToken = default)
    {
        using Use use = new(this);
        return NearDuplicates.Of(use.Snapshot, options ?? new(), cancellationToken);
    }

    /// <summary>
    /// Sorts the entries into groups by direction: spherical k-means, the best of a few attempts with fixed beginnings. The same vectors
    /// give the same groups.
    /// </summary>
    /// <param name="options">How many groups, and of which entries; null for the defaults.</param>
    /// <param name="cancellationToken">Checked every few vectors.</param>
    /// <returns>The largest group first.</returns>
    public IReadOnlyList<EntryGroup> Group(GroupOptions? options = null, CancellationToken cancellationToken = default)
    {
        using Use use = new(this);
        return SphericalKMeans.Of(use.Snapshot, options ?? new(), cancellationToken);
    }

    /// <summary>
    /// Lays the entries out on a plane so that those whose vectors are near lie near one another. The same vectors and seed give the same
    /// map. Every pair is compared.
    /// </summary>
    /// <param name="options">How, and which entries; null for the defaults.</param>
    /// <param name="cancellationToken">Checked at every step.</param>
    public EntryMap Map(MapOptions? options = null, CancellationToken cancellationToken = default)
    {
        using Use use = new(this);
        return EntryMap.Of(use.Snapshot, options ?? new(), cancellationToken);
    }

    /// <summary>Refuses vectors that must not be compared with these, as queries.</summary>
    /// <param name="space">Where they come from: <see cref="Clip.Space"/>.</param>
    /// <param name="queries">What they are of. Their length is not compared: a query is taken with length 1.</param>
    /// <exception cref="InvalidDataException">The index was made with another model or by other rules; the message names both.</exception>
    public void RequireSpace(VectorSpace space, VectorKinds queries)
    {
        ArgumentNullException.ThrowIfNull(space);
        Space.Require(space with { IsNormalized = null }, queries, Path is null ? "This index" : $"{Path}: this index");
    }

    /// <summary>
    /// Goes on to the last commit, if there is a later one. Entries get other places in the index; searches that are running end in the
    /// state in which they began, which is freed with the last of them.
    /// </summary>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="InvalidDataException">The index is damaged meanwhile; the state of before stays in use.</exception>
    public bool Refresh()
    {
        using Gate.Call call = _gate.Enter();
        lock (_refreshing)
        {
            _lastLook = Environment.TickCount64;
            IndexSnapshot before = _current;
            if (before.Stored is not { IsOutdated: true } stored)
                return false;
            _current = IndexSnapshot.Open(stored.Files.Directory, _options);
            before.Release();
            return true;
        }
    }

    /// <summary>
    /// Reads all vectors and compares them with the checksums that were stored with them. Opening does not: it would read the whole file.
    /// </summary>
    /// <param name="cancellationToken">Checked between commits.</param>
    /// <exception cref="InvalidDataException">Some are not what was written; the message names all their rows.</exception>
    public void Verify(CancellationToken cancellationToken = default)
    {
        using Use use = new(this);
        if (use.Snapshot.Stored?.DamageOf(use.Snapshot.Vectors, cancellationToken) is InvalidDataException damage)
            throw damage;
    }

    /// <summary>
    /// Reads everything of an index, and looks for damage that opening it would refuse as well as for what only <see cref="Verify"/> sees.
    /// </summary>
    /// <param name="path">Its folder.</param>
    /// <param name="cancellationToken">Checked every few rows.</param>
    /// <returns>An error for each file that is damaged, as opening or verifying would throw it; none where all is well.</returns>
    /// <exception cref="FileNotFoundException">There is no index.</exception>
    public static IReadOnlyList<InvalidDataException> FindDamage(string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return StoredIndex.DamageOf(path, cancellationToken);
    }

    /// <summary>Frees vectors and threads, when the calls that are running have ended.</summary>
    public void Dispose()
    {
        if (_gate.Close())
            _current.Release();
    }

    private static EmbeddingIndex Open(string path, Clip? clip, EmbeddingIndexOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options.Validate();
        return new(IndexSnapshot.Open(path, options), options, clip);
    }

    private Clip RequireClip() => _clip ?? throw new InvalidOperationException(
        "This index was opened without a model. Open it with one, or encode the query and search with its vector.");

    private void RefreshIfDue()
    {
        if (_options.RefreshInterval is TimeSpan interval
            && Environment.TickCount64 - Volatile.Read(ref _lastLook) >= interval.TotalMilliseconds)
            Refresh();
    }

    /// <summary>A call that is at work in one state of the index.</summary>
    private readonly ref struct Use : IDisposable
    {
        private readonly Gate.Call _call;

        public Use(EmbeddingIndex index)
        {
            _call = index._gate.Enter();
            do
                Snapshot = index._current;
            while (!Snapshot.TryHold()); // replaced, and let go of, since it was looked at
        }

        public IndexSnapshot Snapshot { get; }

        public void Dispose()
        {
            Snapshot.Release();
            _call.Dispose();
        }
    }
}

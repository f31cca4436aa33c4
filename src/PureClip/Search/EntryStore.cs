namespace PureClip.Search;

/// <summary>
/// What keeps entries with their vectors and can be brought up to date with pictures: <see cref="EmbeddingIndexWriter"/> on disk, or a
/// database. Entries are found as they will be after the next commit; nothing counts before it.
/// </summary>
/// <remarks>An update uses it on one thread at a time.</remarks>
public interface IEntryStore
{
    /// <summary>Entries, with those that are not committed yet.</summary>
    int Count { get; }

    /// <summary>The keys of all entries, with those that are not committed yet, in no order.</summary>
    IReadOnlyCollection<string> Keys { get; }

    /// <summary>The longest key, in bytes of UTF-8; a picture whose path is longer is reported as one that could not be read.</summary>
    int MaxKeyBytes => IndexEntry.MaxKeyBytes;

    /// <summary>
    /// Whether other programs write into it at the same time: an entry whose content is of another part (<see cref="ContentShard"/>) is
    /// left to the program that has that part.
    /// </summary>
    bool IsShared => false;

    /// <summary>Rows that no entry has any more; 0 where a store looks after that by itself.</summary>
    int DeadRows => 0;

    /// <summary>Finds an entry by its key.</summary>
    bool TryFind(string key, out IndexEntry entry);

    /// <summary>Finds an entry whose content is the same, whatever its key.</summary>
    /// <param name="contentHash">Not 0, which stands for an unknown content.</param>
    /// <param name="entry">One of them.</param>
    bool TryFindContent(UInt128 contentHash, out IndexEntry entry);

    /// <summary>Adds an entry, in place of the one that has its key.</summary>
    /// <param name="entry">Its key, and what is known of its file.</param>
    /// <param name="vector">Its vector, which is copied.</param>
    void Add(in IndexEntry entry, ReadOnlySpan<float> vector);

    /// <summary>Adds an entry, in place of the one that has its key, with the vector that another one has, or that one itself.</summary>
    /// <param name="entry">Its key, and what is known of its file.</param>
    /// <param name="source">The key of an entry that is there.</param>
    void AddCopy(in IndexEntry entry, string source);

    /// <summary>Removes an entry.</summary>
    /// <returns>Whether there was one.</returns>
    bool Remove(string key);

    /// <summary>Makes durable what was added and removed since the last commit: when it returns, that stays.</summary>
    void Commit();

    /// <summary>As <see cref="Commit"/>, holding no thread where the store knows how.</summary>
    /// <param name="cancellationToken">Leaves what was not committed to a later commit.</param>
    ValueTask CommitAsync(CancellationToken cancellationToken = default)
    {
        Commit();
        return ValueTask.CompletedTask;
    }

    /// <summary>Gives the space of <see cref="DeadRows"/> back.</summary>
    void Compact(CancellationToken cancellationToken = default)
    {
    }
}

/// <summary>Brings any store of entries up to date with pictures, as <see cref="FolderIndex"/> does with an index on disk.</summary>
public static class EntryStores
{
    /// <inheritdoc
    /// cref="FolderIndex.Update(IReadOnlyCollection{string}, IReadOnlyCollection{string}, FolderUpdateOptions?, IProgress{FolderProgress}?, CancellationToken)"/>
    /// <param name="store">The store.</param>
    /// <param name="clip">The model whose vectors it holds; null where no picture will have to be computed.</param>
    /// <param name="keys">How it names pictures.</param>
    /// <param name="pictures">Paths of pictures.</param>
    /// <param name="folders">
    /// Where they were looked for: entries of vanished files below these are removed. What is no folder is passed over.
    /// </param>
    /// <param name="options">What else is to be done; null for nothing.</param>
    /// <param name="progress">Told how far it is, of what is committed.</param>
    /// <param name="cancellationToken">Looked at before every picture.</param>
    public static FolderUpdate Update(
        this IEntryStore store, Clip? clip, PictureKeys keys, IReadOnlyCollection<string> pictures, IReadOnlyCollection<string> folders,
        FolderUpdateOptions? options = null, IProgress<FolderProgress>? progress = null, CancellationToken cancellationToken = default) =>
        Run(store, clip, keys, pictures, folders, options, progress, cancellationToken, isAsync: false).GetAwaiter().GetResult();

    /// <summary>
    /// As <see cref="Update"/>, holding no thread while it waits for files, for other callers of the model, and for the store.
    /// </summary>
    /// <inheritdoc cref="Update"/>
    public static Task<FolderUpdate> UpdateAsync(
        this IEntryStore store, Clip? clip, PictureKeys keys, IReadOnlyCollection<string> pictures, IReadOnlyCollection<string> folders,
        FolderUpdateOptions? options = null, IProgress<FolderProgress>? progress = null, CancellationToken cancellationToken = default) =>
        Run(store, clip, keys, pictures, folders, options, progress, cancellationToken, isAsync: true).AsTask();

    private static ValueTask<FolderUpdate> Run(
        IEntryStore store, Clip? clip, PictureKeys keys, IReadOnlyCollection<string> pictures, IReadOnlyCollection<string> folders,
        FolderUpdateOptions? options, IProgress<FolderProgress>? progress, CancellationToken cancellationToken, bool isAsync)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentNullException.ThrowIfNull(pictures);
        ArgumentNullException.ThrowIfNull(folders);
        return new FolderUpdater(clip, store, keys, progress, cancellationToken).Run(pictures, folders, options ?? new(), isAsync);
    }
}

namespace PureClip.Search;

/// <summary>
/// An index of the pictures in folders, kept up to date: what <c>pureclip index</c> and <c>pureclip search</c> do. Pictures whose files
/// have not changed are not computed again, nor those that were moved, renamed or copied; entries whose files are gone are removed.
/// </summary>
/// <remarks>
/// Searches may run on any thread, beside an update too; there is one update at a time, of all processes. As <see cref="EmbeddingIndex"/>
/// says, the file of vectors is mapped and must not be cut by others, unless it is opened with
/// <see cref="EmbeddingIndexOptions.ReadInsteadOfMap"/>.
/// </remarks>
/// <example>
/// <code>
/// using Clip clip = Clip.Load("weights/pictogram-mini");
/// using FolderIndex photos = FolderIndex.OpenOrCreate("photos.index", clip);
/// photos.Update("photos");
/// foreach (SearchHit hit in photos.Search("birthday cake"))
///     Console.WriteLine($"{hit.Score:F3} {photos.PathOf(hit)}");
/// </code>
/// </example>
public sealed class FolderIndex : IDisposable
{
    private readonly Clip? _clip;
    private readonly PictureKeys _keys;

    private FolderIndex(EmbeddingIndex index, Clip? clip)
    {
        Index = index;
        _clip = clip;
        _keys = new(index.Path!);
    }

    /// <summary>Opens an index, or makes an empty one where there is none.</summary>
    /// <param name="path">Its folder.</param>
    /// <param name="clip">The model; not disposed.</param>
    /// <param name="vectorType">How vectors are stored; null for how they are, and for F16 where the index is new.</param>
    /// <param name="options">Threads and memory of searches; null for the defaults.</param>
    /// <exception cref="InvalidDataException">
    /// The index is damaged, was made with another model or by other rules, or stores vectors in another way.
    /// </exception>
    /// <exception cref="IOException">The folder holds other files, or cannot be written.</exception>
    public static FolderIndex OpenOrCreate(string path, Clip clip, VectorType? vectorType = null, EmbeddingIndexOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(clip);
        if (!EmbeddingIndex.Exists(path))
            EmbeddingIndexWriter.Make(path, clip.Space, vectorType ?? VectorType.F16);
        EmbeddingIndex index = EmbeddingIndex.Open(path, clip, VectorKinds.All, options);
        if (vectorType is not VectorType asked || asked == index.VectorType)
            return new(index, clip);
        index.Dispose();
        throw EmbeddingIndexWriter.OtherType(path, index.VectorType, asked);
    }

    /// <summary>Opens an index without a model: to look after it, or to search with vectors.</summary>
    /// <param name="path">Its folder.</param>
    /// <param name="options">Threads and memory of searches; null for the defaults.</param>
    /// <exception cref="FileNotFoundException">There is no index.</exception>
    /// <exception cref="InvalidDataException">The index is damaged, or its format is a later one.</exception>
    public static FolderIndex Open(string path, EmbeddingIndexOptions? options = null) =>
        new(EmbeddingIndex.Open(path, options), clip: null);

    /// <summary>The index, to be searched in other ways; an update refreshes it. Disposed with this.</summary>
    public EmbeddingIndex Index { get; }

    /// <summary>Brings the index up to date with a folder and all folders below it.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="options">What else is to be done; null for nothing.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">
    /// Looked at before every name and every picture; what is done until then stays, and the next update goes on from there.
    /// </param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="IOException">Another process is updating the index, or it cannot be written.</exception>
    public FolderUpdate Update(
        string folder, FolderUpdateOptions? options = null, IProgress<FolderProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        FolderScan scan = Scan(folder, cancellationToken);
        return With(scan, Update(scan.Pictures, [folder], options, progress, cancellationToken));
    }

    /// <summary>As the other one, for pictures that the caller has found.</summary>
    /// <inheritdoc cref="Update(string, FolderUpdateOptions?, IProgress{FolderProgress}?, CancellationToken)"/>
    /// <param name="pictures">Paths of pictures, and of tar files (<see cref="TarMember"/>), which stand for all pictures in them.</param>
    /// <param name="folders">
    /// Where they were looked for: entries of vanished files below these are removed. What is no folder is passed over.
    /// </param>
    /// <param name="options">What else is to be done; null for nothing.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Looked at before every picture.</param>
    public FolderUpdate Update(
        IReadOnlyCollection<string> pictures, IReadOnlyCollection<string> folders, FolderUpdateOptions? options = null,
        IProgress<FolderProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        return Update(pictures, folders, options, progress, cancellationToken, isAsync: false).GetAwaiter().GetResult();
    }

    /// <summary>
    /// As <see cref="Update(string, FolderUpdateOptions?, IProgress{FolderProgress}?, CancellationToken)"/>, holding no thread while it
    /// waits for files and for other callers of the model.
    /// </summary>
    /// <inheritdoc cref="Update(string, FolderUpdateOptions?, IProgress{FolderProgress}?, CancellationToken)"/>
    public async Task<FolderUpdate> UpdateAsync(
        string folder, FolderUpdateOptions? options = null, IProgress<FolderProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        FolderScan scan = Scan(folder, cancellationToken);
        return With(scan, await UpdateAsync(scan.Pictures, [folder], options, progress, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>As the other one, for pictures that the caller has found.</summary>
    /// <inheritdoc
    /// cref="Update(IReadOnlyCollection{string}, IReadOnlyCollection{string}, FolderUpdateOptions?, IProgress{FolderProgress}?, CancellationToken)"/>
    /// 
    public Task<FolderUpdate> UpdateAsync(
        IReadOnlyCollection<string> pictures, IReadOnlyCollection<string> folders, FolderUpdateOptions? options = null,
        IProgress<FolderProgress>? progress = null, CancellationToken cancellationToken = default) =>
        Update(pictures, folders, options, progress, cancellationToken, isAsync: true).AsTask();

    /// <inheritdoc cref="EmbeddingIndex.Search(string, SearchOptions?, CancellationToken)"/>
    public SearchHit[] Search(string text, SearchOptions? options = null, CancellationToken cancellationToken = default) =>
        Index.Search(text, options, cancellationToken);

    /// <inheritdoc cref="EmbeddingIndex.Search(ImageSource, SearchOptions?, CancellationToken)"/>
    public SearchHit[] Search(ImageSource picture, SearchOptions? options = null, CancellationToken cancellationToken = default) =>
        Index.Search(picture, options, cancellationToken);

    /// <inheritdoc cref="EmbeddingIndex.SearchAsync(string, SearchOptions?, CancellationToken)"/>
    public ValueTask<SearchHit[]> SearchAsync(string text, SearchOptions? options = null, CancellationToken cancellationToken = default) =>
        Index.SearchAsync(text, options, cancellationToken);

    /// <inheritdoc cref="EmbeddingIndex.SearchAsync(ImageSource, SearchOptions?, CancellationToken)"/>
    public ValueTask<SearchHit[]> SearchAsync(
        ImageSource picture, SearchOptions? options = null, CancellationToken cancellationToken = default) =>
        Index.SearchAsync(picture, options, cancellationToken);

    /// <summary>The path of a picture that was found: from the current folder where it lies there or below, else in full.</summary>
    public string PathOf(SearchHit hit) => _keys.PathOf(hit.Key);

    /// <summary>The path of a picture by its key.</summary>
    public string PathOf(string key) => _keys.PathOf(key);

    /// <summary>The entries that lie in a folder or below it, or are this file, in their order.</summary>
    /// <param name="path">A folder or a file.</param>
    public int[] EntriesBelow(string path)
    {
        RealPaths real = new();
        string root = Directory.Exists(path) ? real.OfFolder(path) : real.OfFile(path);
        return
        [
            .. Enumerable.Range(0, Index.Count).Where(entry =>
            {
                string full = _keys.FullPathOf(Index.KeyOf(entry));
                return full == root || PictureKeys.IsBelow(root, full);
            }),
        ];
    }

    /// <summary>Closes the index.</summary>
    public void Dispose() => Index.Dispose();

    private FolderScan Scan(string folder, CancellationToken cancellationToken) =>
        FolderScan.Of(folder, new() { Extensions = PictureFiles.ExtensionsOf(_clip?.Decoders) }, cancellationToken);

    private static FolderUpdate With(FolderScan scan, FolderUpdate update) =>
        update with { Failures = [.. scan.Unreadable, .. update.Failures], PassedOver = scan.PassedOver }; // a folder's tar files are not read

    private async ValueTask<FolderUpdate> Update(
        IReadOnlyCollection<string> pictures, IReadOnlyCollection<string> folders, FolderUpdateOptions? options,
        IProgress<FolderProgress>? progress, CancellationToken cancellationToken, bool isAsync)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        ArgumentNullException.ThrowIfNull(folders);
        try
        {
            using EmbeddingIndexWriter writer = _clip is null
                ? EmbeddingIndexWriter.Open(Index.Path!)
                : EmbeddingIndexWriter.OpenOrCreate(Index.Path!, _clip.Space);
            FolderUpdater updater = new(_clip, writer, _keys, progress, cancellationToken);
            return await updater.Run(pictures, folders, options ?? new(), isAsync).ConfigureAwait(false);
        }
        finally
        {
            Index.Refresh();
        }
    }
}

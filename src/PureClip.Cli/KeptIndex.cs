using System.Text;
using PureClip.Cli.Arguments;
using PureClip.Cli.Output;
using PureClip.Search;

namespace PureClip.Cli;

/// <summary>
/// The index that a search of a folder keeps without being asked. It is the nearest one that knows the folder: <c>pureclip.index</c> in the
/// folder or above it, as <c>pureclip index</c> makes it, then one that an earlier search has kept of the folder or of one above; else a
/// new one among the user's caches, so that nothing is written beside the pictures. Those in the caches hold exact numbers, and
/// each model and set of rules has its own.
/// </summary>
internal sealed class KeptIndex : IDisposable
{
    private const int LettersOfHash = 12;

    private readonly FolderIndex _index;
    private readonly Dictionary<string, string> _spelled = []; // the paths as the user named them, by key

    private readonly Clip _clip;

    private KeptIndex(FolderIndex index, Clip clip, bool isNew) => (_index, _clip, IsNew) = (index, clip, isNew);

    /// <summary>Whether it was made now.</summary>
    public bool IsNew { get; }

    /// <summary>Its folder.</summary>
    public string Path => _index.Index.Path!;

    /// <summary>How many of the folder's pictures can be searched.</summary>
    public int Count { get; private set; }

    /// <summary>How many pictures were computed to bring it up to date.</summary>
    public int Computed { get; private set; }

    /// <summary>Opens the index of a folder and brings it up to date; null where none can be kept.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="pictures">Its pictures that are to be searched.</param>
    /// <param name="clip">The model.</param>
    /// <param name="caches">Where new ones are made; null for nowhere.</param>
    /// <param name="shell">Told of pictures that cannot be read.</param>
    public static KeptIndex? Of(string folder, IReadOnlyCollection<string> pictures, Clip clip, string? caches, Shell shell)
    {
        KeptIndex? kept = Open(folder, clip, caches, shell);
        if (kept is null)
            return null;
        try
        {
            kept.Take(folder, pictures, shell);
            return kept;
        }
        catch
        {
            kept.Dispose();
            throw;
        }
    }

    /// <summary>The folder's pictures that fit best.</summary>
    public IEnumerable<(string Path, float Score)> Search(float[] query, int top, float least, CancellationToken cancellation)
    {
        SearchOptions options = new() { Top = top, MinimumScore = least, Filter = IsWanted };
        return _index.Index.Search(query, options, cancellation).Select(hit => (_spelled[hit.Key], hit.Score));
    }

    /// <summary>The vectors; disposed with this.</summary>
    public EmbeddingIndex Index => _index.Index;

    /// <summary>The entries of the folder's pictures, ascending.</summary>
    public int[] Entries => [.. Enumerable.Range(0, _index.Index.Count).Where(IsWanted)];

    /// <summary>A picture's path, as the user named it.</summary>
    public string PathOf(int entry) => _spelled[_index.Index.KeyOf(entry)];

    /// <inheritdoc/>
    public void Dispose() => _index.Dispose();

    private bool IsWanted(int entry) => _spelled.ContainsKey(_index.Index.KeyOf(entry));

    private static KeptIndex? Open(string folder, Clip clip, string? caches, Shell shell)
    {
        string real = new RealPaths().OfFolder(folder);
        foreach (string above in SelfAndAbove(real))
            if (TryOpen(System.IO.Path.Combine(above, IndexOption.Default), clip) is FolderIndex made)
            {
                if (made.EntriesBelow(folder).Length > 0)
                    return new(made, clip, isNew: false);
                made.Dispose(); // it is of other folders, and is not for this one to be added to
            }
        if (caches is null)
            return null;
        foreach (string above in SelfAndAbove(real))
            if (TryOpen(PlaceOf(above, clip, caches), clip) is FolderIndex cached)
                return new(cached, clip, isNew: false);
        return Create(PlaceOf(real, clip, caches), clip, shell);
    }

    private static IEnumerable<string> SelfAndAbove(string folder)
    {
        for (string? above = folder; above is not null; above = System.IO.Path.GetDirectoryName(above))
            yield return above;
    }

    private static FolderIndex? TryOpen(string path, Clip clip)
    {
        try
        {
            return EmbeddingIndex.Exists(path) ? FolderIndex.OpenOrCreate(path, clip) : null;
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return null; // of another model, by other rules, damaged: whoever names it is told
        }
    }

    private static KeptIndex? Create(string path, Clip clip, Shell shell)
    {
        try
        {
            if (Directory.Exists(path))
                Directory.Delete(path, recursive: true); // damaged, or it would have been opened
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
            return new(FolderIndex.OpenOrCreate(path, clip, VectorType.F32), clip, isNew: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            shell.Note($"{path}: no index can be kept there ({Failures.Describe(e).TrimEnd('.')}); everything is computed anew.");
            return null;
        }
    }

    private static string PlaceOf(string folder, Clip clip, string caches)
    {
        VectorSpace space = clip.Space;
        string hash = $"{ContentHash.Of(Encoding.UTF8.GetBytes($"{folder}\n{space.Fingerprint}\n{space.PictureLine}")):x32}";
        string name = System.IO.Path.GetFileName(folder) is { Length: > 0 } leaf ? leaf : "root";
        return System.IO.Path.Combine(caches, "indexes", $"{name}-{hash[..LettersOfHash]}.index");
    }

    private void Take(string folder, IReadOnlyCollection<string> pictures, Shell shell)
    {
        PictureKeys keys = new(Path);
        RealPaths real = new();
        foreach (string picture in pictures)
            _spelled.TryAdd(keys.KeyOf(picture, real), picture);
        try
        {
            FolderUpdate update = FolderUpdates.Run(_index, _clip, pictures, [folder], new(), shell);
            Computed = update.Added + update.Updated - update.Reused;
            foreach ((string path, Exception reason) in update.Failures)
                PictureArguments.Report(path, reason, shell, mayPassOver: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            shell.Note($"{Path} cannot be brought up to date ({Failures.Describe(e).TrimEnd('.')}); it is searched as it is.");
        }
        Count = Enumerable.Range(0, _index.Index.Count).Count(IsWanted);
        shell.Count(Count);
    }
}

/// <summary>Updates of indexes as commands do them: with progress, and a word where they are interrupted.</summary>
internal static class FolderUpdates
{
    /// <inheritdoc cref="FolderIndex.Update(IReadOnlyCollection{string}, IReadOnlyCollection{string}, FolderUpdateOptions?,
    /// IProgress{FolderProgress}?, CancellationToken)"/>
    /// <param name="index">The index.</param>
    /// <param name="clip">The model; null where no picture is given.</param>
    /// <param name="pictures">Paths of pictures.</param>
    /// <param name="folders">Where they were looked for.</param>
    /// <param name="options">What else is to be done.</param>
    /// <param name="shell">Where progress is shown.</param>
    public static FolderUpdate Run(
        FolderIndex index, Clip? clip, IReadOnlyCollection<string> pictures, IReadOnlyCollection<string> folders,
        FolderUpdateOptions options, Shell shell) =>
        Run(
            () => index.Index.Count, progress => index.Update(pictures, folders, options, progress, shell.Cancellation), clip, pictures,
            shell);

    /// <summary>As the other one, of whatever keeps vectors.</summary>
    /// <param name="count">How many pictures it has.</param>
    /// <param name="update">Brings it up to date.</param>
    /// <param name="clip">The model; null where no picture is given.</param>
    /// <param name="pictures">Paths of pictures.</param>
    /// <param name="shell">Where progress is shown.</param>
    public static FolderUpdate Run(
        Func<int> count, Func<IProgress<FolderProgress>, FolderUpdate> update, Clip? clip, IReadOnlyCollection<string> pictures,
        Shell shell)
    {
        // What it is for, a model says before the first of many pictures; where none is new it was said when they were.
        if (clip is not null && count() < pictures.Count)
            PhotographNotice.Give(clip, [.. pictures.Where(static path => !TarMember.IsTar(path))], shell);
        ProgressLine? line = null; // how much there is to do is told with the first step
        try
        {
            DirectProgress<FolderProgress> progress = new(step =>
            {
                line ??= shell.StartProgress(step.Total, "pictures", streams: false);
                line.Report(step.Done);
            });
            return update(progress);
        }
        catch (OperationCanceledException)
        {
            shell.Note($"{count()} pictures are in the index; the same command goes on from there.");
            throw;
        }
        finally
        {
            line?.Dispose();
        }
    }
}

using System.Security.Cryptography;
using PureClip.Files;

namespace PureClip.Convert.Output;

/// <summary>
/// A directory that appears when it is complete: written under another name beside its place and renamed by <see cref="Commit"/>.
/// Nothing else is ever written, and an existing one stays as it is until its successor is there.
/// </summary>
internal sealed class OutputDirectory : IDisposable
{
    private readonly string _target;
    private readonly string _temporary;

    /// <param name="target">Where the directory is to appear.</param>
    /// <param name="force">Whether an existing model directory may be replaced.</param>
    /// <param name="input">The input, which must not lie in what would be replaced.</param>
    /// <exception cref="IOException">Something is there already, or nothing can be written there.</exception>
    public OutputDirectory(string target, bool force, string input)
    {
        _target = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(target));
        string? parent = System.IO.Path.GetDirectoryName(_target);
        if (parent is null || !Directory.Exists(parent))
            throw new IOException($"{target} cannot be written: its folder does not exist. Create it first.");
        RequirePlace(target, force, input);
        _temporary = Beside("tmp");
        try
        {
            Directory.CreateDirectory(_temporary);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"{target} cannot be written: there is no permission.", e);
        }
    }

    /// <summary>Where to write meanwhile.</summary>
    public string Path => _temporary;

    /// <summary>Whether a path lies in the directory that is to appear.</summary>
    public bool Holds(string path) =>
        System.IO.Path.GetFullPath(path).StartsWith(_target + System.IO.Path.DirectorySeparatorChar, StringComparison.Ordinal);

    /// <summary>Where to write meanwhile what is to appear at a path: within <see cref="Path"/> if the directory holds it, else there.</summary>
    public string PlaceOf(string path) =>
        Holds(path) ? System.IO.Path.Join(_temporary, System.IO.Path.GetFullPath(path).AsSpan(_target.Length)) : path;

    /// <summary>Makes the directory appear.</summary>
    public void Commit()
    {
        if (!Directory.Exists(_target))
        {
            Directory.Move(_temporary, _target);
            return;
        }
        string old = Beside("old");
        Directory.Move(_target, old);
        try
        {
            Directory.Move(_temporary, _target);
        }
        catch
        {
            Directory.Move(old, _target);
            throw;
        }
        Directory.Delete(old, recursive: true);
    }

    /// <summary>Removes what was written unless it was committed.</summary>
    public void Dispose()
    {
        if (Directory.Exists(_temporary))
            Directory.Delete(_temporary, recursive: true);
    }

    private void RequirePlace(string target, bool force, string input)
    {
        if (File.Exists(_target))
            throw new IOException($"{target} is a file. Give the name of a directory to write.");
        if (!Directory.Exists(_target))
            return;
        if (!force)
            throw new IOException($"{target} exists. Choose another name, or replace it with --force.");
        bool isModel = File.Exists(System.IO.Path.Combine(_target, "config.json")) || !Directory.EnumerateFileSystemEntries(_target).Any();
        if (!isModel)
            throw new IOException($"{target} exists and is no model directory (it has no config.json), so that --force does not replace it.");
        if (Holds(input) || System.IO.Path.GetFullPath(input) == _target)
            throw new IOException($"{target} holds the input {input} itself and is not replaced. Choose another name.");
    }

    private string Beside(string ending) => System.IO.Path.Combine(
        System.IO.Path.GetDirectoryName(_target)!, $".{System.IO.Path.GetFileName(_target)}.{System.IO.Path.GetRandomFileName()}.{ending}");
}

/// <summary>A file that was converted.</summary>
/// <param name="Name">Its name without the directory.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">Of all its bytes, in small letters.</param>
internal sealed record SourceFile(string Name, long Bytes, string Sha256)
{
    private const int BytesPerStep = 16 << 20;

    /// <summary>Hashes a file.</summary>
    /// <exception cref="OperationCanceledException">The user interrupted.</exception>
    public static SourceFile Of(Lease file, CancellationToken cancellation)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (long done = 0; done < file.Length; done += BytesPerStep)
        {
            cancellation.ThrowIfCancellationRequested();
            hash.AppendData(file.Span(done, (int)Math.Min(BytesPerStep, file.Length - done)));
        }
        return new SourceFile(Path.GetFileName(file.Path), file.Length, System.Convert.ToHexStringLower(hash.GetHashAndReset()));
    }
}

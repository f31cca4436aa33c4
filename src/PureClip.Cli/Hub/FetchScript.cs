using PureClip.Convert;

namespace PureClip.Cli.Hub;

/// <summary>
/// What would be fetched, as a script that a shell runs: with curl and sha256sum alone, on a machine that may use the network.
/// </summary>
internal static class FetchScript
{
    /// <summary>Writes the script.</summary>
    public static void Write(TextWriter output, string name, HubListing listing, ModelFiles files, Uri endpoint)
    {
        string folder = listing.Repository[(listing.Repository.LastIndexOf('/') + 1)..];
        output.Write($"# {name}: {listing.Repository} at {listing.Commit}\n");
        string count = files.Files.Count == 1 ? "1 file" : $"{files.Files.Count} files";
        output.Write(FormattableString.Invariant($"# {count}, {files.Bytes / 1e6:0.0} MB, licence: {listing.Licence ?? "none stated"}\n"));
        output.Write($"set -e\nmkdir -p {folder} && cd {folder}\n");
        foreach (HubFile file in files.Files)
            output.Write($"curl -fL -C - --create-dirs -o {Quoted(file.Path)} "
                + $"{Quoted(HubAddress.File(endpoint, listing.Repository, listing.Commit, file.Path).AbsoluteUri)}\n");
        HubFile[] summed = [.. files.Files.Where(file => file.Sha256 is not null)];
        if (summed.Length > 0)
            output.Write($"sha256sum -c <<'SUMS'\n{string.Concat(summed.Select(file => $"{file.Sha256}  {file.Path}\n"))}SUMS\n");
        output.Write(files.IsConverted
            ? $"# then: pureclip convert {folder} {folder}-converted, and use --model {folder}-converted\n"
            : $"# then: use it with --model {folder}\n");
        output.Flush();
    }

    /// <summary>What the models table knows of a model, where its repository cannot be asked; null where that is not enough.</summary>
    public static (HubListing Listing, ModelFiles Files)? OfTable(string repository)
    {
        if (PublishedModels.Find(repository) is not PublishedModel model || model.Weights.Any(c => c is '*' or ';' or ','))
            return null;
        string[] weights = model.Weights.Split(' ');
        if (weights.Contains("or"))
            return null;
        HubFile Of(string path) => new(path, weights.Length == 1 && path == weights[0] ? model.Bytes : null,
            weights.Length == 1 && path == weights[0] ? model.Sha256 : null, null);
        HubFile[] files = [.. model.Files.Concat(weights).Select(Of)];
        return (new(repository, model.Commit ?? "main", model.Licence, files), new(files, model.IsConverted));
    }

    private static string Quoted(string text) => text.All(c => char.IsAsciiLetterOrDigit(c) || "/._-:%".Contains(c)) ? text : $"'{text}'";
}

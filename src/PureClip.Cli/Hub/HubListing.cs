using System.Text.Json;

namespace PureClip.Cli.Hub;

/// <summary>A file of a repository.</summary>
/// <param name="Path">Its path there, '/' between folders; one that <see cref="HubAddress.IsSafePath"/> allows.</param>
/// <param name="Bytes">Its size; null where the listing does not say it.</param>
/// <param name="Sha256">Its sum; null for small files, which lie in git.</param>
/// <param name="GitId">Its name in git: SHA-1 of "blob ", its size, a zero byte and its content; null where it is not said.</param>
internal sealed record HubFile(string Path, long? Bytes, string? Sha256, string? GitId)
{
    /// <summary>What its content is known by; null where nothing says it.</summary>
    public string? Sum => Sha256 ?? GitId;
}

/// <summary>What a repository is and holds, at one commit.</summary>
/// <param name="Repository">OWNER/NAME.</param>
/// <param name="Commit">The commit.</param>
/// <param name="Licence">As the repository states it; null where it does not.</param>
/// <param name="Files">All files.</param>
internal sealed record HubListing(string Repository, string Commit, string? Licence, IReadOnlyList<HubFile> Files)
{
    private const string LicenceTag = "license:";

    /// <summary>The file of a path; null where there is none.</summary>
    public HubFile? Find(string path) => Files.FirstOrDefault(file => file.Path == path);

    /// <summary>Reads what the hub answers to <see cref="HubAddress.Facts"/>.</summary>
    /// <exception cref="HubException">It is something else, or names a file that may not be one here.</exception>
    public static HubListing Read(string repository, JsonElement answer)
    {
        try
        {
            if (answer.TryGetProperty("disabled", out JsonElement disabled) && disabled.ValueKind == JsonValueKind.True)
                throw new HubException($"{repository}: access to this model is disabled; it was taken down.");
            string commit = answer.GetProperty("sha").GetString()!;
            if (!IsHex(commit, 40))
                throw new HubException($"{repository}: the hub names the commit '{commit}', which is none.");
            HubFile[] files = [.. answer.GetProperty("siblings").EnumerateArray().Select(file => FileOf(repository, file))];
            return new(repository, commit, LicenceOf(answer), files);
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or FormatException or NullReferenceException)
        {
            throw new HubException($"{repository}: what was answered is no description of a model ({e.Message})", e);
        }
    }

    /// <summary>Whether a text is a number of so many hexadecimal digits.</summary>
    public static bool IsHex(string? text, int digits) => text?.Length == digits && text.All(char.IsAsciiHexDigitLower);

    private static HubFile FileOf(string repository, JsonElement file)
    {
        string path = file.GetProperty("rfilename").GetString()!;
        if (!HubAddress.IsSafePath(path))
            throw new HubException($"{repository}: the name '{path}' of one of its files could lead outside of the model's folder. "
                + "Nothing of it is fetched.");
        string? Text(JsonElement element, string name) =>
            element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        bool isLarge = file.TryGetProperty("lfs", out JsonElement lfs) && lfs.ValueKind == JsonValueKind.Object;
        long? bytes = file.TryGetProperty("size", out JsonElement size) && size.ValueKind == JsonValueKind.Number ? size.GetInt64() : null;
        string? sha256 = isLarge ? Text(lfs, "sha256") : null, gitId = isLarge ? null : Text(file, "blobId");
        return new(path, bytes, IsHex(sha256, 64) ? sha256 : null, IsHex(gitId, 40) ? gitId : null);
    }

    private static string? LicenceOf(JsonElement answer)
    {
        if (answer.TryGetProperty("cardData", out JsonElement card) && card.ValueKind == JsonValueKind.Object
            && card.TryGetProperty("license", out JsonElement licence) && licence.ValueKind == JsonValueKind.String)
            return licence.GetString();
        return answer.TryGetProperty("tags", out JsonElement tags) && tags.ValueKind == JsonValueKind.Array
            ? tags.EnumerateArray().Select(tag => tag.GetString() ?? "")
                .FirstOrDefault(tag => tag.StartsWith(LicenceTag, StringComparison.Ordinal))?[LicenceTag.Length..]
            : null;
    }
}

using PureClip.Convert.Torch.Pickle;
using PureClip.Files;

namespace PureClip.Convert.Torch;

/// <summary>
/// The zip containers of torch: what torch.save writes since 1.6, and TorchScript archives as OpenAI publishes them
/// (caffe2/serialize/inline_container). Members lie below one root directory of any name.
/// </summary>
internal static class TorchArchive
{
    private const string PickleName = "/data.pkl";

    /// <summary>Opens an archive.</summary>
    /// <param name="file">The file; owned by the result, or by the caller where this fails.</param>
    /// <param name="select">What of the pickle is a state dict; null for what training programs keep one under.</param>
    /// <exception cref="InvalidDataException">The archive or its pickle breaks a rule, or has no state dict.</exception>
    public static SourceCheckpoint Open(Lease file, Func<object?, object?>? select = null)
    {
        ZipDirectory zip = ZipDirectory.Read(file);
        string root = FindRoot(zip, file.Path);
        bool script = zip.TryGet($"{root}/constants.pkl", out _);
        ZipEntry pickle = zip.RequireStored(root + PickleName);
        if (pickle.Length > PickleLimits.Bytes)
            Problem.InvalidData($"{file.Path}: '{pickle.Name}' has {pickle.Length} bytes; at most {PickleLimits.Bytes} are allowed.");
        object? value = Unpickler.Read(file.Span(pickle.DataOffset, (int)pickle.Length)).Value;
        value = select is null ? value : select(value);
        bool bigEndian = ReadText(zip, file, $"{root}/byteorder") is string order && IsBigEndian(order, file.Path);
        SourceCheckpoint checkpoint = TorchCheckpoint.Create(
            script ? "TorchScript archive" : "torch.save zip archive", file, value, storage => Locate(zip, root, storage), bigEndian);
        checkpoint.Metadata.Add(new("archive root", root));
        if (ReadText(zip, file, $"{root}/version") is string version)
            checkpoint.Metadata.Add(new("archive version", version));
        checkpoint.Metadata.Add(new("byte order", bigEndian ? "big" : "little"));
        return checkpoint;
    }

    /// <summary>True where an archive's members are numpy arrays.</summary>
    public static bool IsNumpy(Lease file) =>
        ZipDirectory.Read(file).Entries.Any(static e => e.Name.EndsWith(".npy", StringComparison.Ordinal));

    private static string FindRoot(ZipDirectory zip, string path)
    {
        List<string> roots = [.. zip.Entries
            .Where(static e => e.Name.EndsWith(PickleName, StringComparison.Ordinal)
                && e.Name.IndexOf('/') == e.Name.Length - PickleName.Length)
            .Select(static e => e.Name[..^PickleName.Length])];
        return roots.Count == 1
            ? roots[0]
            : Problem.InvalidData<string>($"{path} is a zip archive with {roots.Count} members ROOT/data.pkl; a torch archive has one.");
    }

    private static TorchStorageRange Locate(ZipDirectory zip, string root, TorchStorage storage)
    {
        ZipEntry entry = zip.RequireStored($"{root}/data/{storage.Key}");
        return new TorchStorageRange(entry.DataOffset, entry.Length);
    }

    private static bool IsBigEndian(string order, string path) => order switch
    {
        "little" => false,
        "big" => true,
        _ => Problem.InvalidData<bool>($"{path}: the byte order '{order}' is neither 'little' nor 'big'."),
    };

    /// <summary>A member of a few characters, or null where there is none.</summary>
    private static string? ReadText(ZipDirectory zip, Lease file, string name)
    {
        if (!zip.TryGet(name, out ZipEntry entry) || !entry.IsStored)
            return null;
        int length = (int)Math.Min(entry.Length, 64);
        return System.Text.Encoding.UTF8.GetString(file.Span(entry.DataOffset, length)).Trim();
    }
}

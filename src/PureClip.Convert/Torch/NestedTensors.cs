using PureClip.Convert.Torch.Pickle;
using PureClip.Files;

namespace PureClip.Convert.Torch;

/// <summary>
/// Tensors of a torch file wherever they stand in its dicts and lists, named by the way to them: <c>string_to_param.*</c>. Files of textual
/// inversion are such; a checkpoint is read by <see cref="StateDict"/>.
/// </summary>
internal static class NestedTensors
{
    // Deeper than any file of this kind, and the end of what contains itself.
    private const int MostLevels = 8, MostItems = 10_000;

    /// <summary>Opens a file that torch.save wrote.</summary>
    /// <exception cref="InvalidDataException">It is none, damaged, or holds no tensor.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static SourceCheckpoint Open(string path)
    {
        Lease file = Lease.Open(path);
        try
        {
            return ContainerSniffer.Sniff(file) switch
            {
                ContainerKind.TorchArchive => TorchArchive.Open(file, Flatten),
                ContainerKind.TorchStream => LegacyTorchStream.Open(file, Flatten),
                _ => Problem.InvalidData<SourceCheckpoint>($"{path} is no file that torch.save wrote."),
            };
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static PickleDictionary Flatten(object? root)
    {
        PickleDictionary flat = new();
        Add("", root, 0, flat);
        return flat;
    }

    private static void Add(string name, object? value, int level, PickleDictionary flat)
    {
        if (level > MostLevels || flat.Items.Count > MostItems)
            Problem.InvalidData(
                $"The file has tensors in more than {MostLevels} dicts inside one another, or more than {MostItems} of them.");
        switch (value)
        {
            case TorchTensor:
                flat.Set(name, value);
                break;
            case PickleDictionary dictionary:
                AddAll(name, dictionary, level, flat);
                break;
            case PickleList list:
                for (int i = 0; i < list.Items.Count; i++)
                    Add(Join(name, $"{i}"), list.Items[i], level + 1, flat);
                break;
            case PickleObject other: // torch's own ParameterDict keeps its tensors in a dict of its attributes
                if (other.Items is PickleDictionary items)
                    AddAll(name, items, level, flat);
                if (other.State is PickleDictionary state && state.TryGet("_parameters", out object? parameters))
                    Add(name, parameters, level + 1, flat);
                break;
        }
    }

    private static void AddAll(string name, PickleDictionary dictionary, int level, PickleDictionary flat)
    {
        foreach ((object? key, object? value) in dictionary.Items)
            if (key is string child)
                Add(Join(name, child), value, level + 1, flat);
    }

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";
}

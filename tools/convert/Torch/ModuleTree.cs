using PureClip.Convert.Torch.Pickle;

namespace PureClip.Convert.Torch;

/// <summary>
/// A pickled module as a state dict: attributes joined by dots, tensors kept. Both forms occur: TorchScript objects, whose attributes
/// are tensors and modules directly, and whole nn.Module objects with <c>_parameters</c>, <c>_buffers</c> and <c>_modules</c>.
/// </summary>
internal static class ModuleTree
{
    /// <summary>Modules of one tree; ViT-bigG has under two thousand. Also ends a walk through objects that contain themselves.</summary>
    private const int MaxModules = 100_000;

    /// <summary>Attributes of all modules, counted again for each place where a module is used.</summary>
    private const int MaxAttributes = 1_000_000;

    /// <summary>All tensors of a module and the modules below it, depth first in the order of the attributes.</summary>
    /// <exception cref="InvalidDataException">The tree has too many modules or too long names, as one with a cycle has.</exception>
    public static List<KeyValuePair<string, TorchTensor>> Tensors(PickleObject root)
    {
        List<KeyValuePair<string, TorchTensor>> tensors = [];
        Stack<(string Prefix, PickleObject Module)> open = new([("", root)]);
        int modules = 0, attributes = 0;
        while (open.TryPop(out (string Prefix, PickleObject Module) next))
        {
            if (++modules > MaxModules)
                Throw.InvalidData($"The model is a tree of more than {MaxModules} modules.");
            List<(string Prefix, PickleObject Module)> children = [];
            foreach ((string name, object? value) in Attributes(next.Module))
            {
                if (++attributes > MaxAttributes)
                    Throw.InvalidData($"The modules of the model have more than {MaxAttributes} attributes.");
                if (value is TorchTensor tensor)
                    tensors.Add(new KeyValuePair<string, TorchTensor>(Join(next.Prefix, name), tensor));
                else if (value is PickleObject { State: PickleDictionary } child)
                    children.Add((Join(next.Prefix, name) + ".", child));
            }
            for (int i = children.Count - 1; i >= 0; i--)
                open.Push(children[i]);
        }
        return tensors;
    }

    private static IEnumerable<(string Name, object? Value)> Attributes(PickleObject module)
    {
        if (module.State is not PickleDictionary state)
            return [];
        return state.TryGet("_modules", out object? modules) && modules is PickleDictionary
            ? Named("_parameters", state).Concat(Named("_buffers", state)).Concat(Named("_modules", state))
            : Named(state);
    }

    private static IEnumerable<(string Name, object? Value)> Named(string key, PickleDictionary state) =>
        state.TryGet(key, out object? value) && value is PickleDictionary items ? Named(items) : [];

    private static IEnumerable<(string Name, object? Value)> Named(PickleDictionary items) =>
        items.Items.Where(static p => p.Key is string).Select(static p => ((string)p.Key!, p.Value));

    private static string Join(string prefix, string name)
    {
        if (prefix.Length + name.Length > PickleLimits.NameLength)
            Throw.InvalidData($"A name in the model has more than {PickleLimits.NameLength} characters; the model may contain itself.");
        return prefix + name;
    }
}

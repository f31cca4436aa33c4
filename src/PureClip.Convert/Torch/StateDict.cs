using PureClip.Convert.Torch.Pickle;
using PureClip.Files;

namespace PureClip.Convert.Torch;

/// <summary>Names and tensors of a model, found in whatever was given to torch.save.</summary>
internal sealed class StateDict
{
    /// <summary>Wrappers inside wrappers; the deepest seen has two.</summary>
    private const int MaxWrappers = 8;

    /// <summary>Keys under which training programs keep the state dict, by how surely they mean it.</summary>
    private static readonly string[] Wrappers =
        ["state_dict", "model_state_dict", "model", "module", "ema", "model_ema", "ema_state_dict", "state_dict_ema", "params_ema",
            "params"];

    /// <summary>What DistributedDataParallel and torch.compile put before every name.</summary>
    private static readonly string[] Prefixes = ["module.", "_orig_mod."];

    private StateDict(List<KeyValuePair<string, TorchTensor>> tensors, List<string> notes)
    {
        Tensors = tensors;
        Notes = notes;
    }

    public List<KeyValuePair<string, TorchTensor>> Tensors { get; private set; }

    /// <summary>What was left out.</summary>
    public List<string> Notes { get; }

    /// <summary>Finds the state dict.</summary>
    /// <param name="root">The value of the pickle.</param>
    /// <param name="path">The file, for messages.</param>
    /// <exception cref="InvalidDataException">There are no tensors, or a name is over the limit.</exception>
    public static StateDict Select(object? root, string path)
    {
        List<string> notes = [];
        object? value = Unwrap(root, notes);
        StateDict state = value is PickleObject { Items: null } module
            ? new StateDict(ModuleTree.Tensors(module), notes)
            : FromDictionary(AsDictionary(value), notes);
        if (state.Tensors.Count == 0)
            Problem.InvalidData($"{path} holds no tensors where a state dict should be: it is {Describe(value)}.{Hint(value)}");
        foreach (string prefix in Prefixes)
            state.StripPrefix(prefix);
        return state;
    }

    private static object? Unwrap(object? root, List<string> notes)
    {
        object? value = root;
        for (int i = 0; i < MaxWrappers; i++)
        {
            if (AsDictionary(value) is not PickleDictionary dictionary || FindWrapper(dictionary) is not string wrapper)
                return value;
            List<string> others = [.. dictionary.Items.Select(static p => p.Key as string ?? "?").Where(k => k != wrapper).Take(20)];
            if (others.Count > 0)
                notes.Add($"Taken from '{wrapper}'; left out beside it: {string.Join(", ", others)}.");
            dictionary.TryGet(wrapper, out value);
        }
        return Problem.InvalidData<object?>($"The checkpoint has more than {MaxWrappers} dicts inside one another before its tensors.");
    }

    private static string? FindWrapper(PickleDictionary dictionary)
    {
        foreach (string wrapper in Wrappers)
            if (dictionary.TryGet(wrapper, out object? value)
                && value is PickleDictionary or PickleObject { Items: not null } or PickleObject { State: PickleDictionary })
                return wrapper;
        return null;
    }

    /// <summary>Where tensors are, where it is not known under which key they are the model's.</summary>
    private static string Hint(object? value)
    {
        string[] keys =
        [
            .. (AsDictionary(value)?.Items ?? [])
                .Where(static item =>
                    item.Key is string && AsDictionary(item.Value)?.Items.Any(static inner => inner.Value is TorchTensor) == true)
                .Select(static item => Problem.Quote((string)item.Key!)).Take(20),
        ];
        return keys.Length == 0
            ? ""
            : $" Tensors are under {string.Join(" and ", keys)}: save the one that is the model by itself (torch.save of that item) and " +
                "convert that file.";
    }

    private static PickleDictionary? AsDictionary(object? value) => value switch
    {
        PickleDictionary dictionary => dictionary,
        PickleObject unknown => unknown.Items,
        _ => null,
    };

    private static StateDict FromDictionary(PickleDictionary? dictionary, List<string> notes)
    {
        List<KeyValuePair<string, TorchTensor>> tensors = [];
        foreach ((object? key, object? value) in dictionary?.Items ?? [])
        {
            if (key is string { Length: > PickleLimits.NameLength })
                Problem.InvalidData($"A tensor's name has more than {PickleLimits.NameLength} characters.");
            if (key is string name && value is TorchTensor tensor)
                tensors.Add(new KeyValuePair<string, TorchTensor>(name, tensor));
            else if (notes.Count < 100)
                notes.Add($"'{key as string ?? "?"}' was left out: it is {Describe(value)}.");
        }
        return new StateDict(tensors, notes);
    }

    /// <summary>As open_clip does: when the first name has the prefix, it comes off every name that has it.</summary>
    private void StripPrefix(string prefix)
    {
        if (!Tensors[0].Key.StartsWith(prefix, StringComparison.Ordinal))
            return;
        Tensors = [.. Tensors.Select(pair => pair.Key.StartsWith(prefix, StringComparison.Ordinal)
            ? new KeyValuePair<string, TorchTensor>(pair.Key[prefix.Length..], pair.Value)
            : pair)];
        Notes.Add($"The prefix '{prefix}' was taken off the names.");
    }

    private static string Describe(object? value) => value switch
    {
        null => "None",
        PickleDictionary dictionary => $"a dict of {dictionary.Items.Count} items",
        PickleObject { Class: PickleGlobal cls } => $"an object of {cls.FullName}, which is not built",
        PickleObject => "an object, which is not built",
        PickleList or PickleTuple => "a list or tuple",
        PickleGlobal global => $"the name {global.FullName}",
        TorchTensor => "a single tensor",
        string => "a string",
        _ => "a number or bytes",
    };
}

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
                Problem.InvalidData($"The model is a tree of more than {MaxModules} modules.");
            List<(string Prefix, PickleObject Module)> children = [];
            foreach ((string name, object? value) in Attributes(next.Module))
            {
                if (++attributes > MaxAttributes)
                    Problem.InvalidData($"The modules of the model have more than {MaxAttributes} attributes.");
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
            Problem.InvalidData($"A name in the model has more than {PickleLimits.NameLength} characters; the model may contain itself.");
        return prefix + name;
    }
}

using System.Numerics;

namespace PureClip.Convert.Torch.Pickle;

/// <summary>One pickle, read.</summary>
/// <param name="Value">What it stands for.</param>
/// <param name="Length">Bytes it takes.</param>
/// <param name="Storages">Every storage it names, in order, with repetitions.</param>
internal sealed record Pickled(object? Value, int Length, IReadOnlyList<TorchStorage> Storages);

/// <summary>A Python list or set.</summary>
internal sealed class PickleList
{
    public List<object?> Items { get; } = [];
}

/// <summary>A Python tuple. No record: equality of values would recurse, and pickles can contain themselves.</summary>
internal sealed class PickleTuple(object?[] items)
{
    public object?[] Items { get; } = items;
}

/// <summary>
/// A Python dict or OrderedDict in insertion order; where a string key comes twice, the later value stands, as in Python.
/// </summary>
internal sealed class PickleDictionary
{
    private Dictionary<string, int>? _index; // empty dicts are many and stay small

    /// <summary>All pairs, in the order in which the keys were first set.</summary>
    public List<KeyValuePair<object?, object?>> Items { get; } = [];

    public void Set(object? key, object? value)
    {
        if (key is string name && _index is not null && _index.TryGetValue(name, out int at))
        {
            Items[at] = new KeyValuePair<object?, object?>(key, value);
            return;
        }
        if (key is string added)
            (_index ??= new(StringComparer.Ordinal)).Add(added, Items.Count);
        Items.Add(new KeyValuePair<object?, object?>(key, value));
    }

    public bool TryGet(string key, out object? value)
    {
        value = null;
        if (_index is null || !_index.TryGetValue(key, out int at))
            return false;
        value = Items[at].Value;
        return true;
    }
}

/// <summary>An inert stand-in for an object that Python would have built by calling or instantiating something.</summary>
/// <param name="cls">What would have been called, where it is known.</param>
internal sealed class PickleObject(PickleGlobal? cls)
{
    public PickleGlobal? Class { get; } = cls;

    /// <summary>What BUILD gave it: for a module its attributes.</summary>
    public object? State { get; set; }

    /// <summary>What SETITEMS gave it, where its class is some dict; null where nothing was.</summary>
    public PickleDictionary? Items { get; set; }
}

/// <summary>A name that would be imported by Python. Here it is a name and nothing else.</summary>
internal sealed record PickleGlobal(string Module, string Name)
{
    public string FullName => $"{Module}.{Name}";
}

/// <summary>An integer beyond 64 bits.</summary>
internal sealed record PickleBigInteger(BigInteger Value);

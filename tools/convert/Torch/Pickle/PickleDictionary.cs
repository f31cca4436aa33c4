namespace PureClip.Convert.Torch.Pickle;

/// <summary>A Python dict or OrderedDict in insertion order; where a string key comes twice, the later value stands, as in Python.</summary>
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

namespace PureClip.Convert.Torch.Pickle;

/// <summary>A Python dict or OrderedDict in insertion order; where a string key comes twice, the later value stands, as in Python.</summary>
internal sealed class PickleDictionary
{
    private readonly Dictionary<string, int> _index = new(StringComparer.Ordinal);

    /// <summary>All pairs, in the order in which the keys were first set.</summary>
    public List<KeyValuePair<object?, object?>> Items { get; } = [];

    public void Set(object? key, object? value)
    {
        if (key is string name && _index.TryGetValue(name, out int at))
        {
            Items[at] = new KeyValuePair<object?, object?>(key, value);
            return;
        }
        if (key is string added)
            _index.Add(added, Items.Count);
        Items.Add(new KeyValuePair<object?, object?>(key, value));
    }

    public bool TryGet(string key, out object? value)
    {
        bool found = _index.TryGetValue(key, out int at);
        value = found ? Items[at].Value : null;
        return found;
    }
}

using PureClip.Convert.Tensors;
using PureClip.Convert.Torch.Pickle;
using PureClip.Files;

namespace PureClip.Convert.Torch;

/// <summary>
/// The globals of a checkpoint's pickle that mean something here: tensors, storages and dicts. Every other call gives an inert object,
/// so that checkpoints full of optimisers, arguments and numpy scalars load without any of their code.
/// </summary>
internal static class TorchGlobals
{
    /// <summary>What calling <paramref name="function"/> gives: a tensor, a dict, or an inert object.</summary>
    /// <exception cref="InvalidDataException">A tensor's arguments are not what torch writes.</exception>
    public static object? Call(object? function, object?[] arguments)
    {
        if (function is not PickleGlobal global)
            return new PickleObject(null);
        return global.FullName switch
        {
            "torch._utils._rebuild_tensor" => RebuildTensor(arguments, null),
            "torch._utils._rebuild_tensor_v2" => RebuildTensor(arguments, null),
            "torch._utils._rebuild_tensor_v3" => RebuildTensor(arguments, arguments.ElementAtOrDefault(6) as PickleGlobal),
            "torch._utils._rebuild_parameter" or "torch._utils._rebuild_parameter_with_state" or "torch.nn.parameter.Parameter"
                => arguments.FirstOrDefault() ?? new PickleObject(global),
            "torch._tensor._rebuild_from_type_v2" => RebuildFromType(global, arguments),
            "torch.Size" => arguments.FirstOrDefault() as PickleTuple ?? new PickleTuple([]),
            "collections.OrderedDict" or "collections.Counter" or "__builtin__.dict" or "builtins.dict" => Dictionary(arguments),
            "collections.defaultdict" => new PickleDictionary(),
            _ => new PickleObject(global),
        };
    }

    /// <summary>What a persistent id stands for: a storage, or the class of a legacy 'module' id.</summary>
    /// <exception cref="InvalidDataException">The id is not one that torch writes.</exception>
    public static object? LoadPersistent(object? id)
    {
        object?[] items = id is PickleTuple tuple ? tuple.Items : [];
        switch (items)
        {
            case [string kind, var cls, ..] when kind == "module":
                return cls;
            case [string kind, PickleGlobal type, var key, _, long count, .. var view]
                when kind == "storage" && KeyText(key) is string name:
                if (count < 0 || count > TensorShape.MaxElements)
                    Problem.InvalidData($"Storage '{name}' claims {count} elements; 0 to 2^40 are allowed.");
                return new TorchStorage(name, type.Name, count, ViewOffset(view, name));
            default:
                return Problem.InvalidData<object?>("The pickle has a persistent id that is not a torch storage.");
        }
    }

    private static string? KeyText(object? key) => key switch
    {
        string text when text.Length is > 0 and <= PickleLimits.NameLength => text,
        long number => number.ToString(System.Globalization.CultureInfo.InvariantCulture),
        _ => null,
    };

    /// <summary>The sixth item of a legacy id: None, or (view key, offset, size) in elements.</summary>
    private static long ViewOffset(object?[] view, string key)
    {
        if (view is not [PickleTuple metadata, ..])
            return 0;
        if (metadata.Items is not [_, long offset, long size, ..] || offset < 0 || size < 0 || offset > TensorShape.MaxElements)
            Problem.InvalidData($"Storage '{key}' has a malformed view.");
        else
            return offset;
        return 0;
    }

    private static PickleDictionary Dictionary(object?[] arguments)
    {
        PickleDictionary dictionary = new();
        if (arguments is not [PickleList pairs, ..])
            return dictionary;
        foreach (object? pair in pairs.Items)
        {
            object?[] items = pair switch { PickleTuple tuple => tuple.Items, PickleList list => [.. list.Items.Take(3)], _ => [] };
            if (items.Length != 2)
                Problem.InvalidData("The pickle builds a dict from something that is not pairs.");
            dictionary.Set(items[0], items[1]);
        }
        return dictionary;
    }

    /// <summary>A tensor subclass: (function, type, arguments, state). The class is dropped, the tensor is kept.</summary>
    private static object? RebuildFromType(PickleGlobal global, object?[] arguments)
    {
        if (arguments is not [PickleGlobal function, _, PickleTuple inner, ..] || function.FullName == global.FullName)
            return new PickleObject(global);
        return Call(function, inner.Items);
    }

    private static TorchTensor RebuildTensor(object?[] arguments, PickleGlobal? dtype)
    {
        if (arguments is not [TorchStorage storage, long offset, var size, var stride, ..])
            return Problem.InvalidData<TorchTensor>(
                "The pickle rebuilds a tensor from something that is not (storage, offset, size, stride).");
        long[] shape = Integers(size, storage.Key);
        long[] strides = Integers(stride, storage.Key);
        NumberType? type = dtype is null ? TorchTypes.OfStorage(storage.TypeName) : TorchTypes.OfDtype(dtype.Name);
        return new TorchTensor(storage, type, dtype?.Name ?? storage.TypeName, offset, shape, strides);
    }

    private static long[] Integers(object? value, string key)
    {
        object?[] items = value is PickleTuple tuple ? tuple.Items : [null];
        if (items.Length > TensorShape.MaxRank)
            Problem.InvalidData($"A tensor of storage '{key}' has {items.Length} dimensions; at most {TensorShape.MaxRank} are allowed.");
        long[] integers = new long[items.Length];
        for (int i = 0; i < items.Length; i++)
            integers[i] = items[i] is long number
                ? number
                : Problem.InvalidData<long>($"A tensor of storage '{key}' has a size or stride that is not an integer.");
        return integers;
    }
}

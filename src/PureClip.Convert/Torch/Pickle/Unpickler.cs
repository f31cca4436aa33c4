using PureClip.Files;

namespace PureClip.Convert.Torch.Pickle;

/// <summary>
/// A pickle machine that runs nothing: a global is a name, a call of an unknown one makes an inert <see cref="PickleObject"/>, and the
/// few that mean tensors and dicts go through <see cref="TorchGlobals"/>. One loop, no recursion, everything bounded by
/// <see cref="PickleLimits"/>. Opcodes: Python's pickletools.py, protocols 2 to 5 without the rare ones.
/// </summary>
internal ref struct Unpickler
{
    private readonly List<object?> _stack = [];
    private readonly List<int> _marks = [];
    private readonly Dictionary<uint, object?> _memo = [];
    private readonly List<TorchStorage> _storages = [];
    private PickleReader _reader;

    private Unpickler(ReadOnlySpan<byte> bytes) => _reader = new PickleReader(bytes);

    /// <summary>Reads one pickle.</summary>
    /// <param name="bytes">The pickle, and possibly more after it.</param>
    /// <returns>The value, the bytes that the pickle takes, and every storage that it names.</returns>
    /// <exception cref="InvalidDataException">The pickle is damaged, over a limit, or uses an opcode that is not allowed.</exception>
    public static Pickled Read(ReadOnlySpan<byte> bytes)
    {
        Unpickler machine = new(bytes[..Math.Min(bytes.Length, PickleLimits.Bytes)]);
        return new Pickled(machine.Run(), machine._reader.Position, machine._storages);
    }

    private object? Run()
    {
        for (int steps = 0; steps < PickleLimits.Opcodes; steps++)
        {
            byte opcode = _reader.Byte();
            if (opcode == (byte)PickleOpcode.Stop)
                return Pop();
            if (!PushScalar((PickleOpcode)opcode) && !PushContainer((PickleOpcode)opcode) && !Change((PickleOpcode)opcode))
                Problem.InvalidData(
                    $"The pickle has the opcode 0x{opcode:X2} at offset {_reader.Position - 1}, which no checkpoint needs and which is " +
                    "refused.");
        }
        return Problem.InvalidData<object?>($"The pickle has more than {PickleLimits.Opcodes} opcodes.");
    }

    private bool PushScalar(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.None: Push(null); return true;
            case PickleOpcode.NewTrue: Push(true); return true;
            case PickleOpcode.NewFalse: Push(false); return true;
            case PickleOpcode.BinInt: Push((long)_reader.Int32()); return true;
            case PickleOpcode.BinInt1: Push((long)_reader.Byte()); return true;
            case PickleOpcode.BinInt2: Push((long)_reader.UInt16()); return true;
            case PickleOpcode.Long1: Push(_reader.Integer(_reader.Byte())); return true;
            case PickleOpcode.Long4: Push(_reader.Integer(_reader.UInt32())); return true;
            case PickleOpcode.BinFloat: Push(_reader.Double()); return true;
            case PickleOpcode.ShortBinUnicode: Push(_reader.Utf8(_reader.Byte())); return true;
            case PickleOpcode.BinUnicode: Push(_reader.Utf8(_reader.UInt32())); return true;
            case PickleOpcode.BinUnicode8: Push(_reader.Utf8(_reader.UInt64())); return true;
            case PickleOpcode.ShortBinString: Push(_reader.Latin1(_reader.Byte())); return true;
            case PickleOpcode.BinString: Push(_reader.Latin1(_reader.UInt32())); return true;
            case PickleOpcode.ShortBinBytes: Push(_reader.Bytes(_reader.Byte())); return true;
            case PickleOpcode.BinBytes: Push(_reader.Bytes(_reader.UInt32())); return true;
            case PickleOpcode.BinBytes8: Push(_reader.Bytes(_reader.UInt64())); return true;
            default: return false;
        }
    }

    private bool PushContainer(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.EmptyList or PickleOpcode.EmptySet: Push(new PickleList()); return true;
            case PickleOpcode.EmptyDict: Push(new PickleDictionary()); return true;
            case PickleOpcode.EmptyTuple: Push(new PickleTuple([])); return true;
            case PickleOpcode.Tuple1: Push(new PickleTuple(PopMany(1))); return true;
            case PickleOpcode.Tuple2: Push(new PickleTuple(PopMany(2))); return true;
            case PickleOpcode.Tuple3: Push(new PickleTuple(PopMany(3))); return true;
            case PickleOpcode.Tuple: Push(new PickleTuple(PopToMark())); return true;
            case PickleOpcode.Global: Push(new PickleGlobal(_reader.Line(), _reader.Line())); return true;
            case PickleOpcode.StackGlobal: PushStackGlobal(); return true;
            case PickleOpcode.BinGet: PushMemo(_reader.Byte()); return true;
            case PickleOpcode.LongBinGet: PushMemo(_reader.UInt32()); return true;
            case PickleOpcode.BinPersid: PushPersistent(); return true;
            case PickleOpcode.NewObj or PickleOpcode.Reduce: PushCall(); return true;
            default: return false;
        }
    }

    /// <summary>Opcodes that change what is there instead of adding to it.</summary>
    private bool Change(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.Mark: PushMark(); return true;
            case PickleOpcode.Pop: Discard(); return true;
            case PickleOpcode.PopMark: PopToMark(); return true;
            case PickleOpcode.BinPut: Memoize(_reader.Byte()); return true;
            case PickleOpcode.LongBinPut: Memoize(_reader.UInt32()); return true;
            case PickleOpcode.Memoize: Memoize((uint)_memo.Count); return true;
            case PickleOpcode.Append: Append(PopMany(1)); return true;
            case PickleOpcode.Appends or PickleOpcode.AddItems: Append(PopToMark()); return true;
            case PickleOpcode.SetItem: SetItems(PopMany(2)); return true;
            case PickleOpcode.SetItems: SetItems(PopToMark()); return true;
            case PickleOpcode.Build: Build(); return true;
            case PickleOpcode.Proto: RequireProtocol(_reader.Byte()); return true;
            case PickleOpcode.Frame: _reader.UInt64(); return true;
            default: return false;
        }
    }

    private readonly void Push(object? value)
    {
        if (_stack.Count >= PickleLimits.StackDepth)
            Problem.InvalidData($"The pickle has more than {PickleLimits.StackDepth} values on its stack.");
        _stack.Add(value);
    }

    private readonly int Floor => _marks.Count > 0 ? _marks[^1] : 0;

    private readonly object? Pop() => PopMany(1)[0];

    private readonly object?[] PopMany(int count)
    {
        if (_stack.Count - Floor < count)
            Problem.InvalidData($"The pickle takes {count} values at offset {_reader.Position}, but has {_stack.Count - Floor}.");
        object?[] values = [.. _stack[^count..]];
        _stack.RemoveRange(_stack.Count - count, count);
        return values;
    }

    private readonly object? Peek() =>
        _stack.Count > Floor ? _stack[^1] : Problem.InvalidData<object?>(
            $"The pickle changes a value at offset {_reader.Position}, but has none.");

    private readonly void PushMark()
    {
        if (_marks.Count >= PickleLimits.Marks)
            Problem.InvalidData($"The pickle has more than {PickleLimits.Marks} open marks.");
        _marks.Add(_stack.Count);
    }

    private readonly object?[] PopToMark()
    {
        if (_marks.Count == 0)
            Problem.InvalidData($"The pickle closes a mark at offset {_reader.Position}, but none is open.");
        object?[] values = PopMany(_stack.Count - _marks[^1]);
        _marks.RemoveAt(_marks.Count - 1);
        return values;
    }

    private readonly void Discard()
    {
        if (_marks.Count > 0 && _stack.Count == _marks[^1])
            _marks.RemoveAt(_marks.Count - 1);
        else
            Pop();
    }

    private readonly void Memoize(uint slot)
    {
        if (_memo.Count >= PickleLimits.MemoSlots)
            Problem.InvalidData($"The pickle uses more than {PickleLimits.MemoSlots} memo slots.");
        _memo[slot] = Peek();
    }

    private readonly void PushMemo(uint slot)
    {
        if (!_memo.TryGetValue(slot, out object? value))
            Problem.InvalidData($"The pickle reads memo slot {slot} at offset {_reader.Position}, which was never written.");
        Push(value);
    }

    private readonly void PushStackGlobal()
    {
        object?[] names = PopMany(2);
        if (names is not [string module, string name] || Math.Max(module.Length, name.Length) > PickleLimits.NameLength)
            Problem.InvalidData($"The pickle names a global at offset {_reader.Position} by something that is not two short strings.");
        else
            Push(new PickleGlobal(module, name));
    }

    private readonly void PushPersistent()
    {
        object? value = TorchGlobals.LoadPersistent(Pop());
        if (value is TorchStorage storage)
            _storages.Add(storage);
        Push(value);
    }

    private readonly void PushCall()
    {
        object?[] call = PopMany(2);
        if (call[1] is not PickleTuple arguments)
            Problem.InvalidData($"The pickle calls something at offset {_reader.Position} with arguments that are not a tuple.");
        else
            Push(TorchGlobals.Call(call[0], arguments.Items));
    }

    private readonly void Append(object?[] values)
    {
        switch (Peek())
        {
            case PickleList list: list.Items.AddRange(values); break;
            case PickleObject: break; // the items of an unknown container are of no use
            default: Problem.InvalidData($"The pickle appends at offset {_reader.Position} to something that is not a list."); break;
        }
    }

    private readonly void SetItems(object?[] values)
    {
        if (values.Length % 2 != 0)
            Problem.InvalidData($"The pickle sets items at offset {_reader.Position} with a key that has no value.");
        PickleDictionary target = Peek() switch
        {
            PickleDictionary dictionary => dictionary,
            PickleObject unknown => unknown.Items ??= new PickleDictionary(),
            _ => Problem.InvalidData<PickleDictionary>(
                $"The pickle sets items at offset {_reader.Position} of something that is not a dict."),
        };
        for (int i = 0; i < values.Length; i += 2)
            target.Set(values[i], values[i + 1]);
    }

    private readonly void Build()
    {
        object? state = Pop();
        switch (Peek())
        {
            case PickleObject unknown: unknown.State = state; break;
            case PickleDictionary: break; // the _metadata of a state dict: versions of modules
            default: Problem.InvalidData($"The pickle sets a state at offset {_reader.Position} on something that has none."); break;
        }
    }

    private readonly void RequireProtocol(byte version)
    {
        if (version is < 2 or > 5)
            Problem.InvalidData($"The pickle has protocol {version}; 2 to 5 are supported.");
    }
}

/// <summary>The opcodes that are understood (Python's pickletools names). All others are refused.</summary>
internal enum PickleOpcode : byte
{
    Mark = (byte)'(',
    Stop = (byte)'.',
    Pop = (byte)'0',
    PopMark = (byte)'1',
    BinFloat = (byte)'G',
    BinInt = (byte)'J',
    BinInt1 = (byte)'K',
    BinInt2 = (byte)'M',
    None = (byte)'N',
    BinPersid = (byte)'Q',
    Reduce = (byte)'R',
    BinString = (byte)'T',
    ShortBinString = (byte)'U',
    BinUnicode = (byte)'X',
    BinBytes = (byte)'B',
    ShortBinBytes = (byte)'C',
    EmptyList = (byte)']',
    Append = (byte)'a',
    Build = (byte)'b',
    Global = (byte)'c',
    Appends = (byte)'e',
    BinGet = (byte)'h',
    LongBinGet = (byte)'j',
    BinPut = (byte)'q',
    LongBinPut = (byte)'r',
    SetItem = (byte)'s',
    Tuple = (byte)'t',
    SetItems = (byte)'u',
    EmptyDict = (byte)'}',
    EmptyTuple = (byte)')',
    Proto = 0x80,
    NewObj = 0x81,
    Tuple1 = 0x85,
    Tuple2 = 0x86,
    Tuple3 = 0x87,
    NewTrue = 0x88,
    NewFalse = 0x89,
    Long1 = 0x8A,
    Long4 = 0x8B,
    ShortBinUnicode = 0x8C,
    BinUnicode8 = 0x8D,
    BinBytes8 = 0x8E,
    EmptySet = 0x8F,
    AddItems = 0x90,
    StackGlobal = 0x93,
    Memoize = 0x94,
    Frame = 0x95,
}

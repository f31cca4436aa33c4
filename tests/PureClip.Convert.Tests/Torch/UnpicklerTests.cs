using PureClip.Convert.Tests.Support;
using PureClip.Convert.Torch.Pickle;

namespace PureClip.Convert.Tests.Torch;

public sealed class UnpicklerTests
{
    [Theory]
    [InlineData("cos\nsystem\n(X\u0009\0\0\0rm -rf /~tR")]
    [InlineData("cbuiltins\neval\n(X\u0001\0\0\01tR")]
    [InlineData("c__builtin__\nexec\n)R")]
    [InlineData("cposix\nsystem\nX\u0001\0\0\0x\u0085R")]
    public void A_call_of_anything_gives_an_inert_object(string opcodes)
    {
        PickleObject value = Assert.IsType<PickleObject>(Read(opcodes));
        Assert.NotNull(value.Class);
        Assert.Null(value.State);
    }

    [Fact]
    public void An_inert_object_where_the_state_dict_should_be_is_refused_by_name() =>
        Hostile.IsRefused(ZipBuilder.Torch(Pickles.Of("cos\nsystem\n)R")).Build(), "os.system, which is not built");

    [Fact]
    public void Building_an_unknown_object_keeps_its_state_and_nothing_else()
    {
        PickleObject value = Assert.IsType<PickleObject>(Read("c__torch__.clip\nCLIP\n)\u0081}" + Pickles.Text("a") + "K\u0007sb"));
        Assert.True(Assert.IsType<PickleDictionary>(value.State).TryGet("a", out object? seven));
        Assert.Equal(7L, seven);
    }

    [Theory]
    [InlineData("NI1\n", 0x49)] // INT, text form
    [InlineData("N(cos\nsystem\no", 0x6F)] // OBJ
    [InlineData("(ios\nsystem\n", 0x69)] // INST
    [InlineData("P0\n", 0x50)] // PERSID, text form
    [InlineData("NN}\u0092", 0x92)] // NEWOBJ_EX
    [InlineData("\u0082\u0001", 0x82)] // EXT1
    [InlineData("N2", 0x32)] // DUP
    [InlineData("\u0096", 0x96)] // BYTEARRAY8
    public void Opcodes_that_no_checkpoint_needs_are_refused(string opcodes, int opcode) => IsRefused(opcodes, $"opcode 0x{opcode:X2}");

    [Theory]
    [InlineData("X\u00FF\u00FF\u00FF\u00FF", "needs 4294967295 bytes")] // a string of 4 GB
    [InlineData("\u008D\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF", "needs 18446744073709551615 bytes")]
    [InlineData("B\u00FF\u00FF\u00FF\u007F", "needs 2147483647 bytes")]
    [InlineData("T\u0010\0\0\0abc", "needs 16 bytes")]
    [InlineData("\u008B\u00FF\u00FF\u00FF\u00FF", "integer of 4294967295 bytes")]
    [InlineData("\u008A\u00FF", "integer of 255 bytes")]
    [InlineData("cnever ends", "does not end")]
    [InlineData("", "takes 1 values")] // STOP on an empty stack
    [InlineData("0", "takes 1 values")]
    [InlineData("1", "none is open")]
    [InlineData("t", "none is open")]
    [InlineData("}Na", "not a list")]
    [InlineData("}N(NNu", "not a dict")]
    [InlineData("}(Nu", "no value")]
    [InlineData("a", "takes 1 values")]
    [InlineData("Na", "has none")]
    [InlineData("K\u0001Nb", "has none")]
    [InlineData("h\u0005", "slot 5")]
    [InlineData("j\u00FF\u00FF\u00FF\u00FF", "slot 4294967295")]
    [InlineData("q\u0001", "has none")]
    [InlineData("Q", "takes 1 values")]
    [InlineData("NQ", "persistent id")]
    [InlineData("NR", "takes 2 values")]
    [InlineData("NNR", "not a tuple")]
    [InlineData("NN\u0093", "two short strings")]
    [InlineData("\u0080\u0009", "protocol 9")]
    public void Malformed_pickles_are_refused(string opcodes, string about) => IsRefused(opcodes, about);

    [Fact]
    public void A_memo_slot_of_any_number_costs_no_more_than_one()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Read("Nr\u00FF\u00FF\u00FF\u00FF");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }

    [Fact]
    public void Too_many_marks_are_refused() => IsRefused(new string('(', PickleLimits.Marks + 1), "marks");

    [Fact]
    public void Too_deep_a_stack_is_refused() => IsRefused(new string('N', PickleLimits.StackDepth + 1), "stack");

    [Fact]
    public void Too_many_opcodes_are_refused() => IsRefused(string.Concat(Enumerable.Repeat("N0", (PickleLimits.Opcodes / 2) + 1)), "opcodes");

    [Fact]
    public void A_list_that_contains_itself_is_read()
    {
        PickleList list = Assert.IsType<PickleList>(Read("]q\0h\0a"));
        Assert.Same(list, list.Items[0]);
    }

    [Fact]
    public void A_dict_that_contains_itself_as_state_dict_is_refused() =>
        Hostile.IsRefused(ZipBuilder.Torch(Pickles.Of("}q\0" + Pickles.Text("state_dict") + "h\0s")).Build(), "inside one another");

    [Fact]
    public void A_module_that_contains_itself_is_refused() =>
        Hostile.IsRefused(ZipBuilder.Torch(Pickles.Of("c__torch__\nM\n)\u0081q\0}" + Pickles.Text("a") + "h\0sb")).Build(), "contain itself");

    [Fact]
    public void Modules_that_double_at_each_level_are_refused()
    {
        // 40 levels, each with the level below as both children: 2^40 paths in 2 kB
        string levels = "c__torch__\nM\n)\u0081}" + Pickles.Text("t") + "Nsbq\0";
        for (int level = 0; level < 40; level++)
            levels += $"0c__torch__\nM\n)\u0081}}({Pickles.Text("a")}h{(char)level}{Pickles.Text("b")}h{(char)level}ubq{(char)(level + 1)}";
        Hostile.IsRefused(ZipBuilder.Torch(Pickles.Of(levels)).Build(), "more than 100000 modules");
    }

    [Fact]
    public void A_wide_module_used_in_many_places_is_refused()
    {
        // 2,000 attributes in a module that is used 1,000 times: 20 kB that stand for two million tensors
        string wide = "c__torch__\nM\n)\u0081}(" + string.Concat(Enumerable.Range(0, 2000).Select(static i => Pickles.Text($"a{i}") + "N")) + "ubq\0";
        string many = string.Concat(Enumerable.Range(0, 1000).Select(static i => Pickles.Text($"m{i}") + "h\0"));
        Hostile.IsRefused(ZipBuilder.Torch(Pickles.Of($"{wide}0c__torch__\nM\n)\u0081}}({many}ub")).Build(), "attributes");
    }

    [Fact]
    public void Tuples_nested_a_hundred_thousand_deep_are_read_without_recursion() => Assert.IsType<PickleTuple>(Read("N" + new string('\u0085', 100_000)));

    [Fact]
    public void Integers_of_every_width_keep_their_values()
    {
        PickleTuple value = Assert.IsType<PickleTuple>(Read("(J\u00FE\u00FF\u00FF\u00FFK\u00FFM\u0001\u0002\u008A\0\u008A\u0001\u0080\u008A\u0009\0\0\0\0\0\0\0\0\u0001t"));
        Assert.Equal([-2L, 255L, 513L, 0L, -128L], value.Items[..5]);
        Assert.Equal("18446744073709551616", Assert.IsType<PickleBigInteger>(value.Items[5]).Value.ToString());
    }

    [Fact]
    public void Doubles_are_big_endian() => Assert.Equal(1.0, Read("G\u003F\u00F0\0\0\0\0\0\0"));

    [Fact]
    public void An_ordered_dict_of_pairs_is_a_dict()
    {
        PickleDictionary value = Assert.IsType<PickleDictionary>(Read("ccollections\nOrderedDict\n](" + Pickles.Text("a") + "K\u0001\u0086e\u0085R"));
        Assert.True(value.TryGet("a", out object? one));
        Assert.Equal(1L, one);
    }

    private static object? Read(string opcodes) => Unpickler.Read(Pickles.Of(opcodes)).Value;

    private static void IsRefused(string opcodes, string about)
    {
        InvalidDataException exception = Assert.Throws<InvalidDataException>(() => Read(opcodes));
        Assert.Contains(about, exception.Message, StringComparison.Ordinal);
    }
}

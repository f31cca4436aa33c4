using PureClip.Imaging.Jpeg;

namespace PureClip.Tests.Imaging.Jpeg;

public class HuffmanTableTests
{
    [Fact]
    public void Standard_codes_are_those_of_annex_K()
    {
        // ITU-T T.81, table K.5: 0/0 1010, 0/1 00, F/0 11111111001, F/A 1111111111111110.
        HuffmanTable table = StandardHuffmanTables.LuminanceAc.Table;
        Check(table, 0b1010, 4, 0x00);
        Check(table, 0b00, 2, 0x01);
        Check(table, 0b11111111001, 11, 0xF0);
        Check(table, 0b1111111111111110, 16, 0xFA);
        // Table K.3: 11 111111110.
        Check(StandardHuffmanTables.LuminanceDc.Table, 0b111111110, 9, 11);
    }

    [Fact]
    public void A_value_that_lies_within_the_look_up_comes_with_its_code()
    {
        // 0/3 is 100; its value 101 is 5, 010 is -5.
        HuffmanTable table = StandardHuffmanTables.LuminanceAc.Table;
        Assert.Equal((5, 6), Value(table, 0b100101UL << 58));
        Assert.Equal((-5, 6), Value(table, 0b100010UL << 58));
        // 0/8 is 1111110110, ten bits: the value does not fit.
        Assert.Equal(0, table.Peek(0b1111110110UL << 54).Value);
    }

    [Fact]
    public void An_unknown_code_counts_as_symbol_0_of_17_bits()
    {
        HuffmanTable.Entry entry = StandardHuffmanTables.LuminanceAc.Table.Peek(ulong.MaxValue);
        Assert.Equal((0, 17), (entry.Symbol, entry.CodeLength));
    }

    [Fact]
    public void Every_code_of_a_full_table_is_found()
    {
        // 1, 1, 1, ... codes of length 1 to 16: 0, 10, 110, ...
        byte[] counts = [.. Enumerable.Repeat((byte)1, 16)];
        byte[] values = [.. Enumerable.Range(1, 16).Select(i => (byte)(i * 16))];
        var table = new HuffmanTable(counts, values);
        for (int length = 1; length <= 16; length++)
            Check(table, (1 << length) - 2, length, values[length - 1]);
    }

    [Fact]
    public void An_empty_table_knows_no_code()
    {
        var table = new HuffmanTable(new byte[16], []);
        Assert.Equal(17, table.Peek(0).CodeLength);
        Assert.Equal(17, table.Peek(ulong.MaxValue).CodeLength);
    }

    [Theory]
    [InlineData(1, 2)] // 0 and 1: the second is all ones
    [InlineData(1, 3)]
    [InlineData(2, 4)]
    [InlineData(7, 255)]
    public void More_codes_than_fit_are_rejected(int length, int count)
    {
        byte[] counts = new byte[16];
        counts[length - 1] = (byte)count;
        Assert.Throws<InvalidDataException>(() => new HuffmanTable(counts, new byte[count]));
    }

    private static void Check(HuffmanTable table, int code, int length, int symbol)
    {
        HuffmanTable.Entry entry = table.Peek((ulong)code << (64 - length));
        Assert.Equal((symbol, length), (entry.Symbol, entry.CodeLength));
    }

    private static (int Value, int Length) Value(HuffmanTable table, ulong bits) => (table.Peek(bits).Value, table.Peek(bits).Length);
}

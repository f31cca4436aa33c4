using PureClip.Imaging.WebP.Lossless;

namespace PureClip.Tests.Imaging.WebP.Lossless;

public class PrefixCodeTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2, 2, 2)]
    [InlineData(3, 0, 3, 2, 1)]
    [InlineData(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 15)]
    [InlineData(2, 2, 9, 9, 8, 7, 6, 5, 4, 3, 2)]
    public void Each_word_is_read_as_its_symbol(params int[] lengths)
    {
        byte[] given = [.. lengths.Select(length => (byte)length)];
        PrefixCode code = PrefixCode.Create(given);
        foreach ((int symbol, int word, int length) in Words(given))
        {
            LosslessWriter writer = new();
            for (int i = length - 1; i >= 0; i--) // the highest bit of a word comes first
                writer.Bits(word >> i & 1, 1);
            LosslessReader reader = writer.Bits(0b10110, 5).Reader();
            reader.Fill();
            Assert.Equal(symbol, code.Read(ref reader));
            Assert.Equal(0b10110, reader.Read(5));
        }
    }

    [Fact]
    public void A_single_symbol_takes_no_bits_whatever_its_length_says()
    {
        PrefixCode code = PrefixCode.Create([0, 0, 7, 0]);
        LosslessReader reader = new LosslessWriter().Bits(0xA5, 8).Reader();
        reader.Fill();
        Assert.True(code.IsTrivial);
        Assert.Equal((2, 2), (code.OnlySymbol, code.Read(ref reader)));
        Assert.Equal(0xA5, reader.Read(8));
    }

    [Theory]
    [InlineData("has no words", 0, 0, 0)]
    [InlineData("too many", 1, 1, 1)]
    [InlineData("too few", 1, 2)]
    [InlineData("too few", 2, 2, 15)]
    public void Codes_that_are_empty_overfull_or_incomplete_are_rejected(string message, params int[] lengths) => Assert.Contains(
        message, Assert.Throws<InvalidDataException>(() => PrefixCode.Create([.. lengths.Select(length => (byte)length)])).Message);

    [Fact]
    public void Lengths_are_read_by_a_code_of_their_own()
    {
        LosslessWriter writer = new LosslessWriter().Bits(0, 1).Bits(9 - 4, 4);
        // Of 17, 18, 0 to 5 and 16; so 1, 2, 16 and 17 have the words 00, 01, 10 and 11.
        foreach (int length in (int[])[2, 0, 0, 2, 2, 0, 0, 0, 2])
            writer.Bits(length, 3);
        writer.Bits(1, 1).Bits(0, 3).Bits(3 - 2, 2); // three lengths are coded, the others are 0
        writer.Bits(0b11, 2).Bits(0, 3); // 17: three times 0
        writer.Bits(0b10, 2); // 2, its highest bit first
        writer.Bits(0b01, 2).Bits(0, 2); // 16: three times the one before
        LosslessReader reader = writer.Bits(0b10, 2).Reader();
        PrefixCode code = CodeReader.Read(ref reader, 9);
        reader.Fill();
        Assert.Equal(4, code.Read(ref reader)); // of 3, 4, 5 and 6 the second
    }

    [Fact]
    public void Symbols_are_named_by_themselves_where_they_are_one_or_two()
    {
        LosslessReader reader = new LosslessWriter().Symbol(200).Symbols(9, 7).Symbols(3, 200).Bits(0, 1).Bits(1, 1).Reader();
        Assert.Equal(200, CodeReader.Read(ref reader, 256).OnlySymbol);
        PrefixCode two = CodeReader.Read(ref reader, 256);
        Assert.Equal(3, CodeReader.Read(ref reader, 40).OnlySymbol); // 200 does not exist there
        reader.Fill();
        Assert.Equal((7, 9), (two.Read(ref reader), two.Read(ref reader)));
    }

    [Fact]
    public void Damaged_lengths_are_rejected_with_what_is_wrong()
    {
        Assert.Contains("5 lengths for 4 symbols", Rejection(OnlyZeros().Bits(1, 1).Bits(0, 3).Bits(3, 2)));
        Assert.Contains("beyond its 4 symbols", Rejection(OnlyZeros().Bits(0, 1).Bits(0, 1).Bits(7, 3)));
        Assert.Contains("has no words", Rejection(OnlyZeros().Bits(0, 1).Bits(0, 1).Bits(1, 3)));
        Assert.Contains("has no words", Rejection(new LosslessWriter().Bits(0, 100)));
        Assert.Contains("truncated", Rejection(new LosslessWriter().Bits(0, 60).Bits(0, 1).Bits(15, 4), skipped: 60));

        // The code of lengths has the symbols 17 and 18, runs of zeros.
        static LosslessWriter OnlyZeros() => new LosslessWriter().Bits(0, 1).Bits(0, 4).Bits(1, 3).Bits(1, 3).Bits(0, 3).Bits(0, 3);
    }

    private static string Rejection(LosslessWriter writer, int skipped = 0) => Assert.Throws<InvalidDataException>(() =>
    {
        LosslessReader reader = writer.Reader();
        for (int i = 0; i < skipped; i++)
            reader.ReadBit();
        CodeReader.Read(ref reader, 4);
    }).Message;

    // RFC 1951, 3.2.2, as it stands there.
    private static IEnumerable<(int Symbol, int Word, int Length)> Words(byte[] lengths)
    {
        int word = 0;
        for (int length = 1; length <= 15; length++, word <<= 1)
            for (int symbol = 0; symbol < lengths.Length; symbol++)
                if (lengths[symbol] == length)
                    yield return (symbol, word++, length);
    }
}

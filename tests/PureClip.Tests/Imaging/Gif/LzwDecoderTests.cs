using PureClip.Imaging.Gif;

namespace PureClip.Tests.Imaging.Gif;

public class LzwDecoderTests
{
    [Fact]
    public void A_code_stands_for_the_string_before_and_what_followed() =>
        Assert.Equal([1, 2, 1, 2, 0], Decode(5, 2, 3, 4, 1, 2, 6, 0)); // 6 is "1 2"

    [Fact]
    public void The_newest_code_may_be_used_at_once() =>
        Assert.Equal([1, 1, 1, 1, 1, 1], Decode(6, 2, 3, 4, 1, 6, 7)); // 6 is "1 1", 7 "1 1 1"

    [Fact]
    public void The_clear_code_forgets_and_may_be_left_out_at_the_beginning()
    {
        Assert.Equal([3, 2, 1], Decode(3, 2, 3, 3, 2, 4, 1));
        Assert.Throws<InvalidDataException>(() => Decode(6, 2, 3, 3, 2, 1, 4, 1, 7)); // 7 was "2 1"
    }

    [Fact]
    public void The_end_code_and_the_end_of_the_data_end_the_pixels()
    {
        Assert.Equal([1], Decode(9, 2, 3, 4, 1, 5, 1, 1));
        Assert.Equal([1, 2, 1, 2, 0], Decode(9, 2, 3, 4, 1, 2, 4, 1, 2, 4, 0));
    }

    [Fact]
    public void What_follows_the_last_pixel_is_not_looked_at() => Assert.Equal([1, 2], Decode(2, 2, 3, 4, 1, 2, 7, 7, 7));

    [Theory]
    [InlineData(4, 6)]
    [InlineData(4, 1, 7)]
    [InlineData(6)]
    public void A_code_without_meaning_is_rejected(params int[] codes) =>
        Assert.Contains("has no meaning", Assert.Throws<InvalidDataException>(() => Decode(9, 2, 3, codes)).Message);

    [Fact]
    public void Strings_of_any_kind_are_what_an_encoder_with_a_dictionary_wrote()
    {
        Random random = new(1);
        foreach (int symbolBits in (int[])[2, 4, 8])
            foreach (bool clears in (bool[])[true, false])
            {
                byte[] pixels = [.. Enumerable.Range(0, 60_000).Select(i => (byte)(random.Next(i % 900 < 300 ? 2 : 1 << symbolBits)))];
                byte[] found = new byte[pixels.Length];
                Assert.Equal(pixels.Length, LzwDecoder.Decode(Encode(pixels, symbolBits, clears), symbolBits, found));
                Assert.Equal(pixels, found);
            }
    }

    private static byte[] Decode(int pixels, int symbolBits, int codeBits, params int[] codes)
    {
        List<bool> bits = [.. codes.SelectMany(code => Enumerable.Range(0, codeBits).Select(i => (code >> i & 1) != 0))];
        byte[] result = new byte[pixels];
        return result[..LzwDecoder.Decode(Pack(bits), symbolBits, result)];
    }

    // Strings as text; the table is cleared when it is full, or stays as it is.
    private static byte[] Encode(byte[] pixels, int symbolBits, bool clears)
    {
        List<bool> bits = [];
        Dictionary<string, int> table = [];
        int codeBits = 0, next = 0;
        string current = "";
        Clear();
        foreach (byte pixel in pixels)
        {
            string longer = current + (char)pixel;
            if (table.ContainsKey(longer))
            {
                current = longer;
                continue;
            }
            Put(table[current]);
            if (next < 4096)
            {
                codeBits = next == 1 << codeBits ? codeBits + 1 : codeBits; // the decoder is one string behind
                table[longer] = next++;
            }
            else if (clears)
            {
                Put(1 << symbolBits);
                Clear();
            }
            current = $"{(char)pixel}";
        }
        Put(table[current]);
        return Pack(bits);

        void Put(int code) => bits.AddRange(Enumerable.Range(0, codeBits).Select(i => (code >> i & 1) != 0));

        void Clear()
        {
            table.Clear();
            for (int i = 0; i < 1 << symbolBits; i++)
                table[$"{(char)i}"] = i;
            codeBits = symbolBits + 1;
            next = (1 << symbolBits) + 2;
        }
    }

    private static byte[] Pack(List<bool> bits)
    {
        byte[] bytes = new byte[(bits.Count + 7) / 8];
        for (int i = 0; i < bits.Count; i++)
            bytes[i / 8] |= (byte)((bits[i] ? 1 : 0) << i % 8);
        return bytes;
    }
}

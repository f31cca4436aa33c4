using PureClip.Imaging.WebP.Lossy;

namespace PureClip.Tests.Imaging.WebP.Lossy;

public class BoolDecoderTests
{
    [Fact]
    public void Decisions_are_those_that_the_standard_s_encoder_wrote()
    {
        Random random = new(1);
        (int Probability, bool Bit)[] decisions = [.. Enumerable.Range(0, 20_000).Select(_ =>
        {
            int probability = random.Next(1, 256);
            return (probability, random.Next(256) >= probability);
        })];
        BoolEncoder encoder = new();
        foreach ((int probability, bool bit) in decisions)
            encoder.Write(bit, probability);
        byte[] data = encoder.Finish();
        BoolDecoder decoder = new(data, 0, data.Length);
        foreach ((int probability, bool bit) in decisions)
            Assert.Equal(bit, decoder.ReadBit(probability));
        Assert.False(decoder.IsExhausted);
    }

    [Fact]
    public void Numbers_and_signs_are_decisions_with_even_chances()
    {
        BoolEncoder encoder = new();
        encoder.Write(0b1011010, 7).Write(0b0110, 4).Write(true).Write(true).Write(0b101, 3).Write(false)
            .Write(false).Write(true).Write(false);
        byte[] data = encoder.Finish();
        BoolDecoder decoder = new(data, 0, data.Length);
        Assert.Equal(0b1011010, decoder.ReadNumber(7));
        Assert.Equal(-0b0110, decoder.ReadSignedNumber(4));
        Assert.Equal(0b101, decoder.ReadOptionalNumber(3));
        Assert.Equal(0, decoder.ReadOptionalNumber(3));
        Assert.Equal(-9, decoder.ReadSign(9));
        Assert.Equal(9, decoder.ReadSign(9));
    }

    [Fact]
    public void Data_is_exhausted_when_a_decision_needs_a_byte_behind_its_end()
    {
        // Even chances take a bit each, and eight bits are compared at once.
        for (int length = 1; length < 40; length++)
        {
            BoolDecoder decoder = new(new byte[length + 20], 0, length);
            for (int bit = 0; bit < 8 * (length - 1) + 1; bit++)
                decoder.ReadSign(1);
            Assert.False(decoder.IsExhausted);
            decoder.ReadSign(1);
            Assert.True(decoder.IsExhausted);
        }
        Assert.True(new BoolDecoder(new byte[20], 3, 0).IsExhausted);
    }

    /// <summary>The encoder of RFC 6386, section 7.3.</summary>
    private sealed class BoolEncoder
    {
        private readonly List<byte> _output = [];
        private uint _range = 255;
        private uint _bottom;
        private int _bitCount = 24;

        public BoolEncoder Write(bool bit, int probability = 128)
        {
            uint split = 1 + (((_range - 1) * (uint)probability) >> 8);
            if (bit)
            {
                _bottom = unchecked(_bottom + split);
                _range -= split;
            }
            else
            {
                _range = split;
            }
            for (; _range < 128; _range <<= 1)
                Shift();
            return this;
        }

        public BoolEncoder Write(int number, int bits)
        {
            for (int i = bits - 1; i >= 0; i--)
                Write((number >> i & 1) != 0);
            return this;
        }

        public byte[] Finish()
        {
            for (int i = 0; i < 32; i++)
                Shift();
            return [.. _output];
        }

        private void Shift()
        {
            if (_bottom >> 31 != 0)
                AddOne();
            _bottom <<= 1;
            if (--_bitCount > 0)
                return;
            _output.Add((byte)(_bottom >> 24));
            _bottom &= (1 << 24) - 1;
            _bitCount = 8;
        }

        private void AddOne()
        {
            int i = _output.Count - 1;
            for (; _output[i] == 255; i--)
                _output[i] = 0;
            _output[i]++;
        }
    }
}

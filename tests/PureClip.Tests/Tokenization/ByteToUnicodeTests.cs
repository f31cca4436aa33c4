using PureClip.Tokenization;

namespace PureClip.Tests.Tokenization;

public class ByteToUnicodeTests
{
    [Theory]
    [InlineData(0x21, '!')]
    [InlineData(0x7E, '~')]
    [InlineData(0xA1, '\u00A1')]
    [InlineData(0xFF, '\u00FF')]
    [InlineData(0x00, '\u0100')]
    [InlineData(0x20, '\u0120')]
    [InlineData(0x7F, '\u0121')]
    [InlineData(0xA0, '\u0142')]
    [InlineData(0xAD, '\u0143')]
    public void Printable_bytes_stand_for_themselves_and_the_others_follow_from_U0100(byte value, char character)
    {
        Assert.Equal(character, ByteToUnicode.ToCharacter(value));
        Assert.True(ByteToUnicode.TryToByte(character, out byte back));
        Assert.Equal(value, back);
    }

    [Fact]
    public void The_alphabet_has_256_different_characters_and_no_white_space()
    {
        char[] alphabet = [.. Enumerable.Range(0, 256).Select(b => ByteToUnicode.ToCharacter((byte)b))];
        Assert.Equal(256, alphabet.Distinct().Count());
        Assert.DoesNotContain(alphabet, char.IsWhiteSpace);
    }

    [Theory]
    [InlineData(0, 0x21)]
    [InlineData(93, 0x7E)]
    [InlineData(94, 0xA1)]
    [InlineData(105, 0xAC)]
    [InlineData(106, 0xAE)]
    [InlineData(187, 0xFF)]
    [InlineData(188, 0x00)]
    [InlineData(255, 0xAD)]
    public void Ids_go_through_the_printable_bytes_first(int id, byte value) => Assert.Equal(value, ByteToUnicode.InIdOrder[id]);

    [Theory]
    [InlineData(' ')]
    [InlineData('\u0144')]
    [InlineData('\u4E00')]
    public void Characters_outside_the_alphabet_stand_for_no_byte(char character) =>
        Assert.False(ByteToUnicode.TryToByte(character, out _));
}

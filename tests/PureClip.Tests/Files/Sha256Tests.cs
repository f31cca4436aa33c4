using System.Text;
using PureClip.Files;
using Framework = System.Security.Cryptography.SHA256;

namespace PureClip.Tests.Files;

public sealed class Sha256Tests
{
    // FIPS 180-4's examples, as NIST publishes them, and RFC 6234, 8.5.
    [Theory]
    [InlineData("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")]
    public void Published_examples_hold(string text, string hash) =>
        Assert.Equal(hash, Convert.ToHexStringLower(Sha256.Of(Encoding.ASCII.GetBytes(text))));

    [Fact]
    public void A_million_letters_hold() => Assert.Equal("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
        Convert.ToHexStringLower(Sha256.Of(Encoding.ASCII.GetBytes(new string('a', 1_000_000)))));

    [Fact]
    public void Every_length_up_to_some_blocks_is_as_the_frameworks()
    {
        byte[] bytes = new byte[700];
        new Random(7).NextBytes(bytes);
        for (int length = 0; length <= bytes.Length; length++)
            Assert.Equal(Framework.HashData(bytes.AsSpan(0, length)), Sha256.Of(bytes.AsSpan(0, length)));
    }

    [Fact]
    public async Task Pieces_and_streams_give_the_hash_of_the_whole()
    {
        Random random = new(8);
        byte[] bytes = new byte[200_000];
        random.NextBytes(bytes);
        byte[] whole = Framework.HashData(bytes);
        Sha256 hash = new();
        for (int at = 0, count; at < bytes.Length; at += count)
            hash.Append(bytes.AsSpan(at, count = Math.Min(random.Next(0, 400), bytes.Length - at)));
        Assert.Equal(whole, hash.Finish());
        Assert.Equal(whole, Sha256.Of(new MemoryStream(bytes)));
        Assert.Equal(whole, await Sha256.OfAsync(new MemoryStream(bytes), default));
    }
}

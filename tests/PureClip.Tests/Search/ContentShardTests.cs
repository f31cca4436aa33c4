using System.Numerics;
using System.Security.Cryptography;
using PureClip.Search;

namespace PureClip.Tests.Search;

public sealed class ContentShardTests
{
    /// <summary>The rule that the documentation gives, by the framework's own SHA-256 and whole numbers of any length.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(1000)]
    [InlineData(int.MaxValue)]
    public void Every_content_lies_in_the_one_shard_that_its_hash_says(int count)
    {
        for (int content = 0; content < 200; content++)
        {
            byte[] file = BitConverter.GetBytes(content);
            BigInteger hash = new(SHA256.HashData(file).AsSpan(0, 16), isUnsigned: true, isBigEndian: true);
            int expected = (int)(hash % count) + 1;
            Assert.True(new ContentShard(expected, count).Contains(ContentHash.Of(file)));
            foreach (int other in new[] { 1, count / 2, count, expected - 1, expected + 1 }.Where(n => n >= 1 && n <= count && n != expected))
                Assert.False(new ContentShard(other, count).Contains(ContentHash.Of(file)));
        }
    }

    [Fact]
    public void Shards_are_about_equal()
    {
        int[] counts = new int[8];
        for (int content = 0; content < 8000; content++)
            for (int shard = 0; shard < counts.Length; shard++)
                counts[shard] += new ContentShard(shard + 1, counts.Length).Contains(ContentHash.Of(BitConverter.GetBytes(content))) ? 1 : 0;
        Assert.Equal(8000, counts.Sum());
        Assert.All(counts, count => Assert.InRange(count, 850, 1150)); // five standard deviations
    }

    [Theory]
    [InlineData("1/1", 1, 1)]
    [InlineData("2/8", 2, 8)]
    [InlineData("8/8", 8, 8)]
    public void A_shard_is_read_as_it_is_written(string text, int number, int count)
    {
        Assert.True(ContentShard.TryParse(text, out ContentShard shard));
        Assert.Equal((number, count, text), (shard.Number, shard.Count, shard.ToString()));
        Assert.Equal(new ContentShard(number, count), shard);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("0/8")]
    [InlineData("9/8")]
    [InlineData("-1/8")]
    [InlineData("+1/8")]
    [InlineData(" 1/8")]
    [InlineData("1/0")]
    [InlineData("1/8/9")]
    [InlineData("1,0/8")]
    [InlineData("1/99999999999")]
    public void What_is_no_shard_is_not_read(string? text) => Assert.False(ContentShard.TryParse(text, out _));

    [Theory]
    [InlineData(0, 8)]
    [InlineData(9, 8)]
    [InlineData(1, 0)]
    [InlineData(-1, -1)]
    public void There_are_no_others(int number, int count) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new ContentShard(number, count));

    [Fact]
    public void The_default_is_the_one_part_of_one()
    {
        Assert.Equal(new(1, 1), default(ContentShard));
        Assert.True(default(ContentShard).Contains(ContentHash.Of("anything"u8)));
    }
}

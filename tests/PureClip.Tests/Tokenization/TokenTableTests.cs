using PureClip.Tokenization;

namespace PureClip.Tests.Tokenization;

public class TokenTableTests
{
    [Fact]
    public void Tokens_are_found_by_text_and_by_id_however_the_table_grew()
    {
        TokenTable table = new(0);
        for (int i = 0; i < 5000; i++)
            Assert.True(table.TryAdd($"token {i}", 3 * i)); // ids with gaps
        Assert.Equal(5000, table.Count);
        Assert.Equal(3 * 4999 + 1, table.Size);
        for (int i = 0; i < 5000; i++)
        {
            Assert.True(table.TryGetId($"token {i}", out int id));
            Assert.Equal(3 * i, id);
            Assert.Equal($"token {i}", table[id].ToString());
        }
        Assert.False(table.Contains(1));
        Assert.False(table.TryGetId("token", out _));
    }

    [Fact]
    public void A_token_is_added_once()
    {
        TokenTable table = new(4);
        Assert.True(table.TryAdd("a", 0));
        Assert.False(table.TryAdd("a", 1));
        Assert.Equal(1, table.Count);
    }
}

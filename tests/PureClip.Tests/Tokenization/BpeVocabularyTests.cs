using System.Security.Cryptography;
using System.Text;
using PureClip.Tokenization;

namespace PureClip.Tests.Tokenization;

public class BpeVocabularyTests
{
    private static readonly BpeVocabulary Clip = BpeVocabulary.CreateClip("<|startoftext|>", "<|endoftext|>");

    [Theory]
    [InlineData(0, "!")]
    [InlineData(256, "!</w>")]
    [InlineData(512, "in")]
    [InlineData(513, "th")]
    [InlineData(320, "a</w>")]
    [InlineData(2368, "cat</w>")]
    [InlineData(49405, "jekyll</w>")]
    [InlineData(49406, "<|startoftext|>")]
    [InlineData(49407, "<|endoftext|>")]
    public void CLIPs_tokens_have_their_ids(int id, string token)
    {
        Assert.Equal(token, Clip.Token(id));
        Assert.True(Clip.TryGetId(token, out int found));
        Assert.Equal(id, found);
    }

    [Fact]
    public void CLIP_has_49408_tokens_and_48894_merges()
    {
        Assert.Equal(49408, Clip.Size);
        Assert.Equal(48894, Clip.Merges.Count);
        Assert.Null(Clip.Token(49408));
        Assert.Null(Clip.Token(-1));
    }

    [FixtureFact("checkpoints/tiny/hf/merges.txt")]
    public void The_embedded_merges_are_those_of_a_published_merges_file()
    {
        string published = File.ReadAllText(Fixtures.PathOf("checkpoints/tiny/hf/merges.txt")).TrimEnd('\n');
        Assert.Equal(published[(published.IndexOf('\n') + 1)..], MergesFile.ClipText(Clip).TrimEnd('\n'));
    }

    [Fact]
    public void The_embedded_merges_are_unchanged() =>
        Assert.Equal(
            "d308b7377a8ceaa9707a21614fe8c831b9196e197b7aeb69833359362907af02",
            Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(MergesFile.ClipText(Clip)))));

    [Theory]
    [InlineData("ab", "two symbols")]
    [InlineData("a b c", "two symbols")]
    [InlineData("a ", "two symbols")]
    [InlineData(" b", "two symbols")]
    [InlineData("a x", "not all in the vocabulary")]
    [InlineData("b a", "not all in the vocabulary")]
    public void Merges_that_do_not_fit_the_vocabulary_are_rejected(string merge, string problem)
    {
        InvalidDataException e = Assert.Throws<InvalidDataException>(
            () => BpeVocabulary.Create(Tokens("a", "b", "ab"), [merge.AsMemory()], "merges.txt"));
        Assert.Contains(problem, e.Message);
        Assert.Contains("merges.txt", e.Message);
    }

    [Fact]
    public void A_merge_that_stands_twice_is_rejected() =>
        Assert.Throws<InvalidDataException>(
            () => BpeVocabulary.Create(Tokens("a", "b", "ab"), ["a b".AsMemory(), "a b".AsMemory()], "merges.txt"));

    private static TokenTable Tokens(params string[] tokens)
    {
        TokenTable table = new(0);
        foreach (string token in tokens)
            table.TryAdd(token, table.Count);
        return table;
    }
}

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

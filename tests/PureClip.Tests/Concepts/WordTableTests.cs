using PureClip.Concepts;
using PureClip.Tests.Cli;

namespace PureClip.Tests.Concepts;

public sealed class WordTableTests(Cli.ShippedModel model) : IClassFixture<Cli.ShippedModel>, IDisposable
{
    private static readonly string[] Words = ["hat", "beard", "glasses", "crown"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_word_is_its_embedding_without_the_mean()
    {
        WordTable table = WordTable.Create(model.Clip, Words);

        float[][] embeddings = model.Clip.EncodeTexts(Words);
        float[] mean = [.. Enumerable.Range(0, table.Width).Select(i => embeddings.Average(embedding => embedding[i]))];
        for (int w = 0; w < Words.Length; w++)
        {
            float[] centred = [.. embeddings[w].Zip(mean, (number, m) => number - m)];
            Assert.Equal(1f, Similarity.Cosine(centred, table[w]), 1e-5f);
            Assert.Equal(1f, MathF.Sqrt(table[w].ToArray().Sum(number => number * number)), 1e-5f);
        }
        Assert.Equal((model.Clip.Space, "{}"), (table.Space, table.Template));
    }

    [Fact]
    public void A_template_surrounds_every_word()
    {
        WordTable table = WordTable.Create(model.Clip, Words, new PromptTemplate("a person with a {}"));
        WordTable sentences = WordTable.Create(model.Clip, Words.Select(word => $"a person with a {word}"));

        Assert.Equal(sentences[1].ToArray(), table[1].ToArray());
        Assert.Equal(Words, table.Words);
    }

    [Fact]
    public void A_word_counts_once() => Assert.Equal(["hat", "beard"], WordTable.Create(model.Clip, ["hat", "beard", "hat"]).Words);

    [Theory]
    [InlineData("hat", "hat")]
    [InlineData("hat", " ")]
    public void There_are_two_words_at_least(string first, string second) =>
        Assert.Throws<ArgumentException>(() => WordTable.Create(model.Clip, [first, second]));

    [Fact]
    public void Embeddings_in_the_folder_are_used()
    {
        Count done = new();
        WordTable computed = WordTable.CreateCached(model.Clip, Words, _folder["cache"], progress: done);
        Assert.Equal(Words.Length, done.Last);

        Count again = new();
        WordTable kept = WordTable.CreateCached(model.Clip, Words, _folder["cache"], progress: again);
        Assert.Equal(-1, again.Last);
        AssertSame(computed, kept);
        AssertSame(computed, WordTable.Create(model.Clip, Words));
        Assert.Single(Files());
    }

    [Fact]
    public void Other_words_another_order_and_another_template_have_files_of_their_own()
    {
        WordTable.CreateCached(model.Clip, ["ab", "c"], _folder.Path);
        WordTable.CreateCached(model.Clip, ["a", "bc"], _folder.Path);
        WordTable.CreateCached(model.Clip, ["c", "ab"], _folder.Path);
        WordTable.CreateCached(model.Clip, ["ab", "c"], _folder.Path, new PromptTemplate("a {}"));
        Assert.Equal(4, Files().Length);
    }

    [Fact]
    public void Other_weights_and_another_cleaning_have_files_of_their_own()
    {
        WordTable stored = WordTable.CreateCached(model.Clip, Words, _folder.Path);
        using Clip bytes = Clip.Load(TestData.Weights("pictogram-mini"), new() { Threads = 1, Weights = WeightType.Int8 });
        WordTable coarse = WordTable.CreateCached(bytes, Words, _folder.Path);
        Assert.Equal(2, Files().Length);
        AssertSame(WordTable.Create(bytes, Words), coarse);
        Assert.NotEqual(stored[0].ToArray(), coarse[0].ToArray());
        using Clip cleaned = Clip.Load(TestData.Weights("pictogram-mini"), new() { Threads = 1, Cleaning = TextCleaning.OpenAI });
        WordTable.CreateCached(cleaned, Words, _folder.Path);
        using Clip uneven = Clip.Load(TestData.Weights("pictogram-mini"), new() { Threads = 1, Normalize = false });
        WordTable.CreateCached(uneven, Words, _folder.Path);
        Assert.Equal(4, Files().Length);
    }

    [Fact]
    public void Another_models_file_is_not_used()
    {
        using TinyModel tiny = TinyModel.HuggingFace();
        using Clip other = tiny.Load();
        WordTable.CreateCached(model.Clip, Words, _folder.Path);
        string own = Assert.Single(Files());
        WordTable table = WordTable.CreateCached(other, ["cat", "dog"], _folder.Path);
        string foreign = Assert.Single(Files(), file => file != own);
        File.Copy(own, foreign, overwrite: true); // a name can lie

        AssertSame(table, WordTable.CreateCached(other, ["cat", "dog"], _folder.Path));
    }

    [Fact]
    public void A_damaged_file_is_made_anew()
    {
        WordTable expected = WordTable.CreateCached(model.Clip, Words, _folder.Path);
        string file = Assert.Single(Files());
        byte[] original = File.ReadAllBytes(file);
        Random random = new(5);
        for (int i = 0; i < 12; i++)
        {
            byte[] mutant = Mutator.Mutate(original, random);
            File.WriteAllBytes(file, mutant);
            AssertSame(expected, WordTable.CreateCached(model.Clip, Words, _folder.Path));
            Assert.Equal(original, File.ReadAllBytes(file));
        }
        Assert.Equal([file], Files());
    }

    [Fact]
    public void Many_at_once_share_a_folder()
    {
        WordTable expected = WordTable.Create(model.Clip, Words);
        Parallel.For(0, 16, _ => AssertSame(expected, WordTable.CreateCached(model.Clip, Words, _folder["new/cache"])));
        Assert.Single(Directory.GetFiles(_folder["new/cache"]));
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_done_without()
    {
        string file = _folder.Write("file", "x"u8);
        AssertSame(WordTable.Create(model.Clip, Words), WordTable.CreateCached(model.Clip, Words, Path.Combine(file, "cache")));
    }

    [Fact]
    public void Cancelling_leaves_nothing()
    {
        using CancellationTokenSource cancelled = new();
        cancelled.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(
            () => WordTable.CreateCached(model.Clip, Words, _folder.Path, cancellationToken: cancelled.Token));
        Assert.Empty(Files());
    }

    private string[] Files() => Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories);

    private static void AssertSame(WordTable expected, WordTable actual)
    {
        Assert.Equal(expected.Words, actual.Words);
        for (int i = 0; i < expected.Words.Count; i++)
            Assert.Equal(expected[i].ToArray(), actual[i].ToArray());
    }

    private sealed class Count : IProgress<int>
    {
        public int Last { get; private set; } = -1;

        public void Report(int value) => Last = value;
    }
}

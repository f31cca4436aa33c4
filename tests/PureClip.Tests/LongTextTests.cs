using PureClip.Checkpoints;

namespace PureClip.Tests;

public class LongTextTests
{
    // 300 tokens and more, with sentences of unequal length.
    private static readonly string Long = string.Join(' ', Enumerable.Range(0, 40).Select(i =>
        $"The {(i % 3 == 0 ? "old lion" : "tiger")} walks across the field in the evening{(i % 4 == 0 ? "" : ".")}"));

    [Theory]
    [InlineData(LongTextPooling.Mean), InlineData(LongTextPooling.TokenMean), InlineData(LongTextPooling.Max)]
    [InlineData(LongTextPooling.First), InlineData(LongTextPooling.Best)]
    public void Every_pooling_is_a_plain_loop_over_the_windows(LongTextPooling pooling)
    {
        using Clip clip = ShippedModel.Load();
        Assert.InRange(clip.Tokenizer!.EncodeWithoutSpecials(Long).Length, 300, 1000);
        LongText text = clip.EncodeLongText(Long, new() { Pooling = pooling });
        Assert.True(text.Windows.Count > 4);
        int width = clip.EmbeddingWidth;
        double[] sum = new double[width];
        float[] picture = clip.EncodeImage(ShippedModel.Picture("cat.png"));
        double best = -1;
        for (int i = 0; i < text.Windows.Count; i++)
        {
            float[] vector = clip.EncodeText(text.Windows[i].Text);
            TensorAssert.SameBits(vector, text.Vectors[i], $"window {i}");
            int tokens = clip.Tokenizer.EncodeWithoutSpecials(text.Windows[i].Text).Length;
            Assert.Equal(tokens, text.Windows[i].Tokens);
            for (int j = 0; j < width; j++)
                sum[j] = pooling switch
                {
                    LongTextPooling.Mean => sum[j] + vector[j],
                    LongTextPooling.TokenMean => sum[j] + (double)tokens * vector[j],
                    LongTextPooling.Max => i == 0 ? vector[j] : Math.Max(sum[j], vector[j]),
                    _ => i == 0 ? vector[j] : sum[j],
                };
            best = Math.Max(best, Similarity.Cosine(vector, picture));
        }
        if (pooling == LongTextPooling.Best)
        {
            Assert.Null(text.Embedding);
            Assert.Equal(best, text.Similarity(picture), 1e-6);
            return;
        }
        double length = Math.Sqrt(sum.Sum(static x => x * x));
        for (int j = 0; j < width; j++)
            Assert.Equal(sum[j] / length, text.Embedding![j], 1e-6);
        Assert.Equal(Similarity.Cosine(text.Embedding!, picture), text.Similarity(picture));
        using Clip pooled = Clip.Load(ShippedModel.Path, new() { LongTexts = new() { Pooling = pooling } });
        TensorAssert.SameBits(text.Embedding!, pooled.EncodeText(Long));
        TensorAssert.SameBits(text.Embedding!, pooled.EncodeTexts(["a cat", Long])[1]);
    }

    [Theory, InlineData(0), InlineData(5), InlineData(15), InlineData(1000)]
    public void Windows_cover_the_text_and_overlap(int overlap)
    {
        using Clip clip = ShippedModel.Load();
        IReadOnlyList<TextWindow> windows = clip.CutText(Long, overlap);
        int end = 0, most = clip.Tokenizer!.MaxTextTokens;
        foreach (TextWindow window in windows)
        {
            Assert.True(window.Start <= end + 1, "nothing is left out but blanks");
            Assert.Equal(window.Text, Long.Substring(window.Start, window.Text.Length));
            Assert.InRange(window.Tokens, 1, most);
            Assert.False(window.Start > 0 && char.IsLetter(Long[window.Start - 1]) && char.IsLetter(Long[window.Start]), "begins with a word");
            int stop = window.Start + window.Text.Length;
            Assert.False(stop < Long.Length && char.IsLetter(Long[stop - 1]) && char.IsLetter(Long[stop]), "ends with a word");
            if (end > 0)
            {
                int common = clip.Tokenizer.EncodeWithoutSpecials(Long[Math.Min(window.Start, end)..end]).Length;
                Assert.InRange(common, 0, Math.Min(overlap, most / 2));
                Assert.True(overlap == 0 || common > 0);
            }
            end = stop;
        }
        Assert.Equal(Long.Length, end);
    }

    [Fact]
    public void Windows_end_with_sentences_where_there_are_some()
    {
        using Clip clip = ShippedModel.Load();
        string text = string.Concat(Enumerable.Range(0, 60).Select(static i => $"Number {i} is here. "));
        Assert.All(clip.CutText(text), static window => Assert.EndsWith(".", window.Text.TrimEnd(), StringComparison.Ordinal));
    }

    [Fact]
    public void Odd_texts_are_cut_in_time_and_whole()
    {
        using Clip clip = ShippedModel.Load();
        foreach (string text in (string[])
            [new('x', 5_000), string.Concat(Enumerable.Repeat("\U0001F600", 400)), new string(' ', 3_000) + "cat" + new string(' ', 3_000),
                string.Concat(Enumerable.Repeat("\u732b", 500)), string.Concat(Enumerable.Repeat("a\n", 300)), ""])
        {
            IReadOnlyList<TextWindow> windows = clip.CutText(text);
            Assert.All(windows, window => Assert.InRange(window.Tokens, 0, clip.Tokenizer!.MaxTextTokens));
            Assert.All(clip.EncodeLongText(text).Vectors, static vector => Assert.All(vector, static x => Assert.True(float.IsFinite(x))));
        }
    }

    [Fact]
    public async Task A_text_that_fits_has_its_usual_bits()
    {
        using Clip clip = ShippedModel.Load(), pooled = Clip.Load(ShippedModel.Path, new() { LongTexts = new() });
        float[] expected = clip.EncodeText("a red apple");
        TensorAssert.SameBits(expected, clip.EncodeLongText("a red apple").Embedding);
        TensorAssert.SameBits(expected, pooled.EncodeText("a red apple"));
        float[] awaited = await pooled.EncodeTextAsync("a red apple");
        TensorAssert.SameBits(expected, awaited);
        float[][] both = await pooled.EncodeTextsAsync(["x", Long]);
        TensorAssert.SameBits(pooled.EncodeText(Long), both[1]);
        Assert.Equal(clip.Space.TextLine, pooled.Space.TextLine);
        Assert.Throws<ArgumentException>(() => clip.EncodeText(Long));
        List<int> done = [];
        pooled.EncodeTexts(["x", Long, "y"], new Direct(done.Add));
        Assert.Equal(3, done[^1]);
    }

    [Fact]
    public void Options_that_mean_nothing_are_refused()
    {
        Assert.Throws<ArgumentException>(() => Clip.Load(ShippedModel.Path, new() { LongTexts = new() { Pooling = LongTextPooling.Best } }));
        Assert.Throws<ArgumentException>(() => Clip.Load(ShippedModel.Path, new() { LongTexts = new() { Overlap = -1 } }));
        Assert.Throws<ArgumentException>(() => Clip.Load(ShippedModel.Path, new() { LongTexts = new(), Normalize = false }));
        Assert.Throws<ArgumentException>(() => Clip.Load(ShippedModel.Path, new() { ContextLength = 2 }));
        Assert.Throws<ArgumentException>(() => Clip.Load(ShippedModel.Path, new() { ContextLength = 9 }));
    }

    /// <summary>Rows of a table of 77 stretched to 248, as Long-CLIP's program does it.</summary>
    [Fact]
    public void Positions_are_stretched_as_by_the_reference()
    {
        string folder = Path.Combine(ConditioningFixture.Directory("sd1"), "text_encoder");
        ModelDirectory directory = ModelDirectory.Open(folder).WithContextLength(248, TextPositionRule.KeepFirst);
        using Checkpoint checkpoint = Checkpoint.Open(directory);
        using Runtime runtime = new(1);
        checkpoint.Load(checkpoint.Towers.Text!, runtime.Tier, null, runtime.Pool);
        ReadOnlySpan<float> stretched = checkpoint.Towers.Text!.Parameters.First(
            static parameter => parameter.Name == "text.positional_embedding").Numbers;
        int[] rows = [0, 19, 20, 21, 22, 23, 24, 100, 243, 244, 245, 246, 247];
        float[] found = new float[rows.Length * 64];
        for (int i = 0; i < rows.Length; i++)
            stretched.Slice(rows[i] * 64, 64).CopyTo(found.AsSpan(i * 64));
        float[] expected = ConditioningFixture.Tensors(ConditioningFixture.PathOf("expected.safetensors"), "longclip")["longclip/positions"];
        TensorAssert.Equal(expected, found, Tolerance.Absolute(1e-7, "rounded once"));
    }

    [Fact]
    public void A_model_with_stretched_positions_takes_longer_texts_and_says_so()
    {
        using Clip own = ShippedModel.Load();
        int length = own.Config.Text!.ContextLength * 3;
        using Clip longer = Clip.Load(ShippedModel.Path, new() { ContextLength = length });
        using Clip even = Clip.Load(ShippedModel.Path, new() { ContextLength = length, TextPositions = TextPositionRule.Linear });
        Assert.Equal(own.Fingerprint, longer.Fingerprint);
        Assert.Contains($"context={length}", longer.Space.TextLine, StringComparison.Ordinal);
        Assert.NotEqual(longer.Space.TextLine, even.Space.TextLine);
        Assert.Equal(own.Space.PictureLine, longer.Space.PictureLine);
        string text = string.Join(' ', Enumerable.Repeat("cat", length - 2));
        Assert.All(longer.EncodeText(text), static x => Assert.True(float.IsFinite(x)));
        Assert.Throws<ArgumentException>(() => longer.EncodeText(text + " cat"));
        if (own.Config.Text.ContextLength > 30)
            TensorAssert.SameBits(own.EncodeText("a red apple"), longer.EncodeText("a red apple")); // the first 20 places stay
        using Clip same = Clip.Load(ShippedModel.Path, new() { ContextLength = own.Config.Text.ContextLength });
        Assert.Equal(own.Space.TextLine, same.Space.TextLine);
    }

    private sealed class Direct(Action<int> report) : IProgress<int>
    {
        public void Report(int value) => report(value);
    }
}

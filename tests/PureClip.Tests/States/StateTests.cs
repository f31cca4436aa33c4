using System.Text.Json;
using PureClip.Files;
using PureClip.Model;
using PureClip.Tests.Model;

namespace PureClip.Tests.States;

public class StateTests
{
    // The norm before the first block divides by a deviation of 0.07, and with it what single precision has rounded in the sums of the
    // patches: 14 times. Where those alone are summed in double precision, all states are within 4.8e-7.
    private static readonly Tolerance LargeStates = Tolerance.Absolute(
        4e-6, "states up to 4.2; PyTorch's own single precision is off by 3.8e-6 here, and by 2.5e-6 in what is projected of patches");

    private static readonly string[] Prompts = ["a photo of a cat", "A person driving a car"];

    /// <summary>Every hidden state of a text encoder of Stable Diffusion, its final states and its pooled vector.</summary>
    [Fact]
    public void A_text_encoder_without_projection_has_the_states_of_the_reference()
    {
        Dictionary<string, float[]> expected = ConditioningFixture.Tensors(ConditioningFixture.PathOf("expected.safetensors"));
        string prompt = FirstPrompt();
        using Clip clip = Clip.Load(Path.Combine(ConditioningFixture.Directory("sd1"), "text_encoder"));
        Assert.Equal(TextProjection.Missing, clip.Config.Text!.Projection);
        TowerStates states = clip.EncodeTextStates(prompt, new() { Pad = true });

        Assert.Equal((77, 64, 4, 1), (states.Tokens, states.Width, states.Layers, states.Heads));
        for (int layer = 0; layer <= 4; layer++)
        {
            float[] truth = expected[$"hidden/l/00/{layer}"];
            TensorAssert.Equal(truth, states.Hidden(layer).Span[..truth.Length], ConditioningFixture.SinglePrecision, $"layer {layer}");
        }
        TensorAssert.Equal(expected["sd1/00/prompt_embeds"], states.Normed(), ConditioningFixture.SinglePrecision, "final");
        TensorAssert.Equal(expected["flux/00/pooled_prompt_embeds"], states.Pooled(), ConditioningFixture.SinglePrecision, "pooled");
        Assert.Null(states.Projected);
        Assert.Null(states.ProjectedTokens);
        Assert.Equal(49407, states.Ids.Span[states.ReadAt]);
        Assert.DoesNotContain(49407, states.Ids.Span[..states.ReadAt].ToArray());
    }

    [Fact]
    public void A_text_encoder_without_projection_says_so_where_an_embedding_is_asked_for()
    {
        using Clip clip = Clip.Load(ConditioningFixture.Directory("sd1"));
        string message = Assert.Throws<InvalidOperationException>(() => clip.EncodeText("a cat")).Message;
        Assert.Contains("without its projection", message, StringComparison.Ordinal);
        Assert.Contains("pooled vectors", message, StringComparison.Ordinal);
    }

    /// <summary>Neither what is kept nor padding changes a bit of what an embedding is made of.</summary>
    [Fact]
    public void The_projected_vector_has_the_bits_of_the_embedding()
    {
        using Clip clip = Clip.Load(ShippedModel.Path, new() { Normalize = false });
        float[] expected = clip.EncodeText(Prompts[0]);
        foreach (StateOptions options in (StateOptions[])
            [new(), new() { Hidden = [] }, new() { Attention = null }, new() { Project = true }, new() { Pad = true, Attention = null }])
        {
            TensorAssert.SameBits(expected, clip.EncodeTextStates(Prompts[0], options).Projected, options.ToString());
            Assert.Equal(options.Project, clip.EncodeTextStates(Prompts[0], options).ProjectedTokens is not null);
        }
        ImageSource picture = TestData.PathOf("gallery/cat.png");
        float[] seen = clip.EncodeImage(picture);
        foreach (StateOptions options in (StateOptions[])[new(), new() { Hidden = [], Attention = null }, new() { Project = true }])
            TensorAssert.SameBits(seen, clip.EncodeImageStates(picture, options).Projected, options.ToString());
    }

    /// <summary>A padded text has more tokens; those that it had keep their bits in every layer.</summary>
    [Fact]
    public void Padding_adds_tokens_and_changes_none()
    {
        using Clip clip = Clip.Load(ShippedModel.Path);
        TowerStates bare = clip.EncodeTextStates(Prompts[0]), padded = clip.EncodeTextStates(Prompts[0], new() { Pad = true });
        Assert.Equal(clip.Config.Text!.ContextLength, padded.Tokens);
        Assert.True(bare.Tokens < padded.Tokens);
        Assert.Equal(bare.ReadAt, padded.ReadAt);
        for (int layer = 0; layer <= bare.Layers; layer++)
            TensorAssert.SameBits(bare.Hidden(layer).Span, padded.Hidden(layer).Span[..bare.Hidden(layer).Length], $"layer {layer}");
        TensorAssert.SameBits(bare.Hidden(-1).Span, bare.Hidden(bare.Layers).Span, "from the end");
    }

    [Fact]
    public void Attention_rows_sum_to_one_and_texts_look_back_only()
    {
        using Clip clip = Clip.Load(ShippedModel.Path);
        TowerStates text = clip.EncodeTextStates(Prompts[1], new() { Attention = null, Hidden = [] });
        TowerStates picture = clip.EncodeImageStates(TestData.PathOf("gallery/cat.png"), new() { Attention = [0, -1], Hidden = [] });
        foreach ((TowerStates states, int block, bool isCausal) in Enumerable.Range(0, text.Layers).Select(block => (text, block, true))
                     .Append((picture, 0, false)).Append((picture, -1, false)))
        {
            ReadOnlySpan<float> weights = states.Attention(block).Span;
            Assert.Equal(states.Heads * states.Tokens * states.Tokens, weights.Length);
            for (int row = 0; row < states.Heads * states.Tokens; row++)
            {
                ReadOnlySpan<float> given = weights.Slice(row * states.Tokens, states.Tokens);
                double sum = 0;
                for (int key = 0; key < states.Tokens; key++)
                {
                    Assert.True(given[key] >= 0);
                    sum += given[key];
                    if (isCausal && key > row % states.Tokens)
                        Assert.Equal(0, given[key]);
                }
                Assert.Equal(1, sum, 1e-5);
            }
        }
        Assert.Throws<ArgumentException>(() => picture.Attention(1));
        Assert.Throws<ArgumentException>(() => picture.Hidden(0));
    }

    [Theory]
    [InlineData(5, "a tower of 2 blocks has hidden states 0 to 2, or -3 to -1 from the end")]
    [InlineData(-4, "asks for -4")]
    public void A_layer_that_is_not_there_is_named(int layer, string part)
    {
        using TinyModel model = TinyModel.HuggingFace();
        using Clip clip = model.Load();
        ArgumentException error = Assert.Throws<ArgumentException>(
            () => clip.EncodeTokenStates([TinyModel.StartId, 5, TinyModel.EndId], new() { Hidden = [layer] }));
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    /// <summary>Tokens that nobody looks at: the others' states are those of a text in which the weights of these are taken away.</summary>
    [Theory, MemberData(nameof(AllTiers))]
    public void Unseen_tokens_weigh_nothing(string tier)
    {
        using TinyTowers towers = new(Tiers.Of(tier), GeluKind.Quick);
        int[] ids = [TinyModel.StartId, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, TinyModel.EndId];
        bool[] unseen = [.. ids.Select((_, i) => i is 2 or 3 or 9)];
        List<float[]> weights = [], plain = [];
        RunText(towers, ids, unseen, weights);
        RunText(towers, ids, null, plain);
        for (int row = 0; row < weights[0].Length / ids.Length; row++)
        {
            int token = row / 3; // three heads, behind one another
            // In the first block only the masked weights differ: the rest keeps its proportions.
            double seen = Enumerable.Range(0, token + 1).Where(key => !unseen[key]).Sum(key => (double)plain[0][row * ids.Length + key]);
            for (int key = 0; key < ids.Length; key++)
                Assert.Equal(
                    unseen[key] || key > token ? 0 : plain[0][row * ids.Length + key] / seen, weights[0][row * ids.Length + key], 2e-6);
        }
        foreach (float[] layer in weights)
            for (int i = 0; i < layer.Length; i++)
                if (unseen[i % ids.Length])
                    Assert.Equal(0f, layer[i]);
    }

    public static IEnumerable<object[]> AllTiers => Tiers.With([[]]);

    [FixtureTheory("conditioning/attention.safetensors"), InlineData("f_rgb"), InlineData("h_palette")]
    public void Pictures_have_the_states_and_attention_of_the_reference(string picture)
    {
        Dictionary<string, float[]> expected = Attention($"picture/{picture}/");
        using Clip clip = Clip.Load(Fixtures.PathOf("checkpoints/tiny/hf"), new() { Normalize = false });
        TowerStates states = clip.EncodePixelStates(expected["pixels"], new() { Attention = null, Project = true });
        Assert.Equal((17, 1), (states.Tokens, states.SpecialTokens));
        CheckStates(expected, states);
        TensorAssert.Equal(expected["tokens_projected"], states.ProjectedTokens, LargeStates, "patches");
        TensorAssert.Equal(expected["vector"], states.Projected, ConditioningFixture.SinglePrecision, "vector");
    }

    [FixtureTheory("conditioning/attention.safetensors"), InlineData(0), InlineData(1), InlineData(2)]
    public void Texts_have_the_states_and_attention_of_the_reference(int index)
    {
        Dictionary<string, float[]> expected = Attention($"text/{index}/");
        string text;
        using (SafetensorsFile file = SafetensorsFile.Open(Fixtures.PathOf("conditioning/attention.safetensors")))
            text = JsonSerializer.Deserialize<string[]>(file.Metadata["texts"])![index];
        using Clip clip = Clip.Load(Fixtures.PathOf("checkpoints/tiny/hf"));
        TowerStates states = clip.EncodeTextStates(text, new() { Attention = null });
        CheckStates(expected, states);
        TensorAssert.Equal(expected["vector"], states.Projected, ConditioningFixture.SinglePrecision, "vector");
    }

    private static Dictionary<string, float[]> Attention(string prefix) =>
        ConditioningFixture.Tensors(Fixtures.PathOf("conditioning/attention.safetensors"), prefix)
            .ToDictionary(pair => pair.Key[prefix.Length..], pair => pair.Value);

    private static void CheckStates(Dictionary<string, float[]> expected, TowerStates states)
    {
        TensorAssert.Equal(
            expected["hidden"], Enumerable.Range(0, states.Layers + 1).SelectMany(k => states.Hidden(k).ToArray()).ToArray(),
            LargeStates, "hidden states");
        TensorAssert.Equal(
            expected["attention"], Enumerable.Range(0, states.Layers).SelectMany(k => states.Attention(k).ToArray()).ToArray(),
            ConditioningFixture.SinglePrecision, "attention");
    }

    private static string FirstPrompt()
    {
        using JsonDocument prompts = JsonDocument.Parse(File.ReadAllText(ConditioningFixture.PathOf("prompts.json")));
        return prompts.RootElement.GetProperty("prompts")[0].GetProperty("text").GetString()!;
    }

    private static void RunText(TinyTowers towers, int[] ids, bool[]? unseen, List<float[]> weights)
    {
        Taps taps = new((tap, _) => tap == Tap.Attention, (_, _, state) => weights.Add(
            [.. Enumerable.Range(0, ids.Length * 3).SelectMany(row => state.RowSpan(row)[..ids.Length].ToArray())]));
        using Pass pass = Pass.Create(towers.Text, towers.Tier, towers.Pool, 1, ids.Length, new(Taps: taps));
        pass.Begin();
        towers.Text.Add(ids, pass);
        pass.Unseen = unseen;
        towers.Text.Forward(pass);
    }
}

using PureClip.Checkpoints;
using PureClip.Model;

namespace PureClip.Tests.Checkpoints;

/// <summary>
/// The table of names against the files: the tiny model as Hugging Face saves it, and converted independently to OpenCLIP's names.
/// </summary>
public sealed class NamesTests
{
    private static readonly TransformerConfig Vision = new(32, 2, 2, 128, GeluKind.Quick, 1e-5f),
        Text = new(24, 2, 3, 96, GeluKind.Quick, 1e-5f);

    private static readonly Parameter[] Parameters = [.. Towers.Of(new(16, new VisionTransformerConfig(Vision, 32, 8), new(Text, 16, 100)))
        .Parameters];

    [Fact]
    public void The_layers_declare_exactly_what_a_Hugging_Face_file_holds()
    {
        using TinyModel model = TinyModel.HuggingFace();
        AssertCovers(model, Names.HuggingFace);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_layers_declare_exactly_what_an_OpenClip_file_holds(bool customText)
    {
        using TinyModel model = TinyModel.OpenClip(customText);
        AssertCovers(model, customText ? Names.OpenClipCustomText : Names.OpenClip);
    }

    [Fact]
    public void A_missing_tower_declares_nothing()
    {
        Assert.All(Towers.Of(new(16, null, new(Text, 16, 100))).Parameters, parameter => Assert.StartsWith("text.", parameter.Name));
        Assert.All(Towers.Of(new(16, new VisionTransformerConfig(Vision, 32, 8), null)).Parameters, parameter =>
            Assert.StartsWith("vision.", parameter.Name));
    }

    [Fact]
    public void Two_layers_cannot_declare_the_same_tensor()
    {
        ParameterList list = new();
        new Scope(list, "a")["b"].Declare("weight", [1]);
        Assert.Contains("a.b.weight", Assert.Throws<ArgumentException>(() => new Scope(list, "a.b").Declare("weight", [1])).Message);
    }

    [Fact]
    public void Only_the_projections_of_OpenClip_are_turned()
    {
        Assert.Equal(["vision.projection", "text.projection"], Parameters.Where(p => Names.Of(p.Name, Names.OpenClip)!.Value.IsTurned)
            .Select(p => p.Name));
        Assert.DoesNotContain(Parameters, p => Names.Of(p.Name, Names.HuggingFace)!.Value.IsTurned);
    }

    [Fact]
    public void Clip_cpp_has_a_name_for_every_tensor_of_a_transformer_and_calls_the_mlp_the_wrong_way_round()
    {
        Assert.All(Parameters, p => Assert.NotNull(Names.Of(p.Name, Names.ClipCpp)));
        Assert.Equal(["v.blk.3.ffn_down.weight"], Names.Of("vision.blocks.3.mlp.fc.weight", Names.ClipCpp)!.Value.Names);
        Assert.Equal(["t.blk.0.attn_q.bias", "t.blk.0.attn_k.bias", "t.blk.0.attn_v.bias"],
            Names.Of("text.blocks.0.attn.qkv.bias", Names.ClipCpp)!.Value.Names);
    }

    /// <summary>
    /// Expands every row for every dialect: nothing is left open, no two of our tensors have one name there, and a name tells its tower.
    /// </summary>
    [Fact]
    public void Every_row_gives_whole_names_of_its_tower_in_every_dialect()
    {
        foreach (Dialect dialect in Names.Dialects)
        {
            (string Ours, string Theirs)[] names =
            [
                .. from pattern in Names.Patterns
                   from leaf in pattern.Contains('*') ? (string[])["weight", "bias"] : [""]
                   let ours = pattern.Replace("#", "7").Replace("*", leaf)
                   where Names.Of(ours, dialect) is not null
                   from theirs in Names.Of(ours, dialect)!.Value.Stored
                   select (ours, theirs),
            ];
            // Two families may call different things the same: OpenCLIP's visual.conv1.weight is a ViT's patch embedding and a ResNet's
            // first convolution. And a matrix has one name, with a bias beside it or without.
            foreach (var one in names.GroupBy(pair => (pair.Ours.Split('.') is [_, "stem" or "query_pool", ..], pair.Theirs)))
                Assert.Single(one.Select(pair => WithoutLeaf(pair.Ours)).Distinct());
            static string WithoutLeaf(string ours) =>
                ours.EndsWith(".weight", StringComparison.Ordinal) ? ours[..^".weight".Length] : ours;
            Assert.All(names, pair =>
            {
                Assert.DoesNotMatch(@"[#*{},:ᵀ\s-]", pair.Theirs);
                Assert.Equal(pair.Ours.Contains('7'), pair.Theirs.Contains('7'));
                Assert.Equal(pair.Ours.StartsWith("text.", StringComparison.Ordinal), Names.IsOfText(pair.Theirs));
                Assert.Equal(pair.Ours.StartsWith("vision.", StringComparison.Ordinal), Names.IsOfVision(pair.Theirs));
            });
        }
    }

    [Theory]
    [InlineData("logit_scale")]
    [InlineData("who.knows")]
    [InlineData("input_resolution")]
    public void Other_names_belong_to_no_tower(string name)
    {
        Assert.False(Names.IsOfText(name));
        Assert.False(Names.IsOfVision(name));
        Assert.Null(Names.Of(name, Names.OpenClip));
    }

    private static void AssertCovers(TinyModel model, Dialect dialect)
    {
        Dictionary<string, string> expected = model.Tensors.Where(pair => pair.Key != "logit_scale")
            .ToDictionary(pair => pair.Key, pair => string.Join(",", pair.Value.Shape));
        Dictionary<string, string> actual = Parameters
            .SelectMany(parameter => Names.Of(parameter.Name, dialect)!.Value.Names, (parameter, name) => (parameter, name))
            .ToDictionary(pair => pair.name, pair =>
                string.Join(",", Matcher.ShapeOf(pair.parameter, Names.Of(pair.parameter.Name, dialect)!.Value)));
        Assert.Equal(expected.OrderBy(pair => pair.Key, StringComparer.Ordinal), actual.OrderBy(pair => pair.Key, StringComparer.Ordinal));
    }
}

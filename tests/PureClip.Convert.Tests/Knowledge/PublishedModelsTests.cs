namespace PureClip.Convert.Tests.Knowledge;

public sealed class PublishedModelsTests
{
    public static TheoryData<string> Names => [.. PublishedModels.All.Select(model => model.Name)];

    [Fact]
    public void The_table_has_the_models_that_people_know()
    {
        Assert.True(PublishedModels.All.Count >= 50);
        string[] names = [.. PublishedModels.All.SelectMany(model => model.Names)];
        Assert.Equal(names.Length, names.Distinct(StringComparer.OrdinalIgnoreCase).Count());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_row_is_complete_and_plausible(string name)
    {
        PublishedModel model = PublishedModels.All.Single(model => model.Name == name);
        Assert.Matches("^[a-z0-9][a-z0-9-]*$", model.Name);
        Assert.Matches("^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$", model.Repository);
        Assert.True(model.Commit is null || model.Commit.Length == 40 && model.Commit.All(char.IsAsciiHexDigitLower), model.Commit);
        Assert.True(model.Sha256 is null || model.Sha256.Length == 64 && model.Sha256.All(char.IsAsciiHexDigitLower), model.Sha256);
        Assert.InRange(model.ContextLength, 32, 512);
        Assert.InRange(model.EmbeddingWidth, 512, 1536);
        Assert.All([model.Family, model.Weights, model.Languages, model.Licence], text => Assert.NotEmpty(text));
        Assert.NotEmpty(model.Files);
        Assert.InRange(model.PictureSize ?? 224, 224, 448);
        if (model.ImageNetTop1 is double top1)
            Assert.InRange(top1, 50, 90);
        Assert.Equal(model.ImageNetTop1 is null, model.Top1Source is null);
        if (model is { Bytes: long bytes, Parameters: double parameters })
            Assert.InRange(bytes / parameters, 1.9, 4.3); // two or four bytes a number
        Assert.Contains(model.Layout, KnownLayouts.All);
    }

    [Theory]
    [InlineData("openai-b32", "openai-b32")]
    [InlineData("OpenAI-B32", "openai-b32")]
    [InlineData("ViT-B/32", "openai-b32")]
    [InlineData("vit-l/14@336px", "openai-l14-336")]
    [InlineData("openai/clip-vit-base-patch32", "openai-b32-hf")]
    [InlineData("openai", null)]
    public void A_model_is_found_by_any_of_its_names(string name, string? found) =>
        Assert.Equal(found, PublishedModels.Find(name)?.Name);

    [Fact]
    public void A_model_is_found_by_the_sum_of_its_weights()
    {
        const string Sum = "A63082132BA4F97A80BEA76823F544493BFFA8082296D62D71581A4FEFF1576F";
        Assert.Equal("openai-b32-hf", PublishedModels.FindWeights(Sum)?.Name);
        Assert.Null(PublishedModels.FindWeights(new string('0', 64)));
    }

    [Fact]
    public void What_is_read_is_what_the_library_reads()
    {
        Assert.All(["openai-b32", "openai-l14", "openai-rn50", "st-clip-b32"], name => Assert.Null(PublishedModels.Find(name)!.Refusal));
        Dictionary<string, ReadOnlyMemory<byte>> other = new() { ["config.json"] = """{"model_type": "blip"}"""u8.ToArray() };
        Assert.Contains("blip", PublishedModels.Refusal(other));
        Assert.Contains("neither config.json", PublishedModels.Refusal(new Dictionary<string, ReadOnlyMemory<byte>>()));
        other["config.json"] = "<html>"u8.ToArray();
        Assert.NotNull(PublishedModels.Refusal(other));
    }

    public static TheoryData<string, string> Fixtures => new()
    {
        { "siglip-hf", "families/siglip-hf" },
        { "siglip2-hf", "families/siglip2-hf" },
        { "siglip2-openclip", "families/siglip2-openclip" },
        { "metaclip2-hf", "families/metaclip2-hf" },
        { "mobileclip-openclip", "families-conv/mobileclip-s0-openclip" },
        { "mobileclip-b-openclip", "families-conv/mobileclip-b-openclip" },
        { "eva02-openclip", "families/eva02-openclip" },
        { "convnext-openclip", "families-conv/convnext-openclip" },
        { "pe-core-openclip", "families/pe-openclip" },
        { "xlmr-openclip", "families/xlmr-openclip" },
        { "mclip", "families/mclip" },
        { "distilbert", "families/st-distilbert" },
        { "chinese-clip", "families/chinese-clip" },
        { "resnet-openclip", "families-conv/rn50-openclip" },
    };

    /// <summary>The configuration of a kind that lies here is answered as one with weights is.</summary>
    [FixtureTheory("families/siglip-hf")]
    [MemberData(nameof(Fixtures))]
    public void A_kind_is_read_where_a_model_of_it_loads(string layout, string fixture)
    {
        string? error = null;
        try
        {
            Clip.Load(PureClip.Tests.Support.Fixtures.PathOf(fixture)).Dispose();
        }
        catch (InvalidDataException e)
        {
            // What is asked is whether the kind is read, not the container that this fixture comes in.
            error = e.Message.Contains("which is not read directly", StringComparison.Ordinal) ? null : e.Message;
        }
        Assert.True(KnownLayouts.Refusal(layout) is null == error is null, $"{KnownLayouts.Refusal(layout)} | {error}");
    }
}

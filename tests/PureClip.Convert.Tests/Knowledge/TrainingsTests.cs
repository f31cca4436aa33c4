using PureClip.Convert.Knowledge;
using PureClip.Model;

namespace PureClip.Convert.Tests.Knowledge;

public sealed class TrainingsTests
{
    [Theory]
    [InlineData("CLIP-ViT-B-32-laion2B-s34B-b79K", "ViT-B-32", "laion2b", GeluKind.Erf)]
    [InlineData("CLIP-ViT-L-14-laion2B-s32B-b82K", "ViT-L-14", "laion2b_s32b_b82k", GeluKind.Erf)]
    [InlineData("vit_b_32-quickgelu-laion400m_e32-46683a32.pt", "ViT-B-32", "laion400m_e32", GeluKind.Quick)]
    [InlineData("vit_b_16-laion400m_e32-55e67d44.pt", "ViT-B-16", "laion400m", GeluKind.Erf)]
    [InlineData("DFN5B-CLIP-ViT-H-14-378", "ViT-H-14-378", "dfn5b", GeluKind.Quick)]
    [InlineData("DFN2B-CLIP-ViT-L-14", "ViT-L-14", "dfn2b", GeluKind.Quick)]
    [InlineData("DFN2B-CLIP-ViT-L-14-39B", "ViT-L-14", "dfn2b_s39b", GeluKind.Erf)]
    [InlineData("metaclip-b32-fullcc2.5b", "ViT-B-32", "metaclip_fullcc", GeluKind.Quick)]
    [InlineData("metaclip-h14-altogether", "ViT-H-14", "metaclip_altogether", GeluKind.Erf)]
    [InlineData("CLIP-ViT-B-16-DataComp.XL-s13B-b90K", "ViT-B-16", "datacomp", GeluKind.Erf)]
    [InlineData("openai/clip-vit-base-patch32", "ViT-B-32", "openai", GeluKind.Quick)]
    public void A_published_name_tells_training_and_gelu(string name, string architecture, string tag, object gelu)
    {
        Training? training = Trainings.FromName(name, architecture);
        Assert.Equal((tag, gelu), (training?.Tag, training?.Gelu));
    }

    [Fact]
    public void Preprocessing_differs_where_open_clip_says_so()
    {
        Assert.Equal(0.5f, Trainings.FromName("laion2b_s32b_b82k", "ViT-L-14")!.Preprocessing.Mean[0]);
        Assert.True(Trainings.FromName("dfn5b", "ViT-H-14")!.Preprocessing.Squash);
    }

    [Fact]
    public void Names_that_say_nothing_give_nothing() => Assert.Null(Trainings.FromName("model.pt", null));

    [Fact]
    public void Every_file_of_openais_is_a_known_architecture() =>
        Assert.All(Trainings.OpenAiFiles.Values, static name => Assert.NotNull(Architectures.ByName(name)));
}

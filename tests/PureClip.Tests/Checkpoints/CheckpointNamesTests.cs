using PureClip.Checkpoints;
using PureClip.Model;

namespace PureClip.Tests.Checkpoints;

/// <summary>The table of names against the files: the tiny model as Hugging Face saves it, and converted independently to OpenCLIP's names.</summary>
public sealed class CheckpointNamesTests
{
    private static readonly TransformerConfig Vision = new(32, 2, 2, 128, GeluKind.Quick, 1e-5f), Text = new(24, 2, 3, 96, GeluKind.Quick, 1e-5f);

    private static readonly List<CheckpointTensor> Table = CheckpointNames.TensorsOf(new(16, new(Vision, 32, 8), new(Text, 16, 100)));

    [Fact]
    public void The_table_is_exactly_what_a_Hugging_Face_file_holds()
    {
        using TinyModel model = TinyModel.HuggingFace();
        AssertCovers(model, CheckpointDialect.HuggingFace);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_table_is_exactly_what_an_OpenClip_file_holds(bool customText)
    {
        using TinyModel model = TinyModel.OpenClip(customText);
        AssertCovers(model, customText ? CheckpointDialect.OpenClipCustomText : CheckpointDialect.OpenClip);
    }

    [Fact]
    public void Canonical_names_are_unique() => Assert.Equal(Table.Count, Table.Select(row => row.Canonical).Distinct().Count());

    [Fact]
    public void A_missing_tower_has_no_rows()
    {
        Assert.All(CheckpointNames.TensorsOf(new(16, null, new(Text, 16, 100))), row => Assert.True(row.IsText));
        Assert.All(CheckpointNames.TensorsOf(new(16, new(Vision, 32, 8), null)), row => Assert.False(row.IsText));
    }

    [Fact]
    public void Only_the_projections_are_transposed() =>
        Assert.Equal(["vision.projection", "text.projection"], Table.Where(row => row.IsTransposed).Select(row => row.Canonical));

    [Fact]
    public void Every_name_belongs_to_its_tower_in_every_dialect() => Assert.All(
        from row in Table from dialect in Enum.GetValues<CheckpointDialect>() from name in row.NamesIn(dialect) select (name, row.IsText),
        of => Assert.Equal((of.IsText, !of.IsText), (CheckpointNames.IsOfText(of.name), CheckpointNames.IsOfVision(of.name))));

    [Theory]
    [InlineData("logit_scale")]
    [InlineData("who.knows")]
    [InlineData("input_resolution")]
    public void Other_names_belong_to_no_tower(string name)
    {
        Assert.False(CheckpointNames.IsOfText(name));
        Assert.False(CheckpointNames.IsOfVision(name));
    }

    private static void AssertCovers(TinyModel model, CheckpointDialect dialect)
    {
        Dictionary<string, string> expected = model.Tensors.Where(pair => pair.Key != "logit_scale").ToDictionary(pair => pair.Key, pair => string.Join(",", pair.Value.Shape));
        Dictionary<string, string> actual = Table.SelectMany(row => row.NamesIn(dialect), (row, name) => (row, name))
            .ToDictionary(pair => pair.name, pair => string.Join(",", pair.row.ShapeIn(dialect)));
        Assert.Equal(expected.OrderBy(pair => pair.Key, StringComparer.Ordinal), actual.OrderBy(pair => pair.Key, StringComparer.Ordinal));
    }
}

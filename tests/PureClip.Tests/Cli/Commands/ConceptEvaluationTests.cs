using PureClip.Cli.Arguments;
using PureClip.Cli.Commands;
using PureClip.Concepts;

namespace PureClip.Tests.Cli.Commands;

public sealed class ConceptEvaluationTests
{
    // Words point east, north, west and south.
    private static readonly NearestWords Words = new(WordTable.FromEmbeddings(
        new("0123456789abcdef0123456789abcdef", 2), "{}", ["east", "north", "west", "south"], [1, 0, 0, 1, -1, 0, 0, -1]));

    private static readonly Dictionary<string, float[]> Pictures = new()
    {
        ["a"] = At(90),
        ["a+east"] = At(30), // + (0.87, -0.5): east is first
        ["b"] = At(100),
        ["b+east"] = At(-20), // + (1.11, -1.33): east is second, behind south
        ["c"] = At(0),
        ["c+north"] = At(60), // + (-0.5, 0.87): north is first
    };

    private static readonly PicturePair[] Pairs =
    [
        new("a+east", "a", "east", "ink", true), new("b+east", "b", "east", "oil", false), new("c+north", "c", "north", "oil", false),
    ];

    [Fact]
    public void Attributes_are_ranked_among_the_words()
    {
        ConceptEvaluation.Row[] rows = [.. new ConceptEvaluation(Pairs, Pictures, Words).Rows()];

        Assert.Equal((3, 2d, 3d), Of(rows, "all", "with - without"));
        Assert.Equal((1, 1d, 1d), Of(rows, "trained styles", "with - without"));
        Assert.Equal((2, 1d, 2d), Of(rows, "unseen styles", "with - without"));
        Assert.Equal((1, 1d, 1d), Of(rows, "ink", "with - without"));
        Assert.Equal((3, 3d, 3d), Of(rows, "all", "with alone"));
    }

    [Fact]
    public void The_mean_takes_the_pairs_of_an_attribute_together()
    {
        // (0.87, -0.5) and (0.64, -0.77), both of length 1, make (1.51, -1.27): east.
        ConceptEvaluation.Row[] rows = [.. new ConceptEvaluation(Pairs, Pictures, Words).Rows()];
        Assert.Equal((1, 1d, 1d), Of(rows, "all", "mean of an attribute's pairs"));
        Assert.Equal((2, 1d, 2d), Of(rows, "all", "these pairs one by one"));
        Assert.DoesNotContain(rows, row => row.Group == "oil" && row.Scoring == "mean of an attribute's pairs");
    }

    [Fact]
    public void The_shuffled_baseline_takes_another_picture_of_the_same_art()
    {
        // Of "oil" there is one other: b+east - c = (-0.06, -0.34) has east third, c+north - b = (0.67, -0.12) north.
        ConceptEvaluation.Row row = new ConceptEvaluation(Pairs, Pictures, Words).Rows()
            .Single(row => row is { Group: "oil", Scoring: "with - another's without" });
        Assert.Equal((2, 0d, 2d, 0d, 0d), (row.Of, row.First, row.Top3, row.FirstDeviation!.Value, row.Top3Deviation!.Value));
    }

    [Fact]
    public void A_single_pair_has_no_shuffled_baseline() =>
        Assert.DoesNotContain(new ConceptEvaluation(Pairs[..1], Pictures, Words).Rows(), row => row.FirstDeviation is not null);

    [Fact]
    public void Pairs_may_repeat() =>
        Assert.Equal(2, new ConceptEvaluation([Pairs[0], Pairs[0] with { }], Pictures, Words).Rows().First().Of);

    private static float[] At(double degrees) => [(float)Math.Cos(degrees * Math.PI / 180), (float)Math.Sin(degrees * Math.PI / 180)];

    private static (int Of, double First, double Top3) Of(ConceptEvaluation.Row[] rows, string group, string scoring)
    {
        ConceptEvaluation.Row row = rows.Single(row => row.Group == group && row.Scoring == scoring);
        return (row.Of, row.First, row.Top3);
    }
}

using PureClip.Labels;

namespace PureClip.Tests.Labels;

public sealed class FoldsTests
{
    [Theory]
    [InlineData(5, new[] { 20, 10, 3 })]
    [InlineData(4, new[] { 2, 9 })]
    [InlineData(2, new[] { 2, 2 })]
    public void Classes_are_spread_evenly_and_no_part_has_all_of_one(int wanted, int[] sizes)
    {
        LabelledEmbeddings pictures = Synthetic.Classes(sizes, 3, 1);
        int count = Folds.Count(pictures, wanted);
        Assert.Equal(wanted, count);
        int[] folds = Folds.Assign(pictures, count);
        foreach (IGrouping<int, int> ofClass in Enumerable.Range(0, pictures.Count).GroupBy(pictures.ClassOf))
        {
            int[] counts = [.. Enumerable.Range(0, count).Select(fold => ofClass.Count(picture => folds[picture] == fold))];
            Assert.InRange(counts.Max() - counts.Min(), 0, 1);
            Assert.True(counts.Max() < ofClass.Count());
        }
        int[] all = [.. folds.CountBy(fold => fold).Select(pair => pair.Value)];
        Assert.InRange(all.Max() - all.Min(), 0, 1);
        Assert.Equal(folds, Folds.Assign(pictures, count));
    }

    [Fact]
    public void There_are_no_more_parts_than_the_largest_class_has_pictures() =>
        Assert.Equal(3, Folds.Count(Synthetic.Classes([2, 3], 3, 1), 5));
}

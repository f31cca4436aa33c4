using PureClip.Labels;

namespace PureClip.Tests.Labels;

public sealed class LabelledEmbeddingsTests
{
    private static readonly float[] A = [3f, 4f], B = [0f, 2f];

    [Fact]
    public void Embeddings_get_length_one_and_classes_are_counted()
    {
        LabelledEmbeddings pictures = new(new("f", 2), ["a", "b"], [A, B, B, B, A], [1, 0, 0, 0, 1]);
        Assert.Equal([0.6f, 0.8f], pictures.Direction(0));
        Assert.Equal([3, 2], pictures.Sizes);
        Assert.Equal((5, 2), (pictures.Count, pictures.Width));
    }

    [Fact]
    public void A_class_with_one_picture_is_refused_by_name() =>
        Assert.Contains("\"lonely\" has 1 pictures; it takes two", Refused(["a", "lonely"], [A, A, B], [0, 0, 1]));

    [Fact]
    public void One_class_is_not_enough() => Assert.Contains("two classes", Refused(["a"], [A, A], [0, 0]));

    [Fact]
    public void Damaged_embeddings_are_refused()
    {
        Assert.Contains("Embedding 3", Refused(["a", "b"], [A, A, B, [1f]], [0, 0, 1, 1]));
        Assert.Contains("Embedding 1", Refused(["a", "b"], [A, [0f, 0f], B, B], [0, 0, 1, 1]));
        Assert.Contains("Embedding 2", Refused(["a", "b"], [A, A, [float.NaN, 0f], B], [0, 0, 1, 1]));
    }

    [Fact]
    public void Classes_are_places_of_labels()
    {
        Assert.Contains("class 2", Refused(["a", "b"], [A, A, B, B], [0, 0, 1, 2]));
        Assert.Contains("4 embeddings came with 3 classes", Refused(["a", "b"], [A, A, B, B], [0, 0, 1]));
    }

    private static string Refused(string[] labels, float[][] embeddings, int[] classes) =>
        Assert.Throws<ArgumentException>(() => new LabelledEmbeddings(new("f", 2), labels, embeddings, classes)).Message;
}

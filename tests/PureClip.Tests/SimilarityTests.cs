namespace PureClip.Tests;

public class SimilarityTests
{
    [Fact]
    public void Cosine_is_that_of_the_angle_and_zero_for_a_zero_vector()
    {
        Assert.Equal(1f, Similarity.Cosine([3f, 4f], [6f, 8f]), 1e-6);
        Assert.Equal(0f, Similarity.Cosine([1f, 0f], [0f, 5f]));
        Assert.Equal(-1f, Similarity.Cosine([1f, 2f], [-2f, -4f]), 1e-6);
        Assert.Equal(0.6f, Similarity.Cosine([1f, 0f], [3f, 4f]), 1e-6);
        Assert.Equal(0f, Similarity.Cosine([0f, 0f], [3f, 4f]));
        Assert.Equal(0f, Similarity.Cosine([3f, 4f], [0f, 0f]));
    }

    [Fact]
    public void Vectors_of_different_length_are_refused()
    {
        Assert.Contains("same model", Assert.Throws<ArgumentException>(() => Similarity.Cosine([1f], [1f, 2f])).Message);
        Assert.Throws<ArgumentException>(() => Similarity.Cosine([], []));
    }

    [Fact]
    public void Softmax_survives_large_logits()
    {
        Assert.Equal([0.5f, 0.5f], Similarity.Softmax([1e30f, 1e30f]));
        Assert.Equal([1f, 0f], Similarity.Softmax([500f, -500f]));
        Assert.Empty(Similarity.Softmax([]));
        Assert.Equal(1, Similarity.Softmax([1f, 2f, 3f]).Sum(), 1e-6);
    }
}

using System.Text.Json;
using PureClip.Labels;

namespace PureClip.Tests.Labels;

public sealed class LogisticRegressionTests
{
    private static readonly JsonElement Reference = JsonDocument.Parse(
        File.ReadAllBytes(TestData.PathOf("labels/logistic.json"))).RootElement;

    [Fact]
    public void Equals_newtons_method()
    {
        LabelledEmbeddings pictures = ReferencePictures();
        JsonElement[] solutions = [.. Reference.GetProperty("solutions").EnumerateArray()];
        double[] lambdas = [.. solutions.Select(solution => solution.GetProperty("lambda").GetDouble())];
        LogisticRegression regression = new(pictures, [.. Enumerable.Range(0, pictures.Count)]);
        LinearHead[] heads = regression.Fit(lambdas, CancellationToken.None);
        for (int i = 0; i < heads.Length; i++)
        {
            Assert.All(ShippedModel.Numbers(solutions[i].GetProperty("weights")).Zip(heads[i].Weights.ToArray()), pair =>
                Assert.Equal(pair.First, pair.Second, 1e-3f));
            Assert.All(ShippedModel.Numbers(solutions[i].GetProperty("biases")).Zip(heads[i].Biases.ToArray()), pair =>
                Assert.Equal(pair.First, pair.Second, 1e-3f));
            double[] parameters = [.. heads[i].Weights.ToArray(), .. heads[i].Biases.ToArray()], gradient = new double[parameters.Length];
            Assert.Equal(solutions[i].GetProperty("loss").GetDouble(), regression.Evaluate(parameters, lambdas[i], gradient), 1e-6);
        }
    }

    [Fact]
    public void Equals_patient_gradient_descent()
    {
        LabelledEmbeddings pictures = Synthetic.Classes([8, 5, 3], 4, 0.8);
        int[] rows = [.. Enumerable.Range(0, pictures.Count)];
        LinearHead head = new LogisticRegression(pictures, rows).Fit([0.05], CancellationToken.None)[0];

        double[,] weights = new double[3, 5]; // the last column is the bias
        for (int step = 0; step < 4000; step++)
        {
            double[,] gradient = Gradient(pictures, weights, 0.05);
            for (int label = 0; label < 3; label++)
                for (int i = 0; i < 5; i++)
                    weights[label, i] -= gradient[label, i];
        }
        for (int label = 0; label < 3; label++)
        {
            for (int i = 0; i < 4; i++)
                Assert.Equal(weights[label, i], head[label][i], 1e-4);
            Assert.Equal(weights[label, 4], head.Biases.Span[label], 1e-4);
        }
    }

    [Fact]
    public void What_weights_are_pulled_to_is_where_they_end_if_the_pull_is_strong()
    {
        LabelledEmbeddings pictures = Synthetic.Classes([6, 6, 6], 5, 1);
        LinearHead prior = Synthetic.Classifier(3, 5).Head;
        LogisticRegression regression = new(pictures, [.. Enumerable.Range(0, 18)], prior);
        LinearHead[] heads = regression.Fit([1e6, 0.1], CancellationToken.None);
        Assert.All(prior.Weights.ToArray().Zip(heads[0].Weights.ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
        double[] x = [.. heads[1].Weights.ToArray(), .. heads[1].Biases.ToArray()], gradient = new double[18], ignored = new double[18];
        double least = regression.Evaluate(x, 0.1, gradient);
        Assert.All(gradient, slope => Assert.Equal(0, slope, 1e-4));
        for (int i = 0; i < x.Length; i++)
        {
            double[] moved = [.. x];
            moved[i] += 0.1;
            Assert.True(regression.Evaluate(moved, 0.1, ignored) > least);
        }
    }

    [Fact]
    public void Views_are_learnt_from_and_not_judged()
    {
        LabelledEmbeddings plain = Synthetic.Classes([5, 5], 6, 1);
        float[][] directions = [.. Enumerable.Range(0, 10).Select(plain.Direction)];
        int[] classes = [.. Enumerable.Range(0, 10).Select(plain.ClassOf)], places = [.. Enumerable.Range(0, 10)];
        LabelledEmbeddings twice = new(plain.Space, plain.Labels, [.. directions, .. directions], [.. classes, .. classes], [.. places, .. places]);
        Assert.Equal([5, 5], twice.Sizes);
        // Copies change neither the mean loss nor who is judged: all is as without them.
        TrainedProbe expected = LinearProbe.Train(plain), found = LinearProbe.Train(twice);
        Assert.All(expected.Settings.Zip(found.Settings), pair =>
        {
            Assert.Equal(pair.First.Accuracy, pair.Second.Accuracy);
            Assert.Equal(pair.First.LogLoss, pair.Second.LogLoss, 1e-3);
        });
        Assert.Contains("that is no view", Assert.Throws<ArgumentException>(
            () => new LabelledEmbeddings(plain.Space, plain.Labels, directions, classes, [9, .. places[1..]])).Message);
    }

    [Fact]
    public void The_gradient_is_the_difference_quotient_of_the_loss()
    {
        LabelledEmbeddings pictures = Synthetic.Classes([4, 3, 3], 5, 1);
        LogisticRegression regression = new(pictures, [0, 2, 4, 5, 7, 9]);
        double[] x = [.. Synthetic.Vector(new(6), 18)], gradient = new double[18], ignored = new double[18];
        regression.Evaluate(x, 0.3, gradient);
        for (int i = 0; i < x.Length; i++)
        {
            const double Step = 1e-6;
            double[] up = [.. x], down = [.. x];
            up[i] += Step;
            down[i] -= Step;
            Assert.Equal((regression.Evaluate(up, 0.3, ignored) - regression.Evaluate(down, 0.3, ignored)) / (2 * Step), gradient[i], 1e-8);
        }
    }

    internal static LabelledEmbeddings ReferencePictures() => new(Synthetic.Space(6), ["a", "b", "c", "d"],
        [.. Reference.GetProperty("embeddings").EnumerateArray().Select(ShippedModel.Numbers)],
        [.. Reference.GetProperty("classes").EnumerateArray().Select(e => e.GetInt32())]);

    private static double[,] Gradient(LabelledEmbeddings pictures, double[,] weights, double lambda)
    {
        double[,] gradient = new double[3, 5];
        for (int picture = 0; picture < pictures.Count; picture++)
        {
            double[] x = [.. pictures.Direction(picture), 1];
            double[] powers = [.. Enumerable.Range(0, 3)
                .Select(label => Math.Exp(Enumerable.Range(0, 5).Sum(i => weights[label, i] * x[i])))];
            for (int label = 0; label < 3; label++)
                for (int i = 0; i < 5; i++)
                    gradient[label, i] +=
                        (powers[label] / powers.Sum() - (label == pictures.ClassOf(picture) ? 1 : 0)) * x[i] / pictures.Count;
        }
        for (int label = 0; label < 3; label++)
            for (int i = 0; i < 4; i++)
                gradient[label, i] += lambda * weights[label, i];
        return gradient;
    }
}

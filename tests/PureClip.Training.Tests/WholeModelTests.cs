using PureClip.Generation;
using PureClip.Training.Tests.Support;

namespace PureClip.Training.Tests;

/// <summary>
/// Gradients of whole models along random directions are the slopes of what the forward pass computes: nothing between layers is forgotten
/// or counted twice. How exact each layer is, its own tests say.
/// </summary>
public class WholeModelTests
{
    private const float Step = 2e-2f;

    [Theory]
    [InlineData(null)]
    [InlineData(9)]
    public void OfAClipWithFacts(int? kept)
    {
        const int Pairs = 12, Facts = 20;
        using TinyClip tiny = new(Pairs, tier: "avx2", facts: Facts);
        using ClipStep step = new(tiny.Model, new(MicroBatch: 5));
        ClipBatch drawn = tiny.Draw(1, 0, Pairs, kept);
        FactTargets Of(int rows)
        {
            FactTargets targets = new();
            for (int i = 0; i < rows; i++)
                targets.Add((i % Facts, 0.5f), ((i + 3) % Facts, 0.5f));
            return targets;
        }
        ClipBatch batch = new()
        {
            Pixels = drawn.Pixels,
            Texts = drawn.Texts,
            Kept = drawn.Kept,
            Positives = drawn.Positives,
            PictureFacts = Of(Pairs),
            TextFacts = Of(Pairs),
            Pairs = [(0, 1), (4, 3)],
            PairFacts = Of(2),
        };
        Check(tiny.Model.Numbers, () => step.Run(batch).Loss);
    }

    [Fact]
    public void OfAGenerator()
    {
        GeneratorConfig c = new(16, 2, 2, 4, 8, VectorWidth: 6, StateWidth: 5, Frequencies: 8, Kinds: 3);
        using TrainingCompute compute = Numbers.Machine("avx2");
        using TrainedNumbers numbers = new(GeneratorTraining.Declare(c), compute);
        int seed = 1;
        foreach (Learned learned in numbers.List.All)
            Numbers.Random((int)learned.Count, seed++, 0.4f).CopyTo(numbers.Numbers[learned]);
        using GeneratorTraining generator = new(numbers, c);
        float[] x = Numbers.Random(3 * c.Numbers, 50), noise = Numbers.Random(3 * c.Numbers, 51), z = new float[x.Length],
            p = new float[x.Length], dp = new float[x.Length];
        float[] times = [0.1f, 0.5f, 0.8f];
        DrawnThing[] things =
        [
            new(Numbers.Random(6, 60), Numbers.Random(15, 61), Kinds: [2]),
            new(Numbers.Random(6, 62), Numbers.Random(5, 63), IsDropped: true), new(Numbers.Random(6, 64), default, Kinds: [0, 1]),
        ];
        FlowLoss.Mix(x, noise, times, z);
        Check(numbers, () =>
        {
            generator.Forward(z, times, things, p);
            double loss = FlowLoss.Run(p, x, times, x.Length, dp);
            generator.Backward(dp);
            return loss;
        });
    }

    private static void Check(TrainedNumbers model, Func<double> run)
    {
        model.Pack();
        model.Gradients.Clear();
        run();
        Dictionary<string, float[]> gradients = model.List.All.ToDictionary(
            learned => learned.Name, learned => model.Gradients[learned].ToArray());
        int seed = 1000;
        foreach (Learned learned in model.List.All)
        {
            float[] start = model.Numbers[learned].ToArray(), direction = Numbers.Random(start.Length, seed++);
            double length = Math.Sqrt(direction.Sum(value => (double)value * value));
            double At(double offset)
            {
                for (int i = 0; i < start.Length; i++)
                    model.Numbers[learned][i] = (float)(start[i] + offset * direction[i] / length);
                model.Pack();
                return run();
            }
            double slope = (8 * (At(Step) - At(-Step)) - (At(2 * Step) - At(-2 * Step))) / (12 * Step);
            start.CopyTo(model.Numbers[learned]);
            double found = gradients[learned.Name].Select((gradient, i) => gradient * direction[i] / length).Sum();
            double size = Math.Sqrt(gradients[learned.Name].Sum(gradient => (double)gradient * gradient));
            Assert.True(
                Math.Abs(found - slope) <= 0.02 * size + 1e-4, $"{learned.Name}: gradient {found}, slope {slope}, of a length of {size}");
        }
    }
}

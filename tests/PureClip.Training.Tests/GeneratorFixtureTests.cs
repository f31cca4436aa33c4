using System.Text.Json;
using PureClip.Generation;
using PureClip.Training.Tests.Support;

namespace PureClip.Training.Tests;

/// <summary>A network that draws against torch in double: every gradient, and where twenty steps of each optimiser lead.</summary>
public class GeneratorFixtureTests
{
    private const string Folder = "training/generator";

    [FixtureTheory(Folder)]
    [MemberData(nameof(Tiers.All), MemberType = typeof(Tiers))]
    public void EveryGradient(string tier)
    {
        using GradientFixtures f = new("generator/training.safetensors");
        JsonElement expected = f.Expected.GetProperty("models").GetProperty("generator"),
            tolerance = expected.GetProperty("tolerance_float32");
        using TrainingCompute compute = Numbers.Machine(tier);
        using TrainedNumbers numbers = Load(compute, expected);
        using GeneratorTraining generator = new(numbers, ConfigOf(expected));
        numbers.Pack();
        Assert.Equal(1, Run(generator, f, expected) / expected.GetProperty("loss").GetDouble(), tolerance.GetProperty("loss").GetDouble());
        double largest = f.Names.Where(name => name.StartsWith("grad/", StringComparison.Ordinal))
            .Max(name => f.Doubles(name).Max(Math.Abs));
        foreach (Learned learned in numbers.List.All)
        {
            float[] found = numbers.Gradients[learned].ToArray();
            double[] wanted = f.Doubles($"grad/{learned.Name}");
            if (learned.Name.EndsWith("attn.qkv.bias", StringComparison.Ordinal))
            {
                // Softmax does not see what is added to all keys.
                int third = found.Length / 3;
                NearAssert.Equal(
                    new double[third], found.AsSpan(third, third), tolerance.GetProperty("zero_gradients_over_the_largest").GetDouble(),
                    learned.Name, largest);
                wanted.AsSpan(third, third).Clear();
                found.AsSpan(third, third).Clear();
            }
            NearAssert.Equal(wanted, found, tolerance.GetProperty("gradients").GetDouble(), learned.Name);
        }
    }

    [FixtureTheory(Folder)]
    [InlineData("adamw")]
    [InlineData("muon")]
    public void TwentySteps(string optimiser)
    {
        using GradientFixtures f = new("generator/training.safetensors");
        JsonElement expected = f.Expected.GetProperty("models").GetProperty("generator"),
            tolerance = expected.GetProperty("tolerance_float32");
        using TrainingCompute compute = Numbers.Machine("avx2");
        using TrainedNumbers numbers = Load(compute, expected), start = Load(compute, expected);
        using GeneratorTraining generator = new(numbers, ConfigOf(expected));
        using NumberSet mean = new(numbers.List), square = new(numbers.List);
        AdamW adamw = new(numbers.List, compute.Pool, new());
        using Muon muon = new(numbers.List, compute, new());
        double[] losses = [.. expected.GetProperty($"losses_{optimiser}").EnumerateArray().Select(loss => loss.GetDouble())];
        for (int k = 1; k <= losses.Length; k++)
        {
            numbers.Pack();
            numbers.Gradients.Clear();
            Assert.Equal(1, Run(generator, f, expected) / losses[k - 1], tolerance.GetProperty("losses").GetDouble());
            adamw.Step(numbers.Numbers, numbers.Gradients, mean, square, 1e-3, k, all: optimiser == "adamw");
            if (optimiser == "muon")
                muon.Step(numbers.Numbers, numbers.Gradients, mean, 0.02);
        }
        foreach (Learned learned in numbers.List.All)
        {
            double[] moved = f.Doubles($"{optimiser}20/{learned.Name}");
            double error = 0, size = 0;
            for (int i = 0; i < moved.Length; i++)
            {
                if (learned.Name.EndsWith("attn.qkv.bias", StringComparison.Ordinal) && i / (moved.Length / 3) == 1)
                    continue; // steps of rounding noise
                error += Math.Pow(numbers.Numbers[learned][i] - start.Numbers[learned][i] - moved[i], 2);
                size += moved[i] * moved[i];
            }
            Assert.True(
                Math.Sqrt(error / size) <= tolerance.GetProperty("steps_rms").GetProperty($"{optimiser}20").GetDouble(),
                $"{learned.Name}: {Math.Sqrt(error / size):E2} of the movement");
        }
    }

    internal static GeneratorConfig ConfigOf(JsonElement expected)
    {
        JsonElement c = expected.GetProperty("config");
        int Of(string name) => c.GetProperty(name).GetInt32();
        return new(Of("width"), Of("layers"), Of("heads"), Of("patch"), Of("size"), Of("vector"), Of("states"), Of("frequencies"));
    }

    private static TrainedNumbers Load(TrainingCompute compute, JsonElement expected)
    {
        using GradientFixtures f = new("generator/model.safetensors");
        TrainedNumbers numbers = new(GeneratorTraining.Declare(ConfigOf(expected)), compute);
        Assert.Equal(f.Names.Order(), numbers.List.All.Select(learned => learned.Name).Order());
        foreach (Learned learned in numbers.List.All)
            f.Floats(learned.Name).CopyTo(numbers.Numbers[learned]);
        return numbers;
    }

    private static double Run(GeneratorTraining generator, GradientFixtures f, JsonElement expected)
    {
        (float[] x, float[] z, float[] times, DrawnThing[] things) = Batch(f, expected);
        float[] p = new float[x.Length], dp = new float[x.Length];
        generator.Forward(z, times, things, p);
        double loss = FlowLoss.Run(p, x, times, x.Length, dp);
        generator.Backward(dp);
        return loss;
    }

    /// <summary>Pictures, their mixtures with noise, times, and what is drawn.</summary>
    internal static (float[] X, float[] Z, float[] Times, DrawnThing[] Things) Batch(GradientFixtures f, JsonElement expected)
    {
        float[] times = [.. expected.GetProperty("t").EnumerateArray().Select(t => t.GetSingle())], x = f.Floats("in/x"),
            vectors = f.Floats("in/vector"), states = f.Floats("in/states");
        int[] lengths = [.. expected.GetProperty("lengths").EnumerateArray().Select(length => length.GetInt32())];
        int width = f.Shape("in/vector")[1], most = f.Shape("in/states")[1], stateWidth = f.Shape("in/states")[2];
        DrawnThing[] things = [.. expected.GetProperty("dropped").EnumerateArray().Select((dropped, i) => new DrawnThing(
            vectors.AsMemory(i * width, width), states.AsMemory(i * most * stateWidth, lengths[i] * stateWidth), dropped.GetBoolean()))];
        float[] z = new float[x.Length];
        FlowLoss.Mix(x, f.Floats("in/noise"), times, z);
        return (x, z, times, things);
    }
}

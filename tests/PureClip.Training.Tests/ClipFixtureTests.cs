using System.Text.Json;
using PureClip.Checkpoints;
using PureClip.Files;
using PureClip.Training.Tests.Support;

namespace PureClip.Training.Tests;

/// <summary>A whole CLIP against torch in double: every gradient, and where twenty steps of each optimiser lead.</summary>
public class ClipFixtureTests
{
    private const string Folder = "training/clip";

    [FixtureTheory(Folder)]
    [MemberData(nameof(Tiers.All), MemberType = typeof(Tiers))]
    public void EveryGradient(string tier)
    {
        using GradientFixtures f = new("clip/training.safetensors");
        JsonElement expected = f.Expected.GetProperty("models").GetProperty("clip"), tolerance = expected.GetProperty("tolerance_float32");
        using TrainingCompute compute = Numbers.Machine(tier);
        using ClipTraining model = Load(compute);
        using ClipStep step = new(model, new(MicroBatch: 2));
        StepResult result = step.Run(Batch(f));
        Assert.Equal(1, result.Loss / expected.GetProperty("loss").GetDouble(), tolerance.GetProperty("loss").GetDouble());

        string[] zeros = [.. expected.GetProperty("zero_gradients").EnumerateArray().Select(name => name.GetString()!)];
        double largest = f.Names.Where(name => name.StartsWith("grad/", StringComparison.Ordinal))
            .Max(name => f.Doubles(name).Max(Math.Abs));
        int compared = 0;
        ForEach(model, model.Numbers.Gradients, (theirs, found) =>
        {
            bool isZero = zeros.Contains(theirs);
            NearAssert.Equal(
                f.Doubles($"grad/{theirs}"), found,
                tolerance.GetProperty(isZero ? "zero_gradients_over_the_largest" : "gradients").GetDouble(), theirs,
                isZero ? largest : null);
            compared++;
        });
        Assert.Equal(f.Names.Count(name => name.StartsWith("grad/", StringComparison.Ordinal)), compared);
    }

    [FixtureTheory(Folder)]
    [InlineData("adamw")]
    [InlineData("muon")]
    public void TwentySteps(string optimiser)
    {
        using GradientFixtures f = new("clip/training.safetensors");
        JsonElement expected = f.Expected.GetProperty("models").GetProperty("clip"), tolerance = expected.GetProperty("tolerance_float32");
        JsonElement recipe = expected.GetProperty("recipe"), allowed = tolerance.GetProperty("steps_rms");
        using TrainingCompute compute = Numbers.Machine("avx2");
        using ClipTraining model = Load(compute), start = Load(compute);
        using ClipStep step = new(model, new());
        LearnedList list = model.Numbers.List;
        using NumberSet mean = new(list), square = new(list);
        AdamW adamw = new(list, compute.Pool, new(Decay: recipe.GetProperty("adamw").GetProperty("weight_decay").GetDouble()));
        using Muon muon = new(list, compute, new());
        string[] zeros = [.. expected.GetProperty("zero_gradients").EnumerateArray().Select(name => name.GetString()!)];
        double[] losses = [.. expected.GetProperty($"losses_{optimiser}").EnumerateArray().Select(loss => loss.GetDouble())];
        for (int k = 1; k <= losses.Length; k++)
        {
            model.Numbers.Gradients.Clear();
            Assert.Equal(1, step.Run(Batch(f)).Loss / losses[k - 1], tolerance.GetProperty("losses").GetDouble());
            adamw.Step(
                model.Numbers.Numbers, model.Numbers.Gradients, mean, square, recipe.GetProperty("adamw").GetProperty("lr").GetDouble(), k,
                all: optimiser == "adamw");
            if (optimiser == "muon")
                muon.Step(model.Numbers.Numbers, model.Numbers.Gradients, mean, recipe.GetProperty("muon").GetProperty("lr").GetDouble());
            ref float scale = ref model.Numbers.Numbers[ClipTraining.LogitScale][0];
            scale = MathF.Min(scale, MathF.Log(100));
            model.Numbers.Pack();
            if (optimiser == "adamw" && k == 1)
                Compare("adamw1");
        }
        Compare($"{optimiser}20");

        void Compare(string what)
        {
            Dictionary<string, float[]> from = [];
            ForEach(start, start.Numbers.Numbers, (theirs, numbers) => from.Add(theirs, numbers.ToArray()));
            ForEach(model, model.Numbers.Numbers, (theirs, found) =>
            {
                if (zeros.Contains(theirs))
                    return; // steps of rounding noise
                double[] moved = f.Doubles($"{what}/{theirs}");
                double error = 0, size = 0;
                for (int i = 0; i < moved.Length; i++)
                {
                    error += Math.Pow(found[i] - from[theirs][i] - moved[i], 2);
                    size += moved[i] * moved[i];
                }
                Assert.True(
                    Math.Sqrt(error / size) <= allowed.GetProperty(what).GetDouble(),
                    $"{what} {theirs}: {Math.Sqrt(error / size):E2} of the movement");
            });
        }
    }

    [FixtureFact(Folder)]
    public void InferenceGivesTheSameEmbeddings()
    {
        using GradientFixtures f = new("clip/training.safetensors");
        using TrainingCompute compute = Numbers.Machine("avx2");
        using ClipTraining model = Load(compute);
        ClipBatch batch = Batch(f);
        using BlockScratch t = new();
        using VisionTraining.Memory m = new(model.Vision);
        using TrainingMatrix a = Numbers.Matrix(batch.Count, model.Config.EmbeddingWidth);
        model.Vision.Forward(batch.Pixels, null, m, t, a.View);
        NearAssert.Equal(f.Doubles("tap/vision_projected"), Numbers.ToArray(a.View), 1e-5, "pictures");
    }

    private static ClipTraining Load(TrainingCompute compute)
    {
        ModelDirectory directory = ModelDirectory.Open(Fixtures.PathOf(Folder));
        using Checkpoint checkpoint = Checkpoint.Open(directory.WeightsPath, directory.Config);
        ClipTraining model = new(directory.Config, compute);
        model.Load(checkpoint);
        return model;
    }

    private static ClipBatch Batch(GradientFixtures f)
    {
        long[] Integers(string name) => Read(Fixtures.PathOf($"{Folder}/training.safetensors"), name);
        int[] shape = f.Shape("in/ids");
        long[] ids = Integers("in/ids"), positives = Integers("in/positives");
        return new()
        {
            Pixels = f.Floats("in/pixels"),
            Texts = [.. Enumerable.Range(0, shape[0])
            .Select(i => Array.ConvertAll(ids[(i * shape[1])..((i + 1) * shape[1])], static id => (int)id))],
            Positives = Array.ConvertAll(positives, static mark => mark != 0),
        };
    }

    private static long[] Read(string path, string name)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        long[] numbers = new long[file[name].ElementCount];
        file.Read(file[name], 0, System.Runtime.InteropServices.MemoryMarshal.AsBytes(numbers.AsSpan()));
        return numbers;
    }

    private delegate void Visitor(string theirs, ReadOnlySpan<float> numbers);

    /// <summary>Each tensor as the fixture names and splits it.</summary>
    private static void ForEach(ClipTraining model, NumberSet numbers, Visitor visit)
    {
        foreach (Learned learned in model.Numbers.List.All)
        {
            if (learned.Name == ClipTraining.LogitBias)
                continue;
            string[] names = Names.Of(learned.Name, Names.HuggingFace)?.Names ?? [learned.Name];
            int each = (int)learned.Count / names.Length;
            for (int i = 0; i < names.Length; i++)
                visit(names[i], numbers[learned].Slice(i * each, each));
        }
    }
}

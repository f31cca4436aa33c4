using PureClip.Files;
using PureClip.Generation;
using PureClip.Training.Tests.Support;

namespace PureClip.Training.Tests;

/// <summary>
/// The network that draws, without what training keeps: the same pictures as the one that learns,
/// and the same bits however it is run.
/// </summary>
public sealed class GeneratorNetworkTests
{
    private const string Folder = "training/generator";

    private static readonly GeneratorConfig Small = new(32, 2, 2, 4, 16, 12, 10, 8, Kinds: 3, IsNormalized: true);

    [Theory]
    [InlineData(VectorWidth.Avx512, "avx512")]
    [InlineData(VectorWidth.Avx2, "avx2")]
    [InlineData(VectorWidth.Vector128, "vector128")]
    [InlineData(VectorWidth.Scalar, "scalar")]
    public void DrawsWhatTheNetworkThatLearnsDraws(VectorWidth vectors, string tier)
    {
        if (!Runtime.Available.Contains(vectors))
            return; // this machine cannot
        using TrainingCompute compute = Numbers.Machine(tier);
        using TrainedNumbers numbers = RandomNumbers(Small, compute);
        using GeneratorTraining learns = new(numbers, Small);
        numbers.Pack();
        using Runtime runtime = new(2, vectors);
        using GeneratorNetwork draws = new(Small, name => numbers.Numbers[name].ToArray(), runtime);
        DrawnThing[] things = Things(Small);
        float[] z = Numbers.Random(things.Length * Small.Numbers, 5), times = [0.1f, 0.5f, 0.93f, 0.3f], expected = new float[z.Length],
            found = new float[z.Length];
        learns.Forward(z, times, things, expected);
        draws.Forward(z, times, things, found);
        NearAssert.Equal(Array.ConvertAll(expected, x => (double)x), found, 1e-5, tier);
        Assert.True(expected.Max(Math.Abs) > 0.1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void GradientsAreThoseOfTheLoss(bool isNormalized)
    {
        GeneratorConfig config = Small with { IsNormalized = isNormalized };
        using TrainingCompute compute = Numbers.Machine("avx2");
        using TrainedNumbers numbers = RandomNumbers(config, compute);
        using GeneratorTraining network = new(numbers, config);
        DrawnThing[] things = Things(config);
        float[] z = Numbers.Random(things.Length * config.Numbers, 5), times = [0.1f, 0.5f, 0.93f, 0.3f], p = new float[z.Length],
            weights = Numbers.Random(z.Length, 6);
        double Loss()
        {
            numbers.Pack();
            network.Forward(z, times, things, p);
            return p.Zip(weights, static (a, b) => (double)a * b).Sum();
        }
        Loss();
        numbers.Gradients.Clear();
        network.Backward(weights);
        foreach (Learned learned in numbers.List.All)
        {
            // Along the gradient itself, so that rounding is small beside the change: the slope is its length.
            float[] gradient = numbers.Gradients[learned].ToArray(), start = numbers.Numbers[learned].ToArray();
            double length = Math.Sqrt(gradient.Sum(static g => (double)g * g));
            double LossAt(double step)
            {
                for (int i = 0; i < start.Length; i++)
                    numbers.Numbers[learned][i] = (float)(start[i] + step * gradient[i] / length);
                return Loss();
            }
            double step = 2e-3 * Math.Sqrt(start.Sum(static x => (double)x * x) + 1e-3);
            double slope = (8 * (LossAt(step) - LossAt(-step)) - (LossAt(2 * step) - LossAt(-2 * step))) / (12 * step);
            LossAt(0);
            Assert.True(Math.Abs(slope / length - 1) < 5e-3, $"{learned.Name}: {slope} along a gradient of length {length}");
        }
    }

    [FixtureFact(Folder)]
    public void DrawsWhatTorchDraws()
    {
        using GradientFixtures f = new("generator/training.safetensors"), model = new("generator/model.safetensors");
        System.Text.Json.JsonElement expected = f.Expected.GetProperty("models").GetProperty("generator");
        GeneratorConfig config = GeneratorFixtureTests.ConfigOf(expected);
        using Runtime runtime = new(1);
        using GeneratorNetwork network = new(config, model.Floats, runtime);
        (float[] x, float[] z, float[] times, DrawnThing[] things) = GeneratorFixtureTests.Batch(f, expected);
        float[] p = new float[x.Length], dp = new float[x.Length];
        network.Forward(z, times, things, p);
        Assert.Equal(
            1, FlowLoss.Run(p, x, times, x.Length, dp) / expected.GetProperty("loss").GetDouble(),
            expected.GetProperty("tolerance_float32").GetProperty("loss").GetDouble());
    }

    [Fact]
    public void BitsDependOnNeitherThreadsNorCompany()
    {
        using TrainingCompute compute = Numbers.Machine("avx2");
        using TrainedNumbers numbers = RandomNumbers(Small, compute);
        DrawnThing thing = Things(Small)[0];
        float[][] Draw(int threads, params ulong[] seeds)
        {
            using Runtime runtime = new(threads);
            using GeneratorNetwork network = new(Small, name => numbers.Numbers[name].ToArray(), runtime);
            return new Sampler(network).Run(thing, seeds, 5, 3, null, null, default);
        }
        float[][] expected = Draw(1, 1, 2, 3, 4, 5, 6);
        NearAssert.SameBits(expected[4], Draw(3, 5)[0], "alone, with three threads");
        NearAssert.SameBits(expected[0], Draw(5, 7, 1)[1], "with another, with five threads");
        Assert.NotEqual(expected[0], expected[1]);
    }

    [Fact]
    public void TheWalkIsEulersOfTheGuidedFlow()
    {
        using TrainingCompute compute = Numbers.Machine("avx2");
        using TrainedNumbers numbers = RandomNumbers(Small, compute);
        using Runtime runtime = new(1);
        using GeneratorNetwork network = new(Small, name => numbers.Numbers[name].ToArray(), runtime);
        DrawnThing thing = Things(Small)[0];
        const int Steps = 6;
        const double Guidance = 2.5;
        List<float> shown = [];
        float[] found = new Sampler(network).Run(thing, [9], Steps, Guidance, (_, _, p) => shown.Add(p.Span[7]), null, default)[0];

        double[] z = new double[Small.Numbers];
        float[] noise = new float[Small.Numbers], with = new float[Small.Numbers], without = new float[Small.Numbers];
        Noise.Fill(9, noise);
        for (int i = 0; i < z.Length; i++)
            z[i] = noise[i];
        for (int step = 0; step < Steps; step++)
        {
            double u = (double)step / Steps, v = (step + 1.0) / Steps, t = u / (u + 3 * (1 - u)), next = v / (v + 3 * (1 - v));
            network.Forward(Array.ConvertAll(z, x => (float)x), [(float)t], [thing], with);
            network.Forward(Array.ConvertAll(z, x => (float)x), [(float)t], [thing with { IsDropped = true }], without);
            for (int i = 0; i < z.Length; i++)
            {
                double p = t > 0.4 ? with[i] : without[i] + Guidance * (with[i] - without[i]);
                if (i == 7)
                    Assert.Equal(p, shown[step], 1e-4);
                z[i] += (next - t) * (p - z[i]) / Math.Max(1 - t, 0.05);
            }
        }
        NearAssert.Equal(z, found, 1e-4, "the end of the walk");
    }

    [Fact]
    public void NoiseIsNormalAndAFunctionOfItsSeed()
    {
        float[] noise = new float[100_001], same = new float[noise.Length], other = new float[noise.Length];
        Noise.Fill(1, noise);
        Noise.Fill(1, same);
        Noise.Fill(2, other);
        Assert.Equal(noise, same);
        Assert.NotEqual(noise, other);
        Assert.InRange(noise.Average(), -0.02, 0.02);
        Assert.InRange(noise.Average(x => x * x), 0.98, 1.02);
        Assert.InRange(noise.Count(x => Math.Abs(x) < 1) / (double)noise.Length, 0.675, 0.69); // 68.27 %
        Assert.InRange(noise.Zip(other).Average(pair => pair.First * pair.Second), -0.02f, 0.02f);
    }

    [Fact]
    public void QuantilesAreThoseOfTheNormalDistribution()
    {
        Assert.Equal(0, GeneratorTrainer.NormalQuantile(0.5), 1e-9);
        Assert.Equal(1.959963984540054, GeneratorTrainer.NormalQuantile(0.975), 1e-7);
        Assert.Equal(-2.326347874040841, GeneratorTrainer.NormalQuantile(0.01), 1e-7);
    }

    [Fact]
    public void TrainingLearnsGoesOnAndIsWritten()
    {
        using Workshop shop = new();
        using WorkerPoolOf two = new(2), three = new(3);
        float[] Train(WorkerPoolOf pool, int[] stops, out double first, out double last)
        {
            (first, last) = (0, 0);
            float[] end = [];
            foreach (int stop in stops)
            {
                using TrainingCompute compute = Numbers.Machine("avx2", pool.Pool);
                using GeneratorTrainer trainer = new(Small, new(60, BatchSize: 20, WarmUp: 5, Average: 0.9), new Blots(), compute);
                StateFile state = trainer.StateIn(shop.Output);
                trainer.Resume(state);
                while (trainer.Step < stop)
                {
                    last = trainer.RunStep();
                    first = first == 0 ? last : first;
                }
                state.Save(trainer.Step);
                end = [.. trainer.Numbers.List.All.SelectMany(l => (float[])[.. trainer.Numbers.Numbers[l], .. trainer.Average[l]])];
                trainer.Write(shop.Other, ["one", "two"], "0123456789abcdef0123456789abcdef");
            }
            File.Delete(shop.Output);
            return end;
        }
        float[] whole = Train(two, [60], out double begin, out double end);
        Assert.True(end < begin / 3, $"the loss fell from {begin} to {end} only");
        NearAssert.SameBits(whole, Train(three, [23, 60], out _, out _), "interrupted, with three threads");
        using SafetensorsFile file = SafetensorsFile.Open(shop.Other);
        Assert.Equal(Small, GeneratorConfig.Parse(file.Metadata["config"]));
        Assert.Equal(NumberType.F16, file["blocks.1.attn.qkv.weight"].Type);
        Assert.Equal(Small.Tensors.Count, file.Tensors.Length);
    }

    [Fact]
    public void CoolsDownFromAStateBitByBit()
    {
        using Workshop shop = new();
        using TrainingCompute compute = Numbers.Machine("avx2");
        GeneratorRecipe recipe = new(40, BatchSize: 4, WarmUp: 3);
        float[] Go(string path, long until, long? cooldown)
        {
            (string Run, long Step)? begun = StateFile.Begun(path);
            using GeneratorTrainer trainer = new(Small, recipe.GoingOn(begun?.Run, begun?.Step ?? 0, cooldown), new Blots(), compute);
            StateFile state = trainer.StateIn(path);
            trainer.Resume(state);
            while (trainer.Step < Math.Min(until, trainer.Recipe.End))
                trainer.RunStep();
            state.Save(trainer.Step);
            return [.. trainer.Numbers.List.All.SelectMany(l => (float[])[.. trainer.Numbers.Numbers[l], .. trainer.Average[l]])];
        }
        Go(shop.Output, 5, cooldown: null);
        File.Copy(shop.Output, shop.Other);
        float[] expected = Go(shop.Output, long.MaxValue, cooldown: 6);
        Assert.Equal(11, StateFile.Begun(shop.Output)!.Value.Step);
        Go(shop.Other, 8, cooldown: 6);
        Assert.Throws<InvalidOperationException>(() => Go(shop.Other, 9, cooldown: 7));
        NearAssert.SameBits(expected, Go(shop.Other, long.MaxValue, cooldown: null), "cooled down in two parts");
    }

    [Fact]
    public void RefusesToGoOnWithAnotherRun()
    {
        using Workshop shop = new();
        using TrainingCompute compute = Numbers.Machine("avx2");
        using GeneratorTrainer trainer = new(Small, new(10, BatchSize: 4), new Blots(), compute),
            other = new(Small, new(11, BatchSize: 4), new Blots(), compute);
        trainer.StateIn(shop.Output).Save(0);
        Assert.Contains("another run", Assert.Throws<InvalidDataException>(() => other.Resume(other.StateIn(shop.Output))).Message);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"Width":30,"Layers":1,"Heads":4,"PatchSize":4,"ImageSize":16,"VectorWidth":8,"StateWidth":8,"Frequencies":8}""")]
    [InlineData("""{"Width":32,"Layers":1,"Heads":4,"PatchSize":5,"ImageSize":16,"VectorWidth":8,"StateWidth":8,"Frequencies":8}""")]
    [InlineData("""{"Width":32,"Layers":99999,"Heads":4,"PatchSize":4,"ImageSize":16,"VectorWidth":8,"StateWidth":8,"Frequencies":8}""")]
    public void SizesThatDoNotFitAreRefused(string json) => Assert.Throws<InvalidDataException>(() => GeneratorConfig.Parse(json));

    private static DrawnThing[] Things(GeneratorConfig c) =>
    [
        new(Numbers.Random(c.VectorWidth, 1), Numbers.Random(3 * c.StateWidth, 2), Kinds: [2]),
        new(Numbers.Random(c.VectorWidth, 3), default, Kinds: [0, 1]),
        new(Numbers.Random(c.VectorWidth, 4), Numbers.Random(2 * c.StateWidth, 6), IsDropped: true, Kinds: [1]),
        new(Numbers.Random(c.VectorWidth, 7), Numbers.Random(c.StateWidth, 8)),
    ];

    private static TrainedNumbers RandomNumbers(GeneratorConfig c, TrainingCompute compute)
    {
        TrainedNumbers numbers = new(GeneratorTraining.Declare(c), compute);
        int seed = 100;
        foreach (Learned learned in numbers.List.All)
            Numbers.Random((int)learned.Count, seed++, learned.Rule.Decays ? 1.5f / MathF.Sqrt(learned.Columns) : 0.3f)
                .CopyTo(numbers.Numbers[learned]);
        return numbers;
    }

    /// <summary>A pool that goes away.</summary>
    private sealed class WorkerPoolOf(int threads) : IDisposable
    {
        public Threading.WorkerPool Pool { get; } = new(threads);

        public void Dispose() => Pool.Dispose();
    }

    /// <summary>Four pictures of one colour each, and what says which.</summary>
    private sealed class Blots : IDrawingSource
    {
        public string Fingerprint => "blots";

        public DrawnThing Draw(ulong seed, long step, int slot, Span<float> pixels)
        {
            Draws draws = new(seed, (ulong)step, (ulong)slot, 1);
            int which = draws.Below(4);
            pixels.Fill(which % 2 == 0 ? 0.8f : -0.8f);
            pixels[(pixels.Length / 2)..].Fill(which / 2 == 0 ? 0.8f : -0.8f);
            float[] vector = new float[Small.VectorWidth];
            vector[which] = 3;
            return new(vector, default, draws.Uniform() < 0.1, [1 + which % 2]);
        }
    }
}

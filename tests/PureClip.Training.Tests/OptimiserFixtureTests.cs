using System.Text.Json;
using PureClip.Threading;
using PureClip.Training.Tests.Support;

namespace PureClip.Training.Tests;

/// <summary>Twenty steps of each optimiser, the average, the orthogonal step and clipping against double precision.</summary>
public class OptimiserFixtureTests
{
    private const string Folder = "training/optimisers.safetensors";
    private const double MuonRate = 2; // times AdamW's

    [FixtureFact(Folder)]
    public void AdamWAndItsAverage()
    {
        using GradientFixtures f = new("optimisers.safetensors");
        JsonElement settings = f.Expected.GetProperty("optimisers"), adamw = settings.GetProperty("adamw");
        double tolerance = settings.GetProperty("tolerance_float32").GetProperty("adamw").GetDouble();
        LearnedList list = List(f, [.. adamw.GetProperty("decayed").EnumerateArray().Select(name => name.GetString()!)], _ => 0);
        using NumberSet p = Start(f, list), g = new(list), m = new(list), v = new(list), e = new(list);
        e.CopyFrom(p);
        AdamW optimiser = new(
            list, WorkerPool.Serial,
            new(adamw.GetProperty("betas")[0].GetDouble(), adamw.GetProperty("betas")[1].GetDouble(), adamw.GetProperty("eps").GetDouble(),
            adamw.GetProperty("weight_decay").GetDouble()));
        double[] rates = [.. adamw.GetProperty("lr").EnumerateArray().Select(rate => rate.GetDouble())];
        for (int step = 0; step < rates.Length; step++)
        {
            Gradients(f, list, g, step);
            optimiser.Step(p, g, m, v, rates[step], step + 1);
            MovingAverage.Step(e, p, step, 0.998, WorkerPool.Serial);
            foreach (Learned learned in list.All)
            {
                Moved(f, $"adamw/p/{learned.Name}", $"start/{learned.Name}", step, p[learned], tolerance);
                Moved(f, $"adamw/ema/{learned.Name}", $"start/{learned.Name}", step, e[learned], tolerance);
                NearAssert.Equal(Step(f, $"adamw/m/{learned.Name}", step), m[learned], tolerance, $"m of {learned.Name}, step {step}");
                NearAssert.Equal(Step(f, $"adamw/v/{learned.Name}", step), v[learned], tolerance, $"v of {learned.Name}, step {step}");
            }
        }
    }

    [FixtureFact(Folder)]
    public void MuonOnStackedAndTallMatrices()
    {
        using GradientFixtures f = new("optimisers.safetensors");
        JsonElement settings = f.Expected.GetProperty("optimisers"), parts = settings.GetProperty("muon").GetProperty("parts");
        double tolerance = settings.GetProperty("tolerance_float32").GetProperty("muon").GetDouble();
        using TrainingCompute compute = Numbers.Machine("avx2");
        LearnedList list = List(
            f, ["matrix", "tall", "qkv"], name => parts.TryGetProperty(name, out JsonElement count) ? count.GetInt32() : 0);
        using NumberSet p = Start(f, list), g = new(list), m = new(list);
        using Muon optimiser = new(list, compute, new());
        double[] rates = [.. settings.GetProperty("adamw").GetProperty("lr").EnumerateArray().Select(rate => MuonRate * rate.GetDouble())];
        for (int step = 0; step < rates.Length; step++)
        {
            Gradients(f, list, g, step);
            optimiser.Step(p, g, m, rates[step]);
            foreach (Learned learned in list.All.Where(learned => learned.Rule.Parts > 0))
            {
                Moved(f, $"muon/p/{learned.Name}", $"start/{learned.Name}", step, p[learned], tolerance);
                NearAssert.Equal(Step(f, $"muon/m/{learned.Name}", step), m[learned], tolerance, $"M of {learned.Name}, step {step}");
            }
        }
        float[] matrix = f.Floats("newton_schulz/in");
        optimiser.Orthogonalize(matrix, 5, 7);
        NearAssert.Equal(f.Doubles("newton_schulz/out"), matrix, tolerance, "newton_schulz");
    }

    [FixtureFact(Folder)]
    public void Clip()
    {
        using GradientFixtures f = new("optimisers.safetensors");
        LearnedList list = new();
        list.Add("0", [4, 3], default);
        list.Add("1", [5], default);
        using NumberSet g = new(list);
        f.Floats("clip/in/0").CopyTo(g["0"]);
        f.Floats("clip/in/1").CopyTo(g["1"]);
        double norm = GradientClip.Run(
            g, f.Expected.GetProperty("optimisers").GetProperty("clip").GetProperty("limit").GetDouble(), WorkerPool.Serial);
        Assert.Equal(f.Number("clip/norm"), norm, 1e-6);
        NearAssert.Equal(f.Doubles("clip/out/0"), g["0"], 1e-6, "clipped 0");
        NearAssert.Equal(f.Doubles("clip/out/1"), g["1"], 1e-6, "clipped 1");
    }

    [FixtureFact(Folder)]
    public void ScheduleIsThatOfTheFixture()
    {
        using GradientFixtures f = new("optimisers.safetensors");
        double[] rates =
            [.. f.Expected.GetProperty("optimisers").GetProperty("adamw").GetProperty("lr").EnumerateArray()
            .Select(rate => rate.GetDouble())];
        Schedule schedule = new(rates.Length, WarmUp: 4);
        for (int step = 0; step < rates.Length; step++)
            Assert.Equal(rates[step], 0.01 * schedule.At(step), 1e-12);
    }

    private static LearnedList List(GradientFixtures f, string[] decayed, Func<string, int> parts)
    {
        LearnedList list = new();
        foreach (string name in f.Names.Where(name => name.StartsWith("start/", StringComparison.Ordinal))
            .Select(name => name["start/".Length..]))
            list.Add(name, [.. f.Shape($"start/{name}").Select(size => (long)size)], new(decayed.Contains(name), parts(name)));
        return list;
    }

    private static NumberSet Start(GradientFixtures f, LearnedList list)
    {
        NumberSet p = new(list);
        foreach (Learned learned in list.All)
            f.Floats($"start/{learned.Name}").CopyTo(p[learned]);
        return p;
    }

    private static void Gradients(GradientFixtures f, LearnedList list, NumberSet g, int step)
    {
        foreach (Learned learned in list.All)
            f.Floats($"gradient/{learned.Name}").AsSpan(step * (int)learned.Count, (int)learned.Count).CopyTo(g[learned]);
    }

    private static double[] Step(GradientFixtures f, string tensor, int step)
    {
        double[] all = f.Doubles(tensor);
        int count = all.Length / f.Shape(tensor)[0];
        return all[(step * count)..((step + 1) * count)];
    }

    /// <summary>Compares by how far numbers have moved, which is what an optimiser does.</summary>
    private static void Moved(GradientFixtures f, string tensor, string start, int step, ReadOnlySpan<float> found, double tolerance)
    {
        double[] expected = Step(f, tensor, step), from = f.Doubles(start);
        double farthest = expected.Zip(from, (a, b) => Math.Abs(a - b)).Max();
        // What is below a float's own last place cannot be seen in it.
        double scale = Math.Max(farthest, from.Max(Math.Abs) * float.BitIncrement(1) * 1e-7 / tolerance);
        NearAssert.Equal(expected, found, tolerance, $"{tensor}, step {step}", scale);
    }
}

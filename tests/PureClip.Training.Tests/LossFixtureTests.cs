using PureClip.Training.Tests.Support;

namespace PureClip.Training.Tests;

/// <summary>Every loss's value and gradients against torch's autograd in double, on every vector width.</summary>
public class LossFixtureTests
{
    private const string Folder = "training/losses.safetensors";

    public static IEnumerable<object[]> Of(string names) =>
        Tiers.Names.SelectMany(tier => names.Split(' ').Select(name => (object[])[tier, name]));

    [FixtureTheory(Folder)]
    [MemberData(nameof(Of), "contrastive contrastive_several contrastive_sharp contrastive_one_pair sigmoid sigmoid_several")]
    public void Pairs(string tier, string name)
    {
        using GradientFixtures f = new("losses.safetensors");
        using TrainingCompute compute = Numbers.Machine(tier);
        using TrainingMatrix a = f.Matrix($"{name}/in/a"), b = f.Matrix($"{name}/in/b");
        using TrainingMatrix dA = Numbers.Matrix(a.View.Rows, a.View.Columns), dB = Numbers.Matrix(b.View.Rows, b.View.Columns);
        bool[] positives =
            [.. f.Parameters(name).GetProperty("positives").EnumerateArray()
            .SelectMany(row => row.EnumerateArray().Select(mark => mark.GetInt32() != 0))];
        bool isSigmoid = name.StartsWith("sigmoid", StringComparison.Ordinal);
        using PairLoss loss = isSigmoid ? new SigmoidLoss(compute) : new ContrastiveLoss(compute);
        double bias = isSigmoid ? f.Number($"{name}/in/logit_bias") : 0;
        LossValue value = loss.Run(a.View, b.View, f.Number($"{name}/in/logit_scale"), bias, positives, dA.View, dB.View);
        f.Check(name, "out/loss", [(float)value.Loss]);
        f.Check(name, "grad/a", Numbers.ToArray(dA.View));
        f.Check(name, "grad/b", Numbers.ToArray(dB.View));
        f.Check(name, "grad/logit_scale", [(float)value.LogScaleGradient]);
        if (isSigmoid)
            f.Check(name, "grad/logit_bias", [(float)value.BiasGradient]);
    }

    [FixtureTheory(Folder)]
    [MemberData(nameof(Of), "prototypes difference")]
    public void Prototypes(string tier, string name)
    {
        using GradientFixtures f = new("losses.safetensors");
        using TrainingCompute compute = Numbers.Machine(tier);
        bool isDifference = name == "difference";
        string rows = isDifference ? "a" : "q";
        int[] shape = f.Shape($"{name}/in/w");
        LearnedList list = new();
        Learned w = list.Add("prototypes", [shape[0], shape[1]], default);
        using NumberSet numbers = new(list), gradients = new(list);
        f.Floats($"{name}/in/w").CopyTo(numbers[w]);
        FactTargets targets = new();
        foreach (var row in f.Parameters(name).GetProperty("targets").EnumerateArray())
            targets.Add([.. row.EnumerateArray().Select((weight, fact) => (fact, weight.GetSingle())).Where(t => t.Item2 > 0)]);

        using PrototypeLoss loss = new(compute, numbers.At(w), gradients.At(w), shape[0], shape[1]);
        using TrainingMatrix q = f.Matrix($"{name}/in/{rows}"),
            dq = Numbers.Matrix(q.View.Rows, q.View.Columns, new float[q.View.Rows * q.View.Columns]);
        double scale = f.Number($"{name}/in/scale");
        loss.Begin();
        LossValue value = isDifference
            ? loss.RunDifferences(
                q.View, [.. f.Parameters(name).GetProperty("pairs").EnumerateArray().Select(p => (p[0].GetInt32(), p[1].GetInt32()))],
                targets, scale, 1, dq.View)
            : loss.Run(q.View, targets, scale, 1, dq.View);
        loss.End();
        f.Check(name, "out/loss", [(float)value.Loss]);
        f.Check(name, $"grad/{rows}", Numbers.ToArray(dq.View));
        f.Check(name, "grad/w", gradients[w]);
        f.Check(name, "grad/scale", [(float)value.LogScaleGradient]);
    }

    [FixtureFact(Folder)]
    public void Flow()
    {
        using GradientFixtures f = new("losses.safetensors");
        float[] x = f.Floats("flow/in/x"), p = f.Floats("flow/in/p"), z = new float[x.Length], dp = new float[x.Length];
        float[] times = [.. f.Parameters("flow").GetProperty("t").EnumerateArray().Select(t => t.GetSingle())];
        FlowLoss.Mix(x, f.Floats("flow/in/noise"), times, z);
        double loss = FlowLoss.Run(p, x, times, x.Length, dp);
        f.Check("flow", "out/z", z);
        f.Check("flow", "out/loss", [(float)loss]);
        f.Check("flow", "grad/p", dp);
    }
}

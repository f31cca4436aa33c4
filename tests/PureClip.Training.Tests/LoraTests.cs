using PureClip.Checkpoints;
using PureClip.Files;
using PureClip.Training.Tests.Support;

namespace PureClip.Training.Tests;

/// <summary>Adapters: gradients against those of the matrices, files against what was merged.</summary>
public class LoraTests
{
    [Theory]
    [MemberData(nameof(Tiers.All), MemberType = typeof(Tiers))]
    public void GradientsAreThoseOfTheirMatrices(string tier)
    {
        using TinyClip whole = new(20, tier: tier), adapted = new(20, tier: tier, adapters: LoraTargets.All);
        LoraAdapters adapters = adapted.Model.Adapters!;
        adapted.Model.Initialize(7);
        adapters.Freeze(adapted.Model.Numbers);
        Random random = new(3);
        foreach (LoraAdapter adapter in adapters.All)
            foreach (ref float number in adapters.Numbers[adapter.B])
                number = 0.02f * ((float)random.NextDouble() - 0.5f);
        adapters.Merge(adapted.Model.Numbers);
        whole.Model.Numbers.Numbers.CopyFrom(adapted.Model.Numbers.Numbers);
        whole.Model.Numbers.Pack();

        using ClipStep ofWhole = new(whole.Model, new(MicroBatch: 6)), ofAdapted = new(adapted.Model, new(MicroBatch: 6));
        StepResult expected = ofWhole.Run(whole.Draw(1, 0, 20, null)), found = ofAdapted.Run(adapted.Draw(1, 0, 20, null));
        adapters.ScaleGradients();
        Assert.Equal(expected.Loss, found.Loss);
        double scale = adapters.Alpha / adapters.Rank;
        Assert.NotEqual(1, scale);
        double largestA = 0, largestB = 0;
        List<(string Name, double[] Expected, float[] Found, bool IsB)> all = [];
        foreach (LoraAdapter adapter in adapters.All)
        {
            int columns = adapter.Matrix.Columns, rank = adapters.Rank;
            ReadOnlySpan<float> d = whole.Model.Numbers.Gradients[adapter.Matrix].Slice(adapter.First * columns, adapter.Rows * columns);
            ReadOnlySpan<float> a = adapters.Numbers[adapter.A], b = adapters.Numbers[adapter.B];
            double[] dA = new double[rank * columns], dB = new double[rank * adapter.Rows];
            for (int r = 0; r < rank; r++)
                for (int row = 0; row < adapter.Rows; row++)
                    for (int c = 0; c < columns; c++)
                    {
                        dA[r * columns + c] += scale * b[r * adapter.Rows + row] * d[row * columns + c];
                        dB[r * adapter.Rows + row] += scale * a[r * columns + c] * d[row * columns + c];
                    }
            (largestA, largestB) = (Math.Max(largestA, dA.Max(Math.Abs)), Math.Max(largestB, dB.Max(Math.Abs)));
            all.Add((adapter.A.Name, dA, adapters.Gradients[adapter.A].ToArray(), false));
            all.Add((adapter.B.Name, dB, adapters.Gradients[adapter.B].ToArray(), true));
        }
        // Keys get nearly no gradient: all are compared with the largest of their kind.
        foreach ((string name, double[] wanted, float[] gradient, bool isB) in all)
            NearAssert.Equal(wanted, gradient, 2e-5, name, isB ? largestB : largestA);
    }

    [Fact]
    public void EveryTargetIsChosenByItself()
    {
        static string[] NamesOf(LoraTargets targets)
        {
            using TinyClip tiny = new(4, adapters: targets);
            return [.. tiny.Model.Adapters!.All.Select(adapter => adapter.A.Name)
                .Where(name => name.StartsWith("text.blocks.1.", StringComparison.Ordinal))];
        }
        Assert.Equal(["text.blocks.1.attn.qkv.weight.0.lora_A"], NamesOf(LoraTargets.Query));
        Assert.Equal(["text.blocks.1.attn.qkv.weight.1.lora_A"], NamesOf(LoraTargets.Key));
        Assert.Equal(["text.blocks.1.attn.qkv.weight.2.lora_A"], NamesOf(LoraTargets.Value));
        Assert.Equal(["text.blocks.1.attn.out.weight.lora_A"], NamesOf(LoraTargets.Output));
        Assert.Equal(["text.blocks.1.mlp.fc.weight.lora_A", "text.blocks.1.mlp.proj.weight.lora_A"], NamesOf(LoraTargets.Mlp));
    }

    [Fact]
    public void RowsOfStackedAndTurnedTensorsGetTheirShare()
    {
        Random random = new(5);
        float[] Of(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)random.NextDouble() - 0.5f)];
        const int Rows = 6, Columns = 5, Rank = 2, First = 2, Own = 3;
        float[] a = Of(Rank * Columns), b = Of(Own * Rank), w = Of(Rows * Columns);
        double Expected(int row, int column)
        {
            double sum = w[row * Columns + column];
            for (int r = 0; r < Rank && row >= First && row < First + Own; r++)
                sum += 0.5 * b[(row - First) * Rank + r] * a[r * Columns + column];
            return sum;
        }
        foreach (bool isTurned in (bool[])[false, true])
        {
            TensorInfo tensor = new("w", NumberType.F32, isTurned ? [Columns, Rows] : [Rows, Columns], Rows * Columns, 0, Rows * Columns * sizeof(float));
            TensorAdapter adapter = new(First, Own, Array.ConvertAll(a, static x => (double)x), b, 0.5, isTurned);
            for (int from = 0; from < Rows * Columns; from++)
                for (int to = from + 1; to <= Rows * Columns; to++)
                {
                    int Row(int i) => isTurned ? i % Rows : i / Columns;
                    int Column(int i) => isTurned ? i / Rows : i % Columns;
                    float[] read = [.. Enumerable.Range(from, to - from).Select(i => w[Row(i) * Columns + Column(i)])];
                    adapter.Add(tensor, from, read);
                    for (int i = from; i < to; i++)
                        Assert.Equal(Expected(Row(i), Column(i)), read[i - from], 1e-6);
                }
        }
    }

    [Fact]
    public void AnAdapterThatWasWrittenIsTheModelThatWasWritten()
    {
        using Workshop shop = new();
        FineTuningResult result = FineTuning.Run(
            TestData.Weights("pictogram-mini"), Workshop.Pictures(), shop.Output,
            new() { Method = FineTuningMethod.Adapters, Epochs = 6, BatchSize = 18, Rate = 3e-3, Targets = LoraTargets.All });
        Assert.InRange(result.Chosen.Share, 0.1, 1);
        string adapter = Path.Combine(shop.Output, "adapter");
        using Clip merged = Clip.Load(shop.Output), before = Clip.Load(TestData.Weights("pictogram-mini")),
            loaded = Clip.Load(TestData.Weights("pictogram-mini"), new() { Adapter = adapter });
        Assert.NotEqual(before.Fingerprint, loaded.Fingerprint);
        Assert.Equal(merged.Fingerprint.Length, loaded.Fingerprint.Length);
        float[] picture = merged.EncodeImage(TestData.PathOf("classes/vehicle/bus.png"));
        Assert.InRange(
            Similarity.Cosine(picture, loaded.EncodeImage(TestData.PathOf("classes/vehicle/bus.png"))), 0.999999f, 1.000001f);
        Assert.InRange(Similarity.Cosine(merged.EncodeText("zorp"), loaded.EncodeText("zorp")), 0.999999f, 1.000001f);
        Assert.InRange(Similarity.Cosine(merged.EncodeText("zorp"), before.EncodeText("zorp")), -1, 0.999f);

        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(adapter, "adapter_model.safetensors"));
        Assert.Equal((long[])[8, 192], file["base_model.model.vision_model.encoder.layers.5.self_attn.k_proj.lora_A.weight"].Shape.ToArray());
        Assert.Equal((long[])[768, 8], file["base_model.model.text_model.encoder.layers.0.mlp.fc1.lora_B.weight"].Shape.ToArray());
    }

    [Theory]
    [InlineData("\"peft_type\": \"LORA\"", "\"peft_type\": \"IA3\"", "IA3")]
    [InlineData("\"use_dora\": false", "\"use_dora\": true", "use_dora")]
    [InlineData("\"bias\": \"none\"", "\"bias\": \"all\"", "bias")]
    [InlineData("\"r\": 2", "\"r\": 4", "rank 2")]
    public void RefusesWhatIsNoPlainLora(string text, string other, string expected)
    {
        using Workshop shop = new();
        string adapter = shop.Adapter("vision_model.encoder.layers.0.mlp.fc1", 192, 768);
        string config = Path.Combine(adapter, "adapter_config.json");
        using (Clip fits = Clip.Load(TestData.Weights("pictogram-mini"), new() { Adapter = adapter }))
            Assert.Equal(32, fits.Fingerprint.Length);
        File.WriteAllText(config, File.ReadAllText(config).Replace(text, other, StringComparison.Ordinal));
        Assert.Contains(
            expected,
            Assert.Throws<InvalidDataException>(() => Clip.Load(TestData.Weights("pictogram-mini"), new() { Adapter = adapter })).Message);
    }

    [Theory]
    [InlineData("vision_model.encoder.layers.9.mlp.fc1", 192, 768, "no matrix of this model")]
    [InlineData("vision_model.encoder.layers.0.mlp.fc1", 192, 700, "do not fit")]
    public void RefusesAdaptersOfOtherModels(string module, int inputs, int outputs, string expected)
    {
        using Workshop shop = new();
        string adapter = shop.Adapter(module, inputs, outputs);
        Assert.Contains(
            expected,
            Assert.Throws<InvalidDataException>(() => Clip.Load(TestData.Weights("pictogram-mini"), new() { Adapter = adapter })).Message);
    }

    [Theory]
    [InlineData("", 4.0 / 2)]
    [InlineData(", \"use_rslora\": true", 4.0 / 1.4142135623730951)]
    [InlineData(", \"alpha_pattern\": { \"mlp.fc1\": 6 }", 6.0 / 2)]
    public void AlphaCountsAsTheConfigurationSays(string more, double scale)
    {
        using Workshop shop = new();
        string directory = shop.Adapter("vision_model.encoder.layers.0.mlp.fc1", 192, 768, more);
        ModelDirectory model = ModelDirectory.Open(TestData.Weights("pictogram-mini"));
        using Checkpoint plain = Checkpoint.Open(model.WeightsPath, model.Config),
            adapted = Checkpoint.Open(model.WeightsPath, model.Config, adapter: directory);
        Model.Parameter parameter = plain.Towers.Parameters.First(p => p.Name == "vision.blocks.0.mlp.fc.weight");
        TensorInfo before = plain.TensorsOf(parameter)[0], after = adapted.TensorsOf(parameter)[0];
        float[] was = plain.Numbers.Read(before), now = adapted.Numbers.Read(after);
        for (int i = 0; i < was.Length; i += 97)
            Assert.Equal(was[i] + scale * Workshop.ProductAt(i / 192, i % 192), now[i], 1e-5);
    }
}

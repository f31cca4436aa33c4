using System.CommandLine;
using System.Diagnostics;
using PureClip.Cli;
using PureClip.Memory;
using PureClip.Model;
using PureClip.Training;

namespace PureClip.Train;

/// <summary><c>pureclip-train bench</c>: how fast training is, on random numbers of the shipped model's sizes.</summary>
internal static class BenchCommand
{
    private const int Size = 64, PatchSize = 8, Vocabulary = 4096, Facts = 9000, Pairs = 256;

    public static Command Create(Shell shell)
    {
        Option<int> threads = new("--threads") { HelpName = "N", Description = "Threads that compute.", DefaultValueFactory = _ => 1 };
        Option<int> patches =
            new("--patches") { HelpName = "N", Description = "Patches that are left, of 64.", DefaultValueFactory = _ => 28 };
        Option<int> steps = new("--steps") { HelpName = "N", Description = "Steps; the first ones warm up.", DefaultValueFactory = _ => 6 };
        Option<bool> muon = new("--muon") { Description = "Step the matrices of blocks by Muon." };
        Command command = new("bench", "Measure products and whole steps on random numbers.") { threads, patches, steps, muon };
        command.SetAction(line =>
        {
            using Runtime runtime = new(line.GetValue(threads));
            using TrainingCompute compute = TrainingCompute.Of(runtime.Tier, runtime.Pool);
            shell.Out.WriteLine($"{runtime.Vectors}, {runtime.Threads} threads");
            Products(compute, shell.Out);
            Steps(compute, line.GetValue(patches), line.GetValue(steps), line.GetValue(muon), shell.Out);
            return ExitCode.Success;
        });
        return command;
    }

    /// <summary>GFLOP/s of the three products of a layer, the best of many.</summary>
    private static void Products(TrainingCompute compute, TextWriter output)
    {
        const int Repetitions = 60;
        foreach (
            (int rows, int inputs, int outputs) in ((int, int, int)[])[(464, 192, 576), (464, 192, 192), (464, 192, 768), (464, 768, 192)])
        {
            LearnedList list = new();
            list.Add("layer.weight", [outputs, inputs], default);
            list.Add("layer.bias", [outputs], default);
            using TrainedNumbers numbers = new(list, compute);
            TrainedMatrix layer = numbers.Matrix("layer");
            numbers.Pack();
            using TrainingMatrix x = new(), y = new(), dx = new();
            (MatrixView a, MatrixView b, MatrixView c) = (x.Zeros(rows, inputs), y.Zeros(rows, outputs), dx.Zeros(rows, inputs));
            double Best(Action product) => Enumerable.Range(0, Repetitions).Min(_ =>
            {
                long started = Stopwatch.GetTimestamp();
                product();
                return Stopwatch.GetElapsedTime(started).TotalSeconds;
            });
            double operations = 2e-9 * rows * inputs * outputs, forward = Best(() => compute.Linear(a, layer, b));
            double inputGradient = Best(() => compute.InputGradient(b, layer, c)),
                gradient = Best(() => compute.AddTransposedProduct(b, a, layer.Gradient));
            output.WriteLine(
                $"{rows} rows, {inputs}x{outputs}: forward {operations / forward:0} GFLOP/s, dX {operations / inputGradient:0} "
                + $"({forward / inputGradient:0.00}), dW {operations / gradient:0} ({forward / gradient:0.00})");
        }
    }

    /// <summary>Pairs a second of whole steps with all three losses.</summary>
    private static void Steps(TrainingCompute compute, int kept, int steps, bool usesMuon, TextWriter output)
    {
        TransformerConfig vision = new(192, 6, 3, 768, GeluKind.Quick, 1e-5f), text = vision with { Layers = 4 };
        ClipConfig config = new(
            256, new VisionTransformerConfig(vision, Size, PatchSize), new(text, 32, Vocabulary) { EndOfTextId = Vocabulary - 1 });
        using ClipTraining clip = new(config, compute, Facts);
        clip.Initialize(1);
        TrainingRecipe recipe = new() { Steps = 1000, MuonRate = usesMuon ? 0.02 : 0, Patches = [new(1, kept)] };
        using Trainer trainer = new(clip, recipe, new RandomBatches());
        using Process process = Process.GetCurrentProcess();
        for (int i = 0; i < steps; i++)
        {
            process.Refresh();
            TimeSpan before = process.TotalProcessorTime;
            TrainingProgress step = trainer.RunStep();
            process.Refresh();
            double processor = (process.TotalProcessorTime - before).TotalSeconds;
            output.WriteLine(
                $"step {step.Step}: {Pairs / step.Seconds:0} pairs a second, {Pairs / processor:0} a second of processor time");
        }
    }

    /// <summary>The same batch again and again: noise, and as many tokens as the shipped model's captions have.</summary>
    private sealed class RandomBatches : IBatchSource
    {
        private ClipBatch? _batch;

        public string Fingerprint => "noise";

        public ClipBatch Draw(ulong seed, long step, int count, int? kept)
        {
            lock (this)
                return _batch ??= Make(count, kept ?? Size);
        }

        private static ClipBatch Make(int count, int kept)
        {
            const int Numbers = 3 * Size * Size, PairsApart = 40;
            Draws draws = new(1, 0, 0, 0);
            float[] pixels = new float[count * Numbers];
            foreach (ref float pixel in pixels.AsSpan())
                pixel = (float)(4 * draws.Uniform() - 2);
            int[][] texts = new int[count][];
            bool[] positives = new bool[count * count];
            FactTargets ofPictures = new(), ofTexts = new(), ofPairs = new();
            for (int i = 0; i < count; i++)
            {
                int length = draws.Below(4) == 0 ? 9 + draws.Below(11) : 4 + draws.Below(5);
                texts[i] = new int[length];
                for (int token = 0; token < length - 1; token++)
                    texts[i][token] = draws.Below(Vocabulary - 1);
                texts[i][^1] = Vocabulary - 1;
                positives[i * count + i] = true;
                ofPictures.Add((draws.Below(Facts), 0.5f), (draws.Below(Facts), 0.5f));
                ofTexts.Add((draws.Below(Facts), 1f));
            }
            for (int i = 0; i < PairsApart; i++)
                ofPairs.Add((draws.Below(Facts), 1f));
            return new()
            {
                Pixels = pixels,
                Kept = [.. Enumerable.Range(0, count).Select(i => PatchChoice.Of(
                    pixels.AsSpan(i * Numbers, Numbers), Size, PatchSize, kept, new(1, 0, (ulong)i, 1)))],
                Texts = texts,
                Positives = positives,
                PictureFacts = ofPictures,
                TextFacts = ofTexts,
                Pairs = [.. Enumerable.Range(0, PairsApart).Select(static i => (2 * i, 2 * i + 1))],
                PairFacts = ofPairs,
            };
        }
    }
}

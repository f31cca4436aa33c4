using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using PureClip.Model;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Bench;

/// <summary>
/// Vision towers of several families beside ONNX Runtime on a graph of the same network (peers/export_families.py), in turns in one process:
/// on a machine that is not quiet, both meet the same disturbances, and the best of many turns is compared. One thread is measured by the
/// processor time of the process where the system tells it (Linux), so that who waits for a core is not counted; more threads by the clock.
/// </summary>
internal static partial class FamilyReport
{
    private static readonly Dictionary<string, (VisionConfig Tower, int Width)> Towers = new()
    {
        ["rn50"] = (new ResNetConfig(64, (3, 4, 6, 3), 32, 224), 1024),
        ["mobileclip-s0"] = (FastVit([2, 6, 10, 2], [64, 128, 256, 512]), 512),
        ["mobileclip-s2"] = (FastVit([4, 12, 24, 4], [80, 160, 320, 640]), 512),
        ["convnext-base"] = (new ConvNextConfig(224, [128, 256, 512, 1024], [3, 3, 27, 3], 1e-6f), 512),
        ["siglip-b16-224"] = (Siglip(224, 16, 768, 12, 12, 3072), 768),
        ["siglip-b16-384"] = (Siglip(384, 16, 768, 12, 12, 3072), 768),
        ["siglip-so400m-14-384"] = (Siglip(384, 14, 1152, 27, 16, 4304), 1152),
        ["eva02-b16"] = (
            new VisionTransformerConfig(
                new(768, 12, 12, 2048, GeluKind.Erf, 1e-6f) { IsGated = true, HasInnerNorms = true, Rotary = new(false, 0, 16) }, 224, 16)
            {
                HasPatchBias = true,
                HasPreNorm = false,
                Projection = VisionProjection.LinearWithBias,
            },
            512),
    };

    /// <param name="arguments">The folder with graphs; then seconds for a cell, and names, threads (t1) and batches (b16) to be measured.</param>
    public static void Run(string[] arguments)
    {
        string folder = arguments[0];
        double seconds = arguments.Length > 1 ? double.Parse(arguments[1], CultureInfo.InvariantCulture) : 10;
        string[] names = [.. arguments.Skip(2).Where(Towers.ContainsKey)];
        int[] Numbers(char kind, int[] usual)
        {
            int[] asked = [.. arguments.Skip(2).Where(word => !Towers.ContainsKey(word) && word[0] == kind)
                .Select(static word => int.Parse(word[1..], CultureInfo.InvariantCulture))];
            return asked.Length > 0 ? asked : usual;
        }

        string peer = OrtEnv.Instance().GetVersionString();
        Console.WriteLine($"vectors {SimdTier.Active.Name}, ONNX Runtime {peer}, best of turns of {seconds} s");
        Console.WriteLine("| tower | threads | batch | ours, ms | ONNX Runtime, ms | times as fast | GFLOP/s |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        foreach (string name in names.Length > 0 ? names : [.. Towers.Keys])
            foreach (int threads in Numbers('t', [1, 2]))
                foreach (int batch in Numbers('b', [1, 16]))
                    Compare(Path.Combine(folder, name + ".onnx"), name, threads, batch, seconds);
    }

    private static void Compare(string graph, string name, int threads, int batch, double seconds)
    {
        (VisionConfig config, int width) = Towers[name];
        config.Validate();
        using PureClip.Model.Towers towers = PureClip.Model.Towers.Of(new(width, config, null));
        VisionTower tower = towers.Vision!;
        RandomTowers.Fill(tower);
        float[] pixels = RandomTowers.Numbers(batch * tower.PixelsPerPicture, 1);
        using WorkerPool pool = new(threads);
        // As the engine does it: as many pictures in a pass as keep its rows in the caches.
        int together = Math.Min(batch, Math.Max(1, 100 / tower.RowsPerPicture));
        using Pass pass = tower.CreatePass(SimdTier.Active, pool, together, together * tower.RowsPerPicture);
        using SessionOptions options = new() { IntraOpNumThreads = threads, InterOpNumThreads = 1 };
        options.AddSessionConfigEntry("session.force_spinning_stop", "1"); // between calls its threads would take our cores
        using InferenceSession session = new(graph, options);
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(
            pixels, [batch, 3, config.ImageSize, config.ImageSize]);
        using RunOptions run = new();

        void Ours()
        {
            for (int first = 0; first < batch; first += together)
            {
                pass.Begin();
                for (int i = first; i < Math.Min(batch, first + together); i++)
                    tower.Add(pixels.AsSpan(i * tower.PixelsPerPicture, tower.PixelsPerPicture), pass);
                tower.Forward(pass);
            }
        }

        void Theirs() => session.Run(run, ["pixels"], [input], ["embeddings"]).Dispose();

        double ours = double.PositiveInfinity, theirs = double.PositiveInfinity;
        Stopwatch clock = Stopwatch.StartNew();
        for (int turn = 0; turn < 5 || clock.Elapsed.TotalSeconds < seconds; turn++)
        {
            ours = Math.Min(ours, Time(Ours, threads));
            theirs = Math.Min(theirs, Time(Theirs, threads));
            if (threads > 1)
                Thread.Sleep(5); // its threads spin for a while
        }
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {threads} | {batch} | {ours:0.0} | {theirs:0.0} | {theirs / ours:0.00} | "
            + $"{batch * tower.Flops(tower.RowsPerPicture) / ours / 1e6:0} |"));
    }

    private static double Time(Action action, int threads)
    {
        long start = Now(threads);
        action();
        return (Now(threads) - start) / 1e6;
    }

    /// <summary>Nanoseconds.</summary>
    private static long Now(int threads)
    {
        const int ProcessorTime = 2;
        if (threads > 1 || !OperatingSystem.IsLinux() || GetTime(ProcessorTime, out Instant now) != 0)
            return (long)(Stopwatch.GetTimestamp() * (1e9 / Stopwatch.Frequency));
        return now.Seconds * 1_000_000_000 + now.Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, out Instant now);

    private struct Instant
    {
        public long Seconds, Nanoseconds;
    }

    private static FastVitConfig FastVit(int[] blocks, int[] widths) => new(
        256,
        [.. widths.Select((width, i) => new FastVitStage(width, blocks[i], 3 * width, i == 3, i >= 2 ? width / 4 : 0))],
        widths[^1] / 8)
    {
        IsFused = true,
    };

    private static VisionTransformerConfig Siglip(int size, int patch, int width, int layers, int heads, int hidden) =>
        new(new(width, layers, heads, hidden, GeluKind.Tanh, 1e-6f), size, patch)
        {
            HasClassToken = false,
            HasPatchBias = true,
            HasPreNorm = false,
            ReadAt = VisionReadOut.AttentionHead,
            PoolHeads = heads,
            PoolMlpWidth = hidden,
            Projection = VisionProjection.None,
        };
}

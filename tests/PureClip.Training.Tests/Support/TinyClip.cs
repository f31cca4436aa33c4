using PureClip.Model;
using PureClip.Threading;

namespace PureClip.Training.Tests.Support;

/// <summary>A CLIP that trains in seconds, and pairs of noise and random words for it to learn by heart.</summary>
internal sealed class TinyClip : IDisposable, IBatchSource
{
    private const int Size = 16, Patch = 4, Vocabulary = 50, MostTokens = 8;
    private readonly WorkerPool _pool;
    private readonly int _pairs;

    public TinyClip(int pairs, int threads = 1, string tier = "avx2", int facts = 0, LoraTargets adapters = 0)
    {
        _pool = new(threads);
        _pairs = pairs;
        Compute = Numbers.Machine(tier, _pool);
        TransformerConfig blocks = new(32, 2, 2, 64, GeluKind.Quick, 1e-5f);
        Model = new(
            new(24, new VisionTransformerConfig(blocks, Size, Patch), new(blocks, MostTokens, Vocabulary) { EndOfTextId = Vocabulary - 1 }),
            Compute, facts, adapters == 0 ? null : list => new(list, adapters, rank: 3, alpha: 6, seed: 1, Compute));
        Model.Initialize(7);
    }

    public TrainingCompute Compute { get; }

    public ClipTraining Model { get; }

    public string Fingerprint => $"{_pairs} pairs of noise";

    public ClipBatch Draw(ulong seed, long step, int count, int? kept)
    {
        int[] order = Draws.Permutation(seed, step * count / _pairs, _pairs)[..count];
        int numbers = 3 * Size * Size;
        float[] pixels = new float[count * numbers];
        int[][] texts = new int[count][];
        for (int i = 0; i < count; i++)
        {
            Draws draws = new(99, 0, (ulong)order[i], 0); // a pair is always the same
            foreach (ref float pixel in pixels.AsSpan(i * numbers, numbers))
                pixel = (float)draws.Normal();
            texts[i] =
                [Vocabulary - 2, .. Enumerable.Range(0, 2 + draws.Below(MostTokens - 4)).Select(_ => draws.Below(Vocabulary - 2)),
                Vocabulary - 1];
        }
        bool[] positives = new bool[count * count];
        for (int i = 0; i < count; i++)
            positives[i * count + i] = true;
        int[][]? patches = kept is not int left ? null : [.. Enumerable.Range(0, count).Select(i => PatchChoice.Of(
            pixels.AsSpan(i * numbers, numbers), Size, Patch, left, new(seed, (ulong)step, (ulong)i, 2)))];
        return new() { Pixels = pixels, Texts = texts, Positives = positives, Kept = patches };
    }

    public void Dispose()
    {
        Model.Dispose();
        Compute.Dispose();
        _pool.Dispose();
    }
}

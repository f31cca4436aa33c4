using System.Runtime.Intrinsics;
using PureClip.Threading;

namespace PureClip.Training;

/// <summary>The settings of <see cref="AdamW"/>.</summary>
/// <param name="Beta1">What the mean of gradients keeps a step.</param>
/// <param name="Beta2">What the mean of their squares keeps.</param>
/// <param name="Eps">Added to the root of the latter after its correction.</param>
/// <param name="Decay">Share of a number that decays in a step, times the rate.</param>
internal sealed record AdamWOptions(double Beta1 = 0.9, double Beta2 = 0.98, double Eps = 1e-8, double Decay = 0.1);

/// <summary>
/// Adam with decoupled weight decay: p ← p·(1 − lr·wd); m ← m + (1 − β1)(g − m); v ← v + (1 − β2)(g² − v);
/// p ← p − lr/(1 − β1ᵏ) · m/(√v/√(1 − β2ᵏ) + ε), k counted from 1.
/// </summary>
/// <remarks>
/// Loshchilov and Hutter 2019, with the decay first. Tensors without a gradient still decay. The powers are computed from k, not carried
/// along, so that a resumed run has the same bits.
/// </remarks>
internal sealed unsafe class AdamW(LearnedList list, WorkerPool pool, AdamWOptions options)
{
    // Numbers that one worker steps at a time.
    private const int Block = 1 << 14;

    // Below this a moment is nothing beside ε, and soon a number that the processor is slow with.
    private const float Least = 1e-30f;

    /// <summary>Steps every tensor whose rule names no other optimiser.</summary>
    /// <param name="numbers">p</param>
    /// <param name="gradients">g</param>
    /// <param name="mean">m</param>
    /// <param name="square">v</param>
    /// <param name="rate">lr</param>
    /// <param name="step">k, from 1.</param>
    /// <param name="all">Whether tensors of other optimisers are stepped, too.</param>
    /// <param name="share">What a tensor gets of the rate; null for all of it.</param>
    public void Step(
        NumberSet numbers, NumberSet gradients, NumberSet mean, NumberSet square, double rate, long step, bool all = false,
        Func<Learned, double>? share = null)
    {
        foreach (Learned learned in list.All)
        {
            if (learned.Rule.Parts > 0 && !all)
                continue;
            long first = learned.First, count = learned.Count;
            double own = rate * (share?.Invoke(learned) ?? 1);
            float keep = learned.Rule.Decays ? (float)(1 - own * options.Decay) : 1f;
            pool.For((int)((count + Block - 1) / Block), block =>
            {
                long from = first + (long)block * Block;
                int length = (int)Math.Min(Block, first + count - from);
                StepBlock(
                    numbers.Pointer + from, gradients.Pointer + from, mean.Pointer + from, square.Pointer + from, length, keep, own, step);
            });
        }
    }

    // Tensors are padded to whole cache lines with zeros, which stay zero: whole vectors may run over the end.
    private void StepBlock(float* p, float* g, float* m, float* v, int length, float keep, double rate, long step)
    {
        Vector256<float> gain1 = Vector256.Create((float)(1 - options.Beta1)), gain2 = Vector256.Create((float)(1 - options.Beta2));
        Vector256<float> size = Vector256.Create((float)(rate / (1 - Math.Pow(options.Beta1, step))));
        Vector256<float> correction = Vector256.Create((float)(1 / Math.Sqrt(1 - Math.Pow(options.Beta2, step)))),
            eps = Vector256.Create((float)options.Eps);
        Vector256<float> least = Vector256.Create(Least), keeps = Vector256.Create(keep);
        for (int i = 0; i < length; i += Vector256<float>.Count)
        {
            Vector256<float> gradient = Vector256.Load(g + i), mean = Vector256.Load(m + i), square = Vector256.Load(v + i);
            mean += gain1 * (gradient - mean);
            square += gain2 * (gradient * gradient - square);
            mean &= Vector256.GreaterThan(Vector256.Abs(mean), least);
            square &= Vector256.GreaterThan(square, least);
            mean.Store(m + i);
            square.Store(v + i);
            (Vector256.Load(p + i) * keeps - size * mean / (Vector256.Sqrt(square) * correction + eps)).Store(p + i);
        }
    }
}

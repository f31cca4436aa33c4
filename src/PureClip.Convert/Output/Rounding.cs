using System.Numerics.Tensors;

namespace PureClip.Convert.Output;

/// <summary>Doubles on their way to a type narrower than single precision.</summary>
internal static class Rounding
{
    /// <summary>
    /// A double as the single that rounds to the same narrower number: cut off, with the last bit set where something was lost (rounding
    /// to odd). Rounding to nearest twice would be wrong for numbers close to a tie.
    /// </summary>
    public static float ToOdd(double value)
    {
        float nearest = (float)value;
        if (!double.IsFinite(value) || nearest == value)
            return nearest;
        uint bits = BitConverter.SingleToUInt32Bits(nearest);
        if (Math.Abs((double)nearest) > Math.Abs(value))
            bits--;
        return BitConverter.UInt32BitsToSingle(bits | 1);
    }
}

/// <summary>How far the numbers of a group of tensors moved when their type changed.</summary>
internal sealed class RoundingTally
{
    private double _sum;

    /// <summary>Numbers compared.</summary>
    public long Count { get; private set; }

    /// <summary>The largest distance of a number from what it was.</summary>
    public double Largest { get; private set; }

    /// <summary>The mean distance.</summary>
    public double Mean => Count == 0 ? 0 : _sum / Count;

    /// <summary>Compares numbers before and after; what is not finite counts as unmoved.</summary>
    /// <param name="before">[count]</param>
    /// <param name="after">[count]</param>
    /// <param name="scratch">[count], overwritten.</param>
    public void Add(ReadOnlySpan<float> before, ReadOnlySpan<float> after, Span<float> scratch)
    {
        TensorPrimitives.Subtract(before, after, scratch);
        float largest = MathF.Abs(TensorPrimitives.MaxMagnitude<float>(scratch));
        if (!float.IsFinite(largest))
        {
            for (int i = 0; i < scratch.Length; i++)
                scratch[i] = float.IsFinite(scratch[i]) ? scratch[i] : 0;
            largest = MathF.Abs(TensorPrimitives.MaxMagnitude<float>(scratch));
        }
        Largest = Math.Max(Largest, largest);
        _sum += TensorPrimitives.SumOfMagnitudes<float>(scratch);
        Count += scratch.Length;
    }
}

/// <summary>The groups in which rounding errors are counted, and their order: blocks by number and not by letters.</summary>
internal sealed class LayerOrder : IComparer<string>
{
    public static LayerOrder Instance { get; } = new();

    /// <summary>"vision.blocks.3" for what is in that block, else the tower, or the name itself.</summary>
    public static string GroupOf(string canonical) => canonical.Split('.') switch
    {
        [var tower, "blocks", var number, ..] => $"{tower}.blocks.{number}",
        var parts => parts[0],
    };

    public int Compare(string? x, string? y)
    {
        (string xs, int xn) = Key(x!);
        (string ys, int yn) = Key(y!);
        int order = string.CompareOrdinal(xs, ys);
        return order != 0 ? order : xn.CompareTo(yn);
    }

    private static (string Name, int Number) Key(string group)
    {
        int dot = group.LastIndexOf('.');
        return dot >= 0 && int.TryParse(group.AsSpan(dot + 1), out int number) ? (group[..dot], number) : (group, -1);
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PureClip.Imaging.WebP.Lossy;

/// <summary>
/// Smooths an edge at sixteen places at once (RFC 6386, sections 15.2 and 15.3). The samples on one side of the edge are called p0 to p3,
/// those on the other q0 to q3; p0 and q0 are next to it. Sums are limited to signed bytes after each step, as the standard has it.
/// </summary>
internal static class EdgeFilter
{
    private static readonly Vector128<byte> SignBit = Vector128.Create((byte)0x80);

    /// <summary>The simple filter, which changes p0 and q0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Simple(Vector128<byte> p1, ref Vector128<byte> p0, ref Vector128<byte> q0, Vector128<byte> q1, int edge)
    {
        Vector128<sbyte> mask = IsBelow(p1, p0, q0, q1, edge).AsSByte();
        Vector128<sbyte> before = ToSigned(p0), behind = ToSigned(q0);
        MoveTogether(Step(Vector128.SubtractSaturate(ToSigned(p1), ToSigned(q1)), before, behind) & mask, ref before, ref behind);
        p0 = ToUnsigned(before);
        q0 = ToUnsigned(behind);
    }

    /// <summary>The filter for edges inside a macroblock, which changes p1 to q1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Inner(
        Vector128<byte> p3, Vector128<byte> p2, ref Vector128<byte> p1, ref Vector128<byte> p0,
        ref Vector128<byte> q0, ref Vector128<byte> q1, Vector128<byte> q2, Vector128<byte> q3, FilterStrength strength)
    {
        Vector128<byte> nextToEdge = Vector128.Max(Lanes.Distance(p1, p0), Lanes.Distance(q1, q0));
        Vector128<byte> further = Further(p3, p2, p1, q1, q2, q3);
        Vector128<byte> isSmooth = IsAtMost(Vector128.Max(nextToEdge, further), strength.Interior);
        Vector128<sbyte> mask = (IsBelow(p1, p0, q0, q1, strength.Edge) & isSmooth).AsSByte();
        Vector128<sbyte> isFlat = IsAtMost(nextToEdge, strength.Variance).AsSByte();
        Vector128<sbyte> a1 = ToSigned(p1), a0 = ToSigned(p0), b0 = ToSigned(q0), b1 = ToSigned(q1);
        Vector128<sbyte> outer = Vector128.AndNot(Vector128.SubtractSaturate(a1, b1), isFlat);
        Vector128<sbyte> moved = MoveTogether(Step(outer, a0, b0) & mask, ref a0, ref b0);
        Vector128<sbyte> half = ToSigned(Lanes.Average(ToUnsigned(moved), SignBit)) & isFlat; // (moved + 1) >> 1
        p1 = ToUnsigned(Vector128.AddSaturate(a1, half));
        p0 = ToUnsigned(a0);
        q0 = ToUnsigned(b0);
        q1 = ToUnsigned(Vector128.SubtractSaturate(b1, half));
    }

    /// <summary>The filter for the borders of macroblocks, which changes p2 to q2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Border(
        Vector128<byte> p3, ref Vector128<byte> p2, ref Vector128<byte> p1, ref Vector128<byte> p0,
        ref Vector128<byte> q0, ref Vector128<byte> q1, ref Vector128<byte> q2, Vector128<byte> q3, FilterStrength strength)
    {
        Vector128<byte> nextToEdge = Vector128.Max(Lanes.Distance(p1, p0), Lanes.Distance(q1, q0));
        Vector128<byte> further = Further(p3, p2, p1, q1, q2, q3);
        Vector128<byte> isSmooth = IsAtMost(Vector128.Max(nextToEdge, further), strength.Interior);
        Vector128<sbyte> mask = (IsBelow(p1, p0, q0, q1, strength.Border) & isSmooth).AsSByte();
        Vector128<sbyte> isFlat = IsAtMost(nextToEdge, strength.Variance).AsSByte();
        Vector128<sbyte> a1 = ToSigned(p1), a0 = ToSigned(p0), b0 = ToSigned(q0), b1 = ToSigned(q1);
        Vector128<sbyte> step = Step(Vector128.SubtractSaturate(a1, b1), a0, b0) & mask;
        MoveTogether(Vector128.AndNot(step, isFlat), ref a0, ref b0);
        // 9/128, 18/128 and 27/128 of the step, rounded.
        (Vector128<short> low, Vector128<short> high) = Vector128.Widen(step & isFlat);
        (low, high) = (low * 9, high * 9);
        Vector128<short> half = Vector128.Create((short)63);
        Vector128<sbyte> least = Divide(low + half, high + half);
        Vector128<sbyte> middle = Divide(low + low + half, high + high + half);
        Vector128<sbyte> most = Divide(low + low + low + half, high + high + high + half);
        p2 = ToUnsigned(Vector128.AddSaturate(ToSigned(p2), least));
        p1 = ToUnsigned(Vector128.AddSaturate(a1, middle));
        p0 = ToUnsigned(Vector128.AddSaturate(a0, most));
        q0 = ToUnsigned(Vector128.SubtractSaturate(b0, most));
        q1 = ToUnsigned(Vector128.SubtractSaturate(b1, middle));
        q2 = ToUnsigned(Vector128.SubtractSaturate(ToSigned(q2), least));
    }

    /// <summary>outer + 3 (q0 - p0).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<sbyte> Step(Vector128<sbyte> outer, Vector128<sbyte> p0, Vector128<sbyte> q0)
    {
        Vector128<sbyte> difference = Vector128.SubtractSaturate(q0, p0);
        return Vector128.AddSaturate(Vector128.AddSaturate(Vector128.AddSaturate(outer, difference), difference), difference);
    }

    /// <summary>Moves p0 up and q0 down by an eighth of a step, one rounded up and the other down; returns how far q0 went.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<sbyte> MoveTogether(Vector128<sbyte> step, ref Vector128<sbyte> p0, ref Vector128<sbyte> q0)
    {
        Vector128<sbyte> down = ShiftRight3(Vector128.AddSaturate(step, Vector128.Create((sbyte)4)));
        Vector128<sbyte> up = ShiftRight3(Vector128.AddSaturate(step, Vector128.Create((sbyte)3)));
        p0 = Vector128.AddSaturate(p0, up);
        q0 = Vector128.SubtractSaturate(q0, down);
        return down;
    }

    /// <summary>Where 4 |p0 - q0| + |p1 - q1| is at most twice the limit and one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> IsBelow(Vector128<byte> p1, Vector128<byte> p0, Vector128<byte> q0, Vector128<byte> q1, int edge)
    {
        Vector128<byte> inner = Lanes.Distance(p0, q0);
        return IsAtMost(Vector128.AddSaturate(Vector128.AddSaturate(inner, inner), Lanes.Distance(p1, q1) >>> 1), edge);
    }

    /// <summary>The largest difference of neighbours that are not next to the edge.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Further(
        Vector128<byte> p3, Vector128<byte> p2, Vector128<byte> p1, Vector128<byte> q1, Vector128<byte> q2, Vector128<byte> q3) =>
        Vector128.Max(
            Vector128.Max(Lanes.Distance(p3, p2), Lanes.Distance(p2, p1)),
            Vector128.Max(Lanes.Distance(q3, q2), Lanes.Distance(q2, q1)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> IsAtMost(Vector128<byte> value, int limit)
    {
        Vector128<byte> limits = Vector128.Create((byte)limit);
        return Vector128.Equals(Vector128.Max(value, limits), limits);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<sbyte> Divide(Vector128<short> low, Vector128<short> high) =>
        Vector128.NarrowWithSaturation(low >> 7, high >> 7);

    // Processors shift no signed bytes: they are shifted with an offset instead.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<sbyte> ShiftRight3(Vector128<sbyte> value) =>
        (ToUnsigned(value) >>> 3).AsSByte() - Vector128.Create((sbyte)16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<sbyte> ToSigned(Vector128<byte> samples) => (samples ^ SignBit).AsSByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> ToUnsigned(Vector128<sbyte> samples) => samples.AsByte() ^ SignBit;
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PureClip.Imaging.WebP.Lossy;

/// <summary>
/// Smooths the edges of a macroblock (RFC 6386, section 15): its left border, the vertical edges inside, its upper border, the horizontal
/// edges inside. Sixteen places along an edge are done at once: sixteen of luminance, or eight each of U and V. So both kinds are given as
/// two halves, the first eight places and the others.
/// </summary>
internal static class LoopFilter
{
    private const int BlockSide = 4;
    private const int HalfSide = 8;
    private const int LumaSide = 16;

    /// <summary>What of a macroblock is to be smoothed.</summary>
    /// <param name="Strength">How strongly.</param>
    /// <param name="HasLeft">Whether there is a macroblock to its left.</param>
    /// <param name="HasAbove">Whether there is one above.</param>
    /// <param name="HasInner">Whether the edges inside are smoothed too.</param>
    public readonly record struct Edges(FilterStrength Strength, bool HasLeft, bool HasAbove, bool HasInner);

    /// <summary>The simple filter, for luminance alone.</summary>
    /// <param name="luma">The macroblock's first sample.</param>
    /// <param name="stride">Bytes from one line to the next.</param>
    /// <param name="edges">What is to be done.</param>
    public static void Simple(ref byte luma, int stride, Edges edges)
    {
        if (edges.HasLeft)
            SimpleVertical(ref luma, stride, edges.Strength.Border);
        if (edges.HasInner)
            for (int x = BlockSide; x < LumaSide; x += BlockSide)
                SimpleVertical(ref Unsafe.Add(ref luma, x), stride, edges.Strength.Edge);
        if (edges.HasAbove)
            SimpleHorizontal(ref luma, stride, edges.Strength.Border);
        if (edges.HasInner)
            for (int y = BlockSide; y < LumaSide; y += BlockSide)
                SimpleHorizontal(ref Unsafe.Add(ref luma, y * stride), stride, edges.Strength.Edge);
    }

    /// <summary>The normal filter for luminance.</summary>
    /// <inheritdoc cref="Simple"/>
    public static void Luma(ref byte luma, int stride, Edges edges) =>
        Normal(ref luma, ref Unsafe.Add(ref luma, HalfSide * stride), ref Unsafe.Add(ref luma, HalfSide), stride, LumaSide, edges);

    /// <summary>The normal filter for chrominance.</summary>
    /// <param name="u">The macroblock's first sample of U.</param>
    /// <param name="v">Of V, with the same stride.</param>
    /// <param name="stride">Bytes from one line to the next.</param>
    /// <param name="edges">What is to be done.</param>
    public static void Chroma(ref byte u, ref byte v, int stride, Edges edges) => Normal(ref u, ref v, ref v, stride, HalfSide, edges);

    /// <summary>All edges.</summary>
    /// <param name="first">The first eight places of either direction.</param>
    /// <param name="below">The other eight places along a vertical edge.</param>
    /// <param name="behind">The other eight places along a horizontal edge.</param>
    /// <param name="stride">Bytes from one line to the next.</param>
    /// <param name="side">Samples of a side of the macroblock.</param>
    /// <param name="edges">What is to be done.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Normal(ref byte first, ref byte below, ref byte behind, int stride, int side, Edges edges)
    {
        if (edges.HasLeft)
            Vertical(ref first, ref below, stride, edges.Strength, isBorder: true);
        if (edges.HasInner)
            for (int x = BlockSide; x < side; x += BlockSide)
                Vertical(ref Unsafe.Add(ref first, x), ref Unsafe.Add(ref below, x), stride, edges.Strength, isBorder: false);
        if (edges.HasAbove)
            Horizontal(ref first, ref behind, stride, edges.Strength, isBorder: true);
        if (edges.HasInner)
            for (int y = BlockSide * stride; y < side * stride; y += BlockSide * stride)
                Horizontal(ref Unsafe.Add(ref first, y), ref Unsafe.Add(ref behind, y), stride, edges.Strength, isBorder: false);
    }

    private static void Horizontal(ref byte first, ref byte second, int stride, FilterStrength strength, bool isBorder)
    {
        Vector128<byte> p3 = Load(ref first, ref second, -4 * stride), p2 = Load(ref first, ref second, -3 * stride);
        Vector128<byte> p1 = Load(ref first, ref second, -2 * stride), p0 = Load(ref first, ref second, -stride);
        Vector128<byte> q0 = Load(ref first, ref second, 0), q1 = Load(ref first, ref second, stride);
        Vector128<byte> q2 = Load(ref first, ref second, 2 * stride), q3 = Load(ref first, ref second, 3 * stride);
        if (isBorder)
        {
            EdgeFilter.Border(p3, ref p2, ref p1, ref p0, ref q0, ref q1, ref q2, q3, strength);
            Store(p2, ref first, ref second, -3 * stride);
            Store(q2, ref first, ref second, 2 * stride);
        }
        else
        {
            EdgeFilter.Inner(p3, p2, ref p1, ref p0, ref q0, ref q1, q2, q3, strength);
        }
        Store(p1, ref first, ref second, -2 * stride);
        Store(p0, ref first, ref second, -stride);
        Store(q0, ref first, ref second, 0);
        Store(q1, ref first, ref second, stride);
    }

    private static void Vertical(ref byte first, ref byte second, int stride, FilterStrength strength, bool isBorder)
    {
        first = ref Unsafe.Add(ref first, -BlockSide);
        second = ref Unsafe.Add(ref second, -BlockSide);
        // Places along the edge become the elements of vectors: four rounds of zipping, the first of which joins both halves.
        Vector128<byte> p3 = LoadPair(ref first, ref second, 0), p2 = LoadPair(ref first, ref second, stride);
        Vector128<byte> p1 = LoadPair(ref first, ref second, 2 * stride), p0 = LoadPair(ref first, ref second, 3 * stride);
        Vector128<byte> q0 = LoadPair(ref first, ref second, 4 * stride), q1 = LoadPair(ref first, ref second, 5 * stride);
        Vector128<byte> q2 = LoadPair(ref first, ref second, 6 * stride), q3 = LoadPair(ref first, ref second, 7 * stride);
        Zip(ref p3, ref p2, ref p1, ref p0, ref q0, ref q1, ref q2, ref q3);
        Zip(ref p3, ref p2, ref p1, ref p0, ref q0, ref q1, ref q2, ref q3);
        Zip(ref p3, ref p2, ref p1, ref p0, ref q0, ref q1, ref q2, ref q3);
        if (isBorder)
            EdgeFilter.Border(p3, ref p2, ref p1, ref p0, ref q0, ref q1, ref q2, q3, strength);
        else
            EdgeFilter.Inner(p3, p2, ref p1, ref p0, ref q0, ref q1, q2, q3, strength);
        // Three more rounds, and each vector holds two lines.
        Zip(ref p3, ref p2, ref p1, ref p0, ref q0, ref q1, ref q2, ref q3);
        Zip(ref p3, ref p2, ref p1, ref p0, ref q0, ref q1, ref q2, ref q3);
        Zip(ref p3, ref p2, ref p1, ref p0, ref q0, ref q1, ref q2, ref q3);
        StoreLines(p3, ref first, stride);
        StoreLines(p2, ref Unsafe.Add(ref first, 2 * stride), stride);
        StoreLines(p1, ref Unsafe.Add(ref first, 4 * stride), stride);
        StoreLines(p0, ref Unsafe.Add(ref first, 6 * stride), stride);
        StoreLines(q0, ref second, stride);
        StoreLines(q1, ref Unsafe.Add(ref second, 2 * stride), stride);
        StoreLines(q2, ref Unsafe.Add(ref second, 4 * stride), stride);
        StoreLines(q3, ref Unsafe.Add(ref second, 6 * stride), stride);
    }

    private static void SimpleHorizontal(ref byte samples, int stride, int edge)
    {
        Vector128<byte> p1 = Vector128.LoadUnsafe(ref Unsafe.Add(ref samples, -2 * stride));
        Vector128<byte> p0 = Vector128.LoadUnsafe(ref Unsafe.Add(ref samples, -stride));
        Vector128<byte> q0 = Vector128.LoadUnsafe(ref samples), q1 = Vector128.LoadUnsafe(ref Unsafe.Add(ref samples, stride));
        EdgeFilter.Simple(p1, ref p0, ref q0, q1, edge);
        p0.StoreUnsafe(ref Unsafe.Add(ref samples, -stride));
        q0.StoreUnsafe(ref samples);
    }

    private static void SimpleVertical(ref byte samples, int stride, int edge)
    {
        Span<byte> columns = stackalloc byte[4 * LumaSide]; // p1, p0, q0, q1
        for (int y = 0; y < LumaSide; y++)
            for (int i = 0; i < 4; i++)
                columns[i * LumaSide + y] = Unsafe.Add(ref samples, y * stride + i - 2);
        Vector128<byte> p0 = Vector128.Create<byte>(columns[LumaSide..]), q0 = Vector128.Create<byte>(columns[(2 * LumaSide)..]);
        EdgeFilter.Simple(Vector128.Create<byte>(columns), ref p0, ref q0, Vector128.Create<byte>(columns[(3 * LumaSide)..]), edge);
        p0.CopyTo(columns);
        q0.CopyTo(columns[LumaSide..]);
        for (int y = 0; y < LumaSide; y++)
        {
            Unsafe.Add(ref samples, y * stride - 1) = columns[y];
            Unsafe.Add(ref samples, y * stride) = columns[LumaSide + y];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Load(ref byte first, ref byte second, int offset) =>
        Vector128.Create(Word(ref first, offset), Word(ref second, offset)).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector128<byte> samples, ref byte first, ref byte second, int offset)
    {
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref first, offset), samples.AsUInt64().GetLower().ToScalar());
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref second, offset), samples.AsUInt64().GetUpper().ToScalar());
    }

    /// <summary>Eight samples each of two lines, alternating.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> LoadPair(ref byte first, ref byte second, int offset) => Lanes.ZipLow(
        Vector128.CreateScalarUnsafe(Word(ref first, offset)).AsByte(), Vector128.CreateScalarUnsafe(Word(ref second, offset)).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreLines(Vector128<byte> samples, ref byte line, int stride) =>
        Store(samples, ref line, ref Unsafe.Add(ref line, stride), 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Word(ref byte samples, int offset) => Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref samples, offset));

    /// <summary>
    /// Zips each vector with the fourth behind it. Of a sample's place - three bits for its vector and, below them, four for its element -
    /// the highest bit becomes the lowest; so after three rounds elements have become vectors.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Zip(
        ref Vector128<byte> v0, ref Vector128<byte> v1, ref Vector128<byte> v2, ref Vector128<byte> v3,
        ref Vector128<byte> v4, ref Vector128<byte> v5, ref Vector128<byte> v6, ref Vector128<byte> v7)
    {
        (Vector128<byte> a0, Vector128<byte> a1, Vector128<byte> a2, Vector128<byte> a3) = (v0, v1, v2, v3);
        (Vector128<byte> b0, Vector128<byte> b1, Vector128<byte> b2, Vector128<byte> b3) = (v4, v5, v6, v7);
        (v0, v1, v2, v3) = (Lanes.ZipLow(a0, b0), Lanes.ZipHigh(a0, b0), Lanes.ZipLow(a1, b1), Lanes.ZipHigh(a1, b1));
        (v4, v5, v6, v7) = (Lanes.ZipLow(a2, b2), Lanes.ZipHigh(a2, b2), Lanes.ZipLow(a3, b3), Lanes.ZipHigh(a3, b3));
    }
}

/// <summary>How strongly the edges of one macroblock are smoothed.</summary>
/// <param name="Edge">Difference at an edge inside the macroblock beyond which it is left as it is; 0: nothing is filtered.</param>
/// <param name="Interior">The same for neighbours on either side of an edge.</param>
/// <param name="Variance">Difference beyond which an edge counts as a real one and less is changed.</param>
internal readonly record struct FilterStrength(int Edge, int Interior, int Variance)
{
    /// <summary>The limit at the macroblock's own borders.</summary>
    public int Border => Edge + 4;
}

/// <summary>The loop filter's part of a frame header (RFC 6386, sections 9.3, 9.6 and 15).</summary>
internal sealed class FilterStrengths
{
    private const int HighestLevel = 63;
    private const int HighestSharpness = 9;

    private readonly FilterStrength[] _strengths = new FilterStrength[2 * FrameHeader.Segments];
    private int _level;
    private int _sharpness;
    private int _keyFrameDelta;
    private int _splitDelta;

    /// <summary>Whether only luminance is filtered, in the simple way.</summary>
    public bool IsSimple { get; private set; }

    /// <summary>Whether there is anything to filter.</summary>
    public bool IsOn => _level > 0;

    /// <summary>Reads the header's part.</summary>
    public static FilterStrengths Read(ref BoolDecoder decoder)
    {
        FilterStrengths filter = new()
        {
            IsSimple = decoder.ReadFlag(),
            _level = decoder.ReadNumber(6),
            _sharpness = decoder.ReadNumber(3),
        };
        bool hasDeltas = decoder.ReadFlag();
        if (!hasDeltas || !decoder.ReadFlag())
            return filter;
        // Four for the frame that is referred to, of which the first is for none, and four for modes, of which the first is for 4 x 4.
        Span<int> deltas = stackalloc int[8];
        for (int i = 0; i < deltas.Length; i++)
            deltas[i] = decoder.ReadOptionalNumber(6);
        filter._keyFrameDelta = deltas[0];
        filter._splitDelta = deltas[4];
        return filter;
    }

    /// <summary>Computes the strengths of all macroblocks.</summary>
    /// <param name="segmentLevels">[segments] their levels; null where there are no segments.</param>
    /// <param name="areAbsolute">Whether these replace the frame's level or are added to it.</param>
    public void Prepare(ReadOnlySpan<int> segmentLevels, bool areAbsolute)
    {
        for (int segment = 0; segment < FrameHeader.Segments; segment++)
        {
            int level = segmentLevels.IsEmpty ? _level : areAbsolute ? segmentLevels[segment] : _level + segmentLevels[segment];
            _strengths[2 * segment] = StrengthOf(level + _keyFrameDelta, _sharpness);
            _strengths[2 * segment + 1] = StrengthOf(level + _keyFrameDelta + _splitDelta, _sharpness);
        }
    }

    /// <summary>The strength for a macroblock.</summary>
    /// <param name="segment">Its segment.</param>
    /// <param name="isSplit">Whether it is predicted in blocks of 4 x 4.</param>
    public FilterStrength Of(int segment, bool isSplit) => _strengths[2 * segment + (isSplit ? 1 : 0)];

    /// <summary>The strength of a level.</summary>
    /// <param name="level">Any number, which is limited to 0 to 63.</param>
    /// <param name="sharpness">0 to 7.</param>
    public static FilterStrength StrengthOf(int level, int sharpness)
    {
        level = Math.Clamp(level, 0, HighestLevel);
        if (level == 0)
            return default;
        int interior = level;
        if (sharpness > 0)
            interior = Math.Min(interior >> (sharpness > 4 ? 2 : 1), HighestSharpness - sharpness);
        interior = Math.Max(interior, 1);
        return new FilterStrength(2 * level + interior, interior, level >= 40 ? 2 : level >= 15 ? 1 : 0);
    }
}

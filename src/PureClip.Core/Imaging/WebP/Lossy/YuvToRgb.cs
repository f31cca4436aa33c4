using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using PureClip.Imaging.Jpeg;

namespace PureClip.Imaging.WebP.Lossy;

/// <summary>
/// YUV of limited range (ITU-R BT.601) to RGB in libwebp's fixed-point arithmetic, exact to the bit: each product is cut to its upper part
/// by itself, with six fraction bits left.
/// </summary>
internal static class YuvToRgb
{
    private const int Count = 16; // pixels at once
    private const int FractionBits = 6;

    // x * 2^14 of 1.164, 1.596, 0.392, 0.813, 2.017; and what offsets (16 for Y, 128 for U and V) and rounding add up to.
    private const ushort FromY = 19077;
    private const ushort RedFromV = 26149;
    private const ushort GreenFromU = 6419;
    private const ushort GreenFromV = 13320;
    private const ushort BlueFromU = 33050;
    private const short RedOffset = -14234;
    private const short GreenOffset = 8708;
    private const ushort BlueOffset = 17685; // taken away

    /// <summary>Converts a row.</summary>
    /// <param name="y">Luminance; like the other two, of every pixel and <see cref="ChromaUpsampler.Overhang"/> more.</param>
    /// <param name="u">Blue difference.</param>
    /// <param name="v">Red difference.</param>
    /// <param name="pixels">[width, 3] red, green, blue.</param>
    public static void ToRgb(ReadOnlySpan<byte> y, ReadOnlySpan<byte> u, ReadOnlySpan<byte> v, Span<byte> pixels)
    {
        int width = pixels.Length / 3;
        Span<byte> last = stackalloc byte[3 * Count];
        for (int x = 0; x < width; x += Count)
        {
            (Vector128<byte> red, Vector128<byte> green, Vector128<byte> blue) = Convert(Load(y, x), Load(u, x), Load(v, x));
            bool fits = x <= width - Count;
            RgbInterleaver.Store(red, green, blue, ref (fits ? ref pixels.Slice(3 * x, last.Length)[0] : ref last[0]));
            if (!fits)
                last[..(3 * (width - x))].CopyTo(pixels[(3 * x)..]);
        }
    }

    /// <summary>Converts a row and joins it with alpha.</summary>
    /// <param name="y">As above.</param>
    /// <param name="u">As above.</param>
    /// <param name="v">As above.</param>
    /// <param name="alpha">Alpha, with as many bytes more.</param>
    /// <param name="pixels">[width, 4] red, green, blue, alpha.</param>
    public static void ToRgba(ReadOnlySpan<byte> y, ReadOnlySpan<byte> u, ReadOnlySpan<byte> v, ReadOnlySpan<byte> alpha, Span<byte> pixels)
    {
        int width = pixels.Length / 4;
        Span<byte> last = stackalloc byte[4 * Count];
        for (int x = 0; x < width; x += Count)
        {
            (Vector128<byte> red, Vector128<byte> green, Vector128<byte> blue) = Convert(Load(y, x), Load(u, x), Load(v, x));
            bool fits = x <= width - Count;
            StoreRgba(red, green, blue, Load(alpha, x), ref (fits ? ref pixels.Slice(4 * x, last.Length)[0] : ref last[0]));
            if (!fits)
                last[..(4 * (width - x))].CopyTo(pixels[(4 * x)..]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector128<byte> Red, Vector128<byte> Green, Vector128<byte> Blue) Convert(
        Vector128<byte> y, Vector128<byte> u, Vector128<byte> v)
    {
        // Samples lie in the upper byte, so that the upper half of a product is (sample * factor) >> 8.
        (Vector128<ushort> y0, Vector128<ushort> y1) = Raise(y);
        (Vector128<ushort> u0, Vector128<ushort> u1) = Raise(u);
        (Vector128<ushort> v0, Vector128<ushort> v1) = Raise(v);
        (Vector128<short> r0, Vector128<short> g0, Vector128<short> b0) = Convert(y0, u0, v0);
        (Vector128<short> r1, Vector128<short> g1, Vector128<short> b1) = Convert(y1, u1, v1);
        return (Lanes.NarrowToBytes(r0, r1), Lanes.NarrowToBytes(g0, g1), Lanes.NarrowToBytes(b0, b1));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector128<short> Red, Vector128<short> Green, Vector128<short> Blue) Convert(
        Vector128<ushort> y, Vector128<ushort> u, Vector128<ushort> v)
    {
        Vector128<ushort> luma = Lanes.MultiplyHigh(y, Vector128.Create(FromY));
        Vector128<ushort> red = luma + Lanes.MultiplyHigh(v, Vector128.Create(RedFromV));
        Vector128<ushort> green = luma
            - Lanes.MultiplyHigh(u, Vector128.Create(GreenFromU)) - Lanes.MultiplyHigh(v, Vector128.Create(GreenFromV));
        // Blue alone can exceed 15 bits.
        Vector128<ushort> blue = Vector128.SubtractSaturate(
            luma + Lanes.MultiplyHigh(u, Vector128.Create(BlueFromU)), Vector128.Create(BlueOffset));
        return (
            (red.AsInt16() + Vector128.Create(RedOffset)) >> FractionBits,
            (green.AsInt16() + Vector128.Create(GreenOffset)) >> FractionBits,
            (blue >>> FractionBits).AsInt16());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector128<ushort> Low, Vector128<ushort> High) Raise(Vector128<byte> samples) =>
        (Vector128.WidenLower(samples) << 8, Vector128.WidenUpper(samples) << 8);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Load(ReadOnlySpan<byte> samples, int x) => Vector128.Create(samples.Slice(x, Count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreRgba(Vector128<byte> red, Vector128<byte> green, Vector128<byte> blue, Vector128<byte> alpha, ref byte target)
    {
        (Vector128<short> rg0, Vector128<short> rg1) = (Lanes.ZipLow(red, green).AsInt16(), Lanes.ZipHigh(red, green).AsInt16());
        (Vector128<short> ba0, Vector128<short> ba1) = (Lanes.ZipLow(blue, alpha).AsInt16(), Lanes.ZipHigh(blue, alpha).AsInt16());
        Lanes.ZipLow(rg0, ba0).AsByte().StoreUnsafe(ref target);
        Lanes.ZipHigh(rg0, ba0).AsByte().StoreUnsafe(ref target, 16);
        Lanes.ZipLow(rg1, ba1).AsByte().StoreUnsafe(ref target, 32);
        Lanes.ZipHigh(rg1, ba1).AsByte().StoreUnsafe(ref target, 48);
    }
}

/// <summary>
/// Brings lines of chrominance to the picture's width and puts two new ones between each two, as libwebp's "fancy" upsampling does: each
/// sample is 9/16 of the nearest, 3/16 of the two beside it and 1/16 of the one across, rounded in libwebp's two steps.
/// </summary>
internal static class ChromaUpsampler
{
    /// <summary>Samples beyond a line's end that are read, and twice as many that are written, without meaning.</summary>
    public const int Overhang = 16;

    /// <summary>Makes the two lines that lie between two lines of chrominance.</summary>
    /// <param name="upper">The line of chrominance above, and <see cref="Overhang"/> more bytes.</param>
    /// <param name="lower">The one below, of the same length.</param>
    /// <param name="width">Pixels a line.</param>
    /// <param name="nearUpper">[width + 2 overhang] the line next to the upper one.</param>
    /// <param name="nearLower">[width + 2 overhang] the line next to the lower one.</param>
    public static void Upsample(ReadOnlySpan<byte> upper, ReadOnlySpan<byte> lower, int width, Span<byte> nearUpper, Span<byte> nearLower)
    {
        int last = (width - 1) / 2;
        upper = upper[..(last + 1 + Overhang)];
        lower = lower[..(last + 1 + Overhang)];
        nearUpper = nearUpper[..(width + 2 * Overhang)];
        nearLower = nearLower[..(width + 2 * Overhang)];
        UpsampleInner(
            ref MemoryMarshal.GetReference(upper), ref MemoryMarshal.GetReference(lower), last,
            ref MemoryMarshal.GetReference(nearUpper), ref MemoryMarshal.GetReference(nearLower));
        nearUpper[0] = Blend(upper[0], lower[0]);
        nearLower[0] = Blend(lower[0], upper[0]);
        if (width % 2 != 0)
            return;
        nearUpper[width - 1] = Blend(upper[last], lower[last]);
        nearLower[width - 1] = Blend(lower[last], upper[last]);
    }

    // At either end a sample stands for its missing neighbour too.
    private static byte Blend(int near, int far) => (byte)((3 * near + far + 2) >> 2);

    // Samples x - 1 and x of both lines make pixels 2x - 1 and 2x of both.
    private static void UpsampleInner(ref byte upper, ref byte lower, int last, ref byte nearUpper, ref byte nearLower)
    {
        Vector128<byte> one = Vector128.Create((byte)1);
        for (int x = 1; x <= last; x += Vector128<byte>.Count)
        {
            Vector128<byte> a = Vector128.LoadUnsafe(ref upper, (nuint)(x - 1)), b = Vector128.LoadUnsafe(ref upper, (nuint)x);
            Vector128<byte> c = Vector128.LoadUnsafe(ref lower, (nuint)(x - 1)), d = Vector128.LoadUnsafe(ref lower, (nuint)x);
            Vector128<byte> down = Lanes.Average(a, d), up = Lanes.Average(b, c);
            Vector128<byte> downOdd = a ^ d, upOdd = b ^ c, bothOdd = down ^ up;
            // (a + b + c + d) / 4, rounded down
            Vector128<byte> all = Lanes.Average(down, up) - ((downOdd | upOdd | bothOdd) & one);
            // (a + 3b + 3c + d) / 8 and (3a + b + c + 3d) / 8, rounded down
            Vector128<byte> mostlyUp = Lanes.Average(all, up) - ((upOdd & bothOdd | all ^ up) & one);
            Vector128<byte> mostlyDown = Lanes.Average(all, down) - ((downOdd & bothOdd | all ^ down) & one);
            Store(Lanes.Average(a, mostlyUp), Lanes.Average(b, mostlyDown), ref Unsafe.Add(ref nearUpper, 2 * x - 1));
            Store(Lanes.Average(c, mostlyDown), Lanes.Average(d, mostlyUp), ref Unsafe.Add(ref nearLower, 2 * x - 1));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector128<byte> odd, Vector128<byte> even, ref byte target)
    {
        Lanes.ZipLow(odd, even).StoreUnsafe(ref target);
        Lanes.ZipHigh(odd, even).StoreUnsafe(ref target, (nuint)Vector128<byte>.Count);
    }
}

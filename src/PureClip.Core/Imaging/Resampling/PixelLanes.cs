using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PureClip.Imaging.Resampling;

/// <summary>How neighbouring pixels of one layout share a vector of four integers in <see cref="HorizontalPass"/>.</summary>
internal interface IPixelLanes
{
    /// <summary>Bytes a pixel.</summary>
    static abstract int Channels { get; }

    /// <summary>Pixels a vector.</summary>
    static abstract int Pixels { get; }

    /// <summary>Each pixel's weight in the lanes of its channels.</summary>
    /// <param name="weights">First weight of the output pixel.</param>
    /// <param name="k">Index of the vector's first pixel; reads up to index k + 3.</param>
    static abstract Vector128<int> Weights(ref readonly int weights, nuint k);

    /// <summary>Adds up the pixels of a vector: each channel's sum in the lane of its number.</summary>
    static abstract Vector128<int> Fold(Vector128<int> sum);
}

/// <summary>One channel: four pixels.</summary>
internal readonly struct OneChannel : IPixelLanes
{
    public static int Channels => 1;

    public static int Pixels => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Weights(ref readonly int weights, nuint k) => Vector128.LoadUnsafe(in weights, k);

    public static Vector128<int> Fold(Vector128<int> sum) => Vector128.CreateScalar(Vector128.Sum(sum));
}

/// <summary>Two channels: two pixels.</summary>
internal readonly struct TwoChannels : IPixelLanes
{
    public static int Channels => 2;

    public static int Pixels => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Weights(ref readonly int weights, nuint k) =>
        Vector128.Shuffle(Vector128.LoadUnsafe(in weights, k), Vector128.Create(0, 0, 1, 1));

    public static Vector128<int> Fold(Vector128<int> sum) => sum + Vector128.Shuffle(sum, Vector128.Create(2, 3, 2, 3));
}

/// <summary>Three channels: one pixel, the fourth lane computes something that nobody reads.</summary>
internal readonly struct ThreeChannels : IPixelLanes
{
    public static int Channels => 3;

    public static int Pixels => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Weights(ref readonly int weights, nuint k) => FourChannels.Weights(in weights, k);

    public static Vector128<int> Fold(Vector128<int> sum) => sum;
}

/// <summary>Four channels: one pixel.</summary>
internal readonly struct FourChannels : IPixelLanes
{
    public static int Channels => 4;

    public static int Pixels => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Weights(ref readonly int weights, nuint k) =>
        Vector128.Create(Unsafe.Add(ref Unsafe.AsRef(in weights), k));

    public static Vector128<int> Fold(Vector128<int> sum) => sum;
}

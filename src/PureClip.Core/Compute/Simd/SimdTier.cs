using System.Runtime.Intrinsics;

namespace PureClip.Simd;

/// <summary>A piece of work that is compiled once for each vector type.</summary>
internal interface ISimdAction
{
    /// <summary>Does the work with vectors of type <typeparamref name="V"/>.</summary>
    void Invoke<V>()
        where V : unmanaged, ISimd<V>;
}

/// <summary>The only list of vector widths: which exist, in which order they are preferred and why.</summary>
internal sealed class SimdTier
{
    /// <summary>The environment variable that forces a tier by name, for measurements and bug reports.</summary>
    public const string EnvironmentVariable = "PURECLIP_SIMD";

    // IsHardwareAccelerated, not the instruction set's IsSupported: it honours the width that the runtime prefers. A program compiled
    // ahead of time has the answers of its IlcInstructionSet burnt in: the compiler encodes all of its code for one baseline, and does
    // not test for AVX while it runs.
    private static readonly SimdTier[] InOrderOfPreference =
    [
        new("avx512", 512, Vector512.IsHardwareAccelerated, "512-bit registers, 32 of them: the largest tiles"),
        new("avx2", 256, Vector256.IsHardwareAccelerated, "256-bit registers with fused multiply-add"),
        new("vector128", 128, Vector128.IsHardwareAccelerated, "128-bit registers: NEON, or SSE on old x86"),
        new("scalar", 32, true, "no vector hardware: one float at a time"),
    ];

    private SimdTier(string name, int bits, bool isSupported, string reason)
    {
        Name = name;
        Bits = bits;
        IsSupported = isSupported;
        Reason = reason;
    }

    private static SimdTier? _active;

    /// <summary>Every tier, widest first.</summary>
    public static IReadOnlyList<SimdTier> All => InOrderOfPreference;

    /// <summary>The tier that this process uses: the one that <c>PURECLIP_SIMD</c> names, else the first supported.</summary>
    /// <exception cref="ArgumentException">The variable names a tier that this machine does not have.</exception>
    public static SimdTier Active => _active ??= Choose(Environment.GetEnvironmentVariable(EnvironmentVariable));

    /// <summary>Lower-case name: avx512, avx2, vector128 or scalar.</summary>
    public string Name { get; }

    /// <summary>Width of its register, in bits.</summary>
    public int Bits { get; }

    /// <summary>Whether this machine runs it in hardware. Any tier computes correctly on any machine.</summary>
    public bool IsSupported { get; }

    /// <summary>What speaks for it, for <c>pureclip info</c>.</summary>
    public string Reason { get; }

    /// <summary>The tier of that name, or the first supported one where <paramref name="name"/> is null or empty.</summary>
    /// <exception cref="ArgumentException">There is no tier of that name, or this machine does not support it.</exception>
    public static SimdTier Choose(string? name)
    {
        if (string.IsNullOrEmpty(name))
            return Array.Find(InOrderOfPreference, t => t.IsSupported)!;
        string supported = string.Join(", ", InOrderOfPreference.Where(t => t.IsSupported).Select(t => t.Name));
        SimdTier? tier = Array.Find(InOrderOfPreference, t => t.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        if (tier is null || !tier.IsSupported)
            throw new ArgumentException(
                $"SIMD tier '{name}' is not available on this machine; choose one of {supported}, or leave {EnvironmentVariable} unset.",
                nameof(name));
        return tier;
    }

    /// <summary>Runs <paramref name="action"/> with this tier's vector type.</summary>
    public void Dispatch<TAction>(ref TAction action)
        where TAction : struct, ISimdAction, allows ref struct
    {
        switch (Bits)
        {
            case 512: action.Invoke<F32x16>(); break;
            case 256: action.Invoke<F32x8>(); break;
            case 128: action.Invoke<F32x4>(); break;
            default: action.Invoke<F32x1>(); break;
        }
    }
}

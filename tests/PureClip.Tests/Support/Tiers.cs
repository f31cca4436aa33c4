using System.Reflection;
using PureClip.Simd;

namespace PureClip.Tests.Support;

/// <summary>
/// Every vector width as theory data. Tests run all of them on any machine: where the hardware lacks one, the runtime computes it
/// with narrower instructions, slowly and with the same results.
/// </summary>
internal static class Tiers
{
    public static IEnumerable<string> Names => SimdTier.All.Select(tier => tier.Name);

    public static TheoryData<string> All => [.. Names];

    /// <summary>The tier of a name, whether this machine has it or not.</summary>
    public static SimdTier Of(string name) => SimdTier.All.Single(tier => tier.Name == name);

    /// <summary>Names of all tiers beside each of some cases.</summary>
    public static IEnumerable<object[]> With(IEnumerable<object[]> cases) => Names.SelectMany(tier => cases.Select(c => (object[])[tier, .. c]));

    /// <summary>Calls the generic method that <paramref name="scalar"/> is the scalar instance of, for another tier.</summary>
    public static object? Run(string tier, Delegate scalar, params object?[] arguments)
    {
        Type vector = tier switch { "avx512" => typeof(F32x16), "avx2" => typeof(F32x8), "vector128" => typeof(F32x4), _ => typeof(F32x1) };
        MethodInfo method = scalar.Method.GetGenericMethodDefinition().MakeGenericMethod(vector);
        return method.Invoke(scalar.Target, BindingFlags.DoNotWrapExceptions, null, arguments, null);
    }
}

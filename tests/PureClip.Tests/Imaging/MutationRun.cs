using System.Globalization;
using PureClip.Imaging;
using Xunit.Abstractions;

namespace PureClip.Tests.Imaging;

/// <summary>
/// Decodes damaged pictures: each has to give a picture or <see cref="InvalidDataException"/>, without hanging and without much memory.
/// <c>PURECLIP_MUTANTS</c> sets how many are tried.
/// </summary>
internal static class MutationRun
{
    private const int DefaultMutants = 3000;

    // A damaged header may ask for a large picture; beyond this it is refused at once.
    private const long MaxPixels = 1 << 20;

    /// <summary>Tries the mutants of a folder's pictures.</summary>
    /// <param name="decoder">What decodes them.</param>
    /// <param name="folder">A folder of <c>tests/data/pictures</c>, named like its files' extension.</param>
    /// <param name="bytesPerPixel">Most bytes that may be allocated for each pixel of the largest picture.</param>
    /// <param name="output">Where the figures go.</param>
    /// <param name="repair">Makes right what would stop nearly every mutant at once; called for three of four.</param>
    /// <param name="extension">Another extension of its files than the folder's name.</param>
    public static void Run(
        IImageDecoder decoder, string folder, int bytesPerPixel, ITestOutputHelper output, Action<byte[]>? repair = null, string? extension = null)
    {
        string pattern = $"*.{extension ?? folder}";
        IEnumerable<string> files = Directory.GetFiles(TestData.PathOf($"pictures/{folder}"), pattern)
            .Concat(Directory.GetFiles(TestData.PathOf("pictures/odd"), pattern));
        byte[][] originals = [.. files.Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];
        string? asked = Environment.GetEnvironmentVariable("PURECLIP_MUTANTS");
        int mutants = asked is null ? DefaultMutants : int.Parse(asked, CultureInfo.InvariantCulture);
        int decoded = 0;
        long largest = 0;
        for (int seed = 0; seed < mutants; seed++)
        {
            Random random = new(seed);
            byte[] mutant = Mutator.Mutate(originals[seed % originals.Length], random);
            if (random.Next(4) != 0)
                repair?.Invoke(mutant);
            long allocated = GC.GetAllocatedBytesForCurrentThread();
            decoded += Decodes(decoder, mutant, seed) ? 1 : 0;
            largest = Math.Max(largest, GC.GetAllocatedBytesForCurrentThread() - allocated);
        }
        output.WriteLine($"{mutants} mutants, {decoded} decoded, largest {largest} bytes");
        Assert.InRange(decoded, mutants / 20, mutants - mutants / 20); // else the damage is too wild or too tame
        Assert.InRange(largest, 0, bytesPerPixel * MaxPixels);
    }

    /// <summary>Strict and tolerant, whole and reduced by turns.</summary>
    public static ImageDecoderOptions OptionsOf(int seed) => new()
    {
        MaxPixels = MaxPixels,
        Tolerant = seed / 7 % 3 == 0,
        WantedSide = seed / 5 % 4 == 0 ? 1 << (seed / 20 % 6) : null,
        ConvertsCmyk = seed / 3 % 2 == 0,
    };

    private static bool Decodes(IImageDecoder decoder, byte[] mutant, int seed)
    {
        try
        {
            decoder.Decode(mutant, OptionsOf(seed));
            return true;
        }
        catch (InvalidDataException)
        {
            return false;
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"Mutant {seed} fails with {e.GetType().Name}: {e.Message}", e);
        }
    }
}

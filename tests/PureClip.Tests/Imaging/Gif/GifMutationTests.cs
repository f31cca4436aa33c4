using System.Diagnostics;
using System.Globalization;
using PureClip.Imaging;
using PureClip.Imaging.Gif;
using Xunit.Abstractions;

namespace PureClip.Tests.Imaging.Gif;

/// <summary>Damaged files must fail in the one promised way; <c>PURECLIP_MUTANTS</c> sets how many are tried.</summary>
public class GifMutationTests(ITestOutputHelper output)
{
    private const int DefaultMutants = 3000;

    // A damaged header may ask for a large picture; beyond this it is refused at once.
    private const long MaxPixels = 1 << 20;

    // The canvas and the frame.
    private const long MaxBytesPerPixel = 3;

    [Fact]
    public void A_damaged_file_is_decoded_or_rejected_as_invalid_data()
    {
        byte[][] originals = [.. Directory.GetFiles(TestData.PathOf("pictures/gif"), "*.gif").Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];
        int mutants = int.Parse(Environment.GetEnvironmentVariable("PURECLIP_MUTANTS") ?? $"{DefaultMutants}", CultureInfo.InvariantCulture);
        IImageDecoder decoder = new GifDecoder();
        ImageDecoderOptions options = new() { MaxPixels = MaxPixels };
        int decoded = 0;
        TimeSpan slowest = default;
        long largest = 0;
        for (int seed = 0; seed < mutants; seed++)
        {
            Random random = new(seed);
            byte[] mutant = Mutator.Mutate(originals[seed % originals.Length], random);
            long allocated = GC.GetAllocatedBytesForCurrentThread();
            long start = Stopwatch.GetTimestamp();
            decoded += Decodes(decoder, mutant, options, seed) ? 1 : 0;
            slowest = TimeSpan.FromTicks(Math.Max(slowest.Ticks, Stopwatch.GetElapsedTime(start).Ticks));
            largest = Math.Max(largest, GC.GetAllocatedBytesForCurrentThread() - allocated);
        }
        output.WriteLine($"{mutants} mutants, {decoded} decoded, slowest {slowest.TotalMilliseconds:F1} ms, largest {largest} bytes allocated");
        Assert.InRange(decoded, mutants / 20, mutants - mutants / 20); // else the damage is too wild or too tame
        Assert.InRange(largest, 0, MaxBytesPerPixel * MaxPixels);
        Assert.InRange(slowest, TimeSpan.Zero, TimeSpan.FromSeconds(10)); // only a hang takes so long
    }

    private static bool Decodes(IImageDecoder decoder, byte[] mutant, ImageDecoderOptions options, int seed)
    {
        try
        {
            decoder.Decode(mutant, options);
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

using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using PureClip.Imaging;
using PureClip.Imaging.WebP;
using Xunit.Abstractions;

namespace PureClip.Tests.Imaging.WebP;

/// <summary>Damaged files must fail in the one promised way; <c>PURECLIP_MUTANTS</c> sets how many are tried.</summary>
public class WebPMutationTests(ITestOutputHelper output)
{
    private const int DefaultMutants = 3000;

    // A damaged header may ask for a large picture; beyond this it is refused at once.
    private const long MaxPixels = 1 << 20;

    // Pixels, ARGB, alpha, and what the images of transforms take.
    private const long MaxBytesPerPixel = 16;

    [Fact]
    public void A_damaged_file_is_decoded_or_rejected_as_invalid_data()
    {
        byte[][] originals = [.. Directory.GetFiles(TestData.PathOf("pictures/webp"), "*.webp").Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];
        int mutants = int.Parse(Environment.GetEnvironmentVariable("PURECLIP_MUTANTS") ?? $"{DefaultMutants}", CultureInfo.InvariantCulture);
        IImageDecoder decoder = new WebPDecoder();
        ImageDecoderOptions options = new() { MaxPixels = MaxPixels };
        int decoded = 0;
        TimeSpan slowest = default;
        long largest = 0;
        for (int seed = 0; seed < mutants; seed++)
        {
            Random random = new(seed);
            byte[] mutant = Mutator.Mutate(originals[seed % originals.Length], random);
            if (mutant.Length > 24 && random.Next(4) != 0) // else hardly one that was cut would get past its length
                RepairLengths(mutant);
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

    private static void RepairLengths(Span<byte> file)
    {
        BinaryPrimitives.WriteInt32LittleEndian(file[4..], file.Length - 8);
        if (file[15] != (byte)'X')
            BinaryPrimitives.WriteInt32LittleEndian(file[16..], (file.Length - 20) & ~1);
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

using PureClip.Imaging;
using PureClip.Imaging.Png;
using Xunit.Abstractions;

namespace PureClip.Tests.Imaging.Png;

/// <summary>Damaged files must fail in the one promised way; <c>PURECLIP_MUTANTS</c> sets how many are tried.</summary>
public class PngMutationTests(ITestOutputHelper output)
{
    private const int Seed = 4711;

    // A damaged header may ask for a large picture; beyond this it is refused at once.
    private const long MaxPixels = 10_000_000;

    private static readonly int Mutants = int.Parse(Environment.GetEnvironmentVariable("PURECLIP_MUTANTS") ?? "2000");

    private static readonly (int Color, int Depth)[] Kinds =
        [(0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16), (3, 1), (3, 2), (3, 4), (3, 8), (4, 8), (4, 16), (6, 8), (6, 16)];

    private static readonly byte[][] Originals =
    [
        .. Directory.GetFiles(TestData.PathOf("pictures/png"), "*.png")
            .Concat(Directory.GetFiles(TestData.PathOf("pictures/odd"), "*.png"))
            .Order()
            .Select(File.ReadAllBytes),
    ];

    // Most files are mended so that their checksums are right: else hardly one would get past them.
    [Fact]
    public void A_damaged_file_is_decoded_or_rejected_as_invalid_data() => Run((index, random) =>
    {
        byte[] mutant = Mutator.Mutate(Originals[index % Originals.Length], random);
        if (random.Next(4) != 0 && mutant.Length > 8)
            PngBuilder.RepairChecksums(mutant);
        return mutant;
    });

    // zlib's checksum stops nearly all damage to compressed data; here the damage is done before compressing.
    [Fact]
    public void Damaged_scanlines_in_a_valid_stream_are_decoded_or_rejected_as_invalid_data() => Run((_, random) =>
    {
        (int color, int depth) = Kinds[random.Next(Kinds.Length)];
        byte[] rows = new byte[random.Next(1, 2000)];
        random.NextBytes(rows);
        for (int i = 0; i < rows.Length; i++)
            rows[i] %= 5; // so that filters are valid wherever a row begins
        PngBuilder builder = new PngBuilder().Header(random.Next(1, 30), random.Next(1, 30), depth, color, random.Next(2));
        if (color == 3)
            builder.Chunk("PLTE", new byte[3 * random.Next(1, 257)]);
        return builder.Pixels(random.Next(10) == 0 ? Mutator.Mutate(rows, random) : rows).End();
    });

    private void Run(Func<int, Random, byte[]> makeMutant)
    {
        IImageDecoder decoder = new PngDecoder();
        Random random = new(Seed);
        int decoded = 0;
        long largest = 0;
        for (int i = 0; i < Mutants; i++)
        {
            byte[] mutant = makeMutant(i, random);
            long allocated = GC.GetAllocatedBytesForCurrentThread();
            ImageDecoderOptions options = new() { MaxPixels = MaxPixels, Tolerant = i / 3 % 3 == 0 };
            decoded += TryDecode(decoder, mutant, options, i) ? 1 : 0;
            largest = Math.Max(largest, GC.GetAllocatedBytesForCurrentThread() - allocated);
        }
        output.WriteLine($"{Mutants} mutants, {decoded} decoded, " +
            $"largest {largest} bytes allocated");
        Assert.InRange(decoded, Mutants / 100, Mutants - Mutants / 100); // else the damage is too wild or too tame
        Assert.InRange(largest, 0, 5 * MaxPixels);
    }

    private static bool TryDecode(IImageDecoder decoder, byte[] mutant, ImageDecoderOptions options, int index)
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
            throw new InvalidOperationException($"Mutant {index} of seed {Seed} fails with {e.GetType().Name}: {e.Message}", e);
        }
    }
}

using System.Globalization;
using PureClip.Imaging;
using PureClip.Imaging.Jpeg;

namespace PureClip.Tests.Imaging.Jpeg;

/// <summary>
/// Damaged files either decode or are rejected with <see cref="InvalidDataException"/>, without hanging and without much memory.
/// PURECLIP_MUTANTS sets how many are tried.
/// </summary>
public class JpegMutationTests
{
    private const int DefaultMutants = 2000;

    [Fact]
    public void Mutants_decode_or_are_rejected()
    {
        IEnumerable<string> files = Directory.GetFiles(TestData.PathOf("pictures/jpeg"), "*.jpg")
            .Concat(Directory.GetFiles(TestData.PathOf("pictures/odd"), "*.jpg"))
            .Order(StringComparer.Ordinal);
        byte[][] originals = [.. files.Select(File.ReadAllBytes)];
        int mutants = int.Parse(
            Environment.GetEnvironmentVariable("PURECLIP_MUTANTS") ?? $"{DefaultMutants}", CultureInfo.InvariantCulture);
        IImageDecoder decoder = new JpegDecoder();
        int decoded = 0;
        for (int seed = 0; seed < mutants; seed++)
        {
            var random = new Random(seed);
            byte[] mutant = Mutator.Mutate(originals[seed % originals.Length], random);
            if (Decodes(decoder, mutant, seed))
                decoded++;
        }
        Assert.InRange(decoded, 1, mutants - 1); // else the mutations are too weak or too strong to test anything
    }

    private static bool Decodes(IImageDecoder decoder, byte[] mutant, int seed)
    {
        try
        {
            decoder.Decode(mutant, MutationRun.OptionsOf(seed)); // of small pictures: a large one would measure the allocator
            return true;
        }
        catch (InvalidDataException)
        {
            return false;
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException($"Mutant {seed} threw {exception.GetType().Name}.", exception);
        }
    }
}

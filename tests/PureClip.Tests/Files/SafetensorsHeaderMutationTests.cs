using System.Globalization;
using System.Text;
using PureClip.Files;
using Xunit.Abstractions;
using static PureClip.Tests.Files.Bytes;

namespace PureClip.Tests.Files;

/// <summary>
/// Random damage to valid files: a header is refused with InvalidDataException, or describes exactly the bytes that are there.
/// <c>PURECLIP_MUTANTS</c> sets the number of mutants.
/// </summary>
public sealed class SafetensorsHeaderMutationTests(ITestOutputHelper output)
{
    private static readonly string[] Fragments =
    [
        "0", "1", "16", "-1", "1e2", "9223372036854775807", "18446744073709551615", "[", "]", "{", "}", ",", ":", "\"", "\\u0000", "\\ud800", "null",
        "\"dtype\"", "\"F4\"", "\"F32\"", "\"shape\"", "\"data_offsets\"", "\"__metadata__\"", " ", "\uFEFF", "[0,0]", "[0,16]",
    ];

    private static readonly byte[][] Seeds =
    [
        File("{}"),
        File("{\"__metadata__\":{\"framework\":\"pt\"}}     "),
        File("{\"__metadata__\":{\"format\":\"pt\"}," + Entry("a", "F32", "2,2", "0,16") + "," + Entry("b", "BF16", "3", "16,22") + "," + Entry("c", "U8", "", "22,23") + "}", 23),
        File("{" + Entry("z", "F16", "0,4", "0,0") + "," + Entry("y", "F4", "2", "0,1") + "," + Entry("é😀", "I64", "1", "1,9") + "}", 9),
    ];

    [Fact]
    public void Mutant_is_refused_or_consistent()
    {
        int mutants = int.Parse(Environment.GetEnvironmentVariable("PURECLIP_MUTANTS") ?? "5000", CultureInfo.InvariantCulture);
        Random random = new(20240229);
        int accepted = 0;
        for (int i = 0; i < mutants; i++)
        {
            byte[] mutant = Mutate(Seeds[i % Seeds.Length], random);
            try
            {
                AssertConsistent(Parse(mutant), mutant.Length);
                accepted++;
            }
            catch (InvalidDataException)
            {
                // Refused: what most mutants deserve.
            }
            catch (Exception e)
            {
                Assert.Fail($"Mutant {i}, {Convert.ToHexString(mutant)}: {e}");
            }
        }
        output.WriteLine($"{accepted} of {mutants} mutants were valid files.");
        Assert.InRange(accepted, 1, mutants - 1);
    }

    private static void AssertConsistent(SafetensorsHeader header, long fileBytes)
    {
        Assert.Equal(fileBytes, header.DataStart + header.Tensors.Sum(tensor => tensor.ByteLength));
        Assert.Equal(header.Tensors.Length, header.TensorsByName.Count);
        long end = 0;
        foreach (TensorInfo tensor in header.Tensors)
        {
            Assert.Equal(end, tensor.ByteOffset);
            Assert.Equal(tensor.ElementCount, tensor.Shape.Aggregate(1L, (product, dimension) => checked(product * dimension)));
            Assert.Equal(tensor.ByteLength * 8, tensor.ElementCount * tensor.Type.Bits());
            end += tensor.ByteLength;
        }
    }

    private static byte[] Mutate(byte[] seed, Random random)
    {
        List<byte> bytes = [.. seed];
        for (int edits = random.Next(1, 4); edits > 0; edits--)
            Edit(bytes, random);
        if (random.Next(4) != 0)
            MendLength(bytes, seed, random);
        return [.. bytes];
    }

    private static void Edit(List<byte> bytes, Random random)
    {
        int at = random.Next(bytes.Count + 1);
        int count = Math.Min(random.Next(1, 8), bytes.Count - at);
        switch (random.Next(6))
        {
            case 0:
                bytes.RemoveRange(at, count);
                break;
            case 1:
                bytes.InsertRange(at, Encoding.UTF8.GetBytes(Fragments[random.Next(Fragments.Length)]));
                break;
            case 2:
                bytes.InsertRange(random.Next(bytes.Count + 1), bytes.GetRange(at, count));
                break;
            case 3 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 4 when at < bytes.Count:
                bytes[at] = (byte)"0123456789[]{}\",: "[random.Next(18)];
                break;
            default:
                bytes.Insert(at, (byte)random.Next(256));
                break;
        }
    }

    /// <summary>Most damage would end at the length field; this lets it through to the rules behind.</summary>
    private static void MendLength(List<byte> bytes, byte[] seed, Random random)
    {
        int dataBytes = seed.Length - 8 - seed[8..].AsSpan().LastIndexOf((byte)'}') - 1;
        int json = Math.Max(0, bytes.Count - 8 - dataBytes + random.Next(-1, 2) * random.Next(2));
        while (bytes.Count < 8)
            bytes.Add(0);
        byte[] prefix = Prefix((ulong)json);
        for (int i = 0; i < prefix.Length; i++)
            bytes[i] = prefix[i];
    }
}

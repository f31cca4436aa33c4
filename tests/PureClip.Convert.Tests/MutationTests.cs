using System.Globalization;
using PureClip.Convert.Tensors;
using PureClip.Convert.Tests.Support;
using PureClip.Files;

namespace PureClip.Convert.Tests;

/// <summary>
/// Damaged copies of good files open or are refused; nothing else may happen, and nothing large may be allocated. The number of copies
/// of each file is in the environment variable PURECLIP_MUTANTS.
/// </summary>
public sealed class MutationTests
{
    private const int DefaultMutants = 100;

    /// <summary>A mutant may be expanded, as varints are, but never without bound: the largest seed has 113 kB.</summary>
    private const long MaxAllocation = 64 << 20;

    private static readonly int Mutants =
        int.TryParse(Environment.GetEnvironmentVariable("PURECLIP_MUTANTS"), CultureInfo.InvariantCulture, out int count) ? count : DefaultMutants;

    private static readonly ulong[] Interesting = [0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, long.MaxValue, 1UL << 63, ulong.MaxValue];

    [Theory]
    [InlineData("views_zip.pt")]
    [InlineData("training_zip.pt")]
    [InlineData("script.pt")]
    [InlineData("views_legacy.pt")]
    [InlineData("training_legacy.pt")]
    [InlineData("clip_cpp.gguf")]
    [InlineData("every_type.gguf")]
    [InlineData("merged.onnx")]
    [InlineData("dynamic_int8.onnx")]
    public void Damaged_files_open_or_are_refused(string name)
    {
        byte[] seed = Fixture.Bytes(name);
        for (int i = 0; i < Mutants; i++)
        {
            byte[] mutant = Mutate(seed, new Random(i));
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                using SourceCheckpoint checkpoint = CheckpointOpener.Open(Lease.FromBytes(mutant, name));
                ReadSome(checkpoint);
            }
            catch (InvalidDataException)
            {
            }
            catch (Exception exception)
            {
                Assert.Fail($"Mutant {i} of {name}: {exception}");
            }
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MaxAllocation);
        }
    }

    private static void ReadSome(SourceCheckpoint checkpoint)
    {
        byte[] buffer = new byte[4096];
        foreach (SourceTensor tensor in checkpoint.Tensors)
        {
            int elements = (int)Math.Min(tensor.ElementCount, buffer.Length / tensor.Type.Size());
            tensor.Read(tensor.ElementCount - elements, buffer.AsSpan(0, elements * tensor.Type.Size()));
        }
    }

    private static byte[] Mutate(byte[] seed, Random random)
    {
        List<byte> bytes = [.. seed];
        for (int times = random.Next(1, 4); times > 0 && bytes.Count > 16; times--)
        {
            int at = random.Next(2) == 0 ? random.Next(bytes.Count) : random.Next(Math.Min(bytes.Count, 2048));
            int length = Math.Min(random.Next(1, 40), bytes.Count - at);
            switch (random.Next(8))
            {
                case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: bytes[at] = (byte)random.Next(256); break;
                case 2: Overwrite(bytes, at, Interesting[random.Next(Interesting.Length)], 1 << random.Next(4)); break;
                case 3: bytes.RemoveRange(at, length); break;
                case 4: bytes.InsertRange(at, bytes.GetRange(at, length)); break;
                case 5: bytes.RemoveRange(at, bytes.Count - at); break;
                case 6: Overwrite(bytes, at, (ulong)random.NextInt64(), 8); break;
                default: Copy(bytes, random.Next(bytes.Count), at, length); break;
            }
        }
        return [.. bytes];
    }

    private static void Overwrite(List<byte> bytes, int at, ulong value, int size)
    {
        for (int i = 0; i < size && at + i < bytes.Count; i++)
            bytes[at + i] = (byte)(value >> (8 * i));
    }

    private static void Copy(List<byte> bytes, int from, int to, int length)
    {
        for (int i = 0; i < length && from + i < bytes.Count; i++)
            bytes[to + i] = bytes[from + i];
    }
}

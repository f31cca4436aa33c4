using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using ArmSha256 = System.Runtime.Intrinsics.Arm.Sha256;

namespace PureClip.Files;

/// <summary>
/// SHA-256. The framework's own needs OpenSSL on Linux, and where there is none it ends the process instead of throwing: this one runs
/// wherever the program does.
/// </summary>
/// <remarks>
/// FIPS 180-4, chapters 4.1.2, 4.2.2, 5 and 6.2. On ARM with the processor's instructions for it; elsewhere the message schedules of four
/// blocks are computed side by side, a block a lane, and the rounds one after the other, since each needs the one before.
/// </remarks>
internal struct Sha256
{
    /// <summary>Bytes of a hash.</summary>
    public const int Bytes = 32;

    private const int BlockBytes = 64, Words = 16, Rounds = 64;
    private const int LengthAt = BlockBytes - sizeof(ulong); // where the last block holds the number of bits
    private const int Lanes = 4;

    private State _state;
    private Block _pending;
    private int _pendingBytes;
    private long _length;

    /// <summary>A hash of nothing so far.</summary>
    public Sha256() => Initial.CopyTo(_state);

    // The first 32 bits of the fractions of the square roots of the first 8 primes.
    private static ReadOnlySpan<uint> Initial =>
    [
        0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
    ];

    // The same of the cube roots of the first 64 primes.
    private static ReadOnlySpan<uint> Constants =>
    [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    ];

    /// <summary>The hash of some bytes.</summary>
    public static byte[] Of(ReadOnlySpan<byte> bytes)
    {
        Sha256 hash = new();
        hash.Append(bytes);
        return hash.Finish();
    }

    /// <summary>The hash of what a stream still holds.</summary>
    public static byte[] Of(Stream stream)
    {
        Sha256 hash = new();
        byte[] buffer = new byte[1 << 16];
        for (int read; (read = stream.Read(buffer)) > 0;)
            hash.Append(buffer.AsSpan(0, read));
        return hash.Finish();
    }

    /// <summary>The hash of what a stream still holds, read without holding a thread.</summary>
    public static async ValueTask<byte[]> OfAsync(Stream stream, CancellationToken cancellationToken)
    {
        Sha256 hash = new();
        byte[] buffer = new byte[1 << 16];
        for (int read; (read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0;)
            hash.Append(buffer.AsSpan(0, read));
        return hash.Finish();
    }

    /// <summary>Adds bytes behind those that were added before.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        _length += bytes.Length;
        if (_pendingBytes > 0)
        {
            int more = Math.Min(BlockBytes - _pendingBytes, bytes.Length);
            bytes[..more].CopyTo(_pending[_pendingBytes..]);
            bytes = bytes[more..];
            _pendingBytes += more;
            if (_pendingBytes < BlockBytes)
                return;
            Compress(_pending);
        }
        int whole = bytes.Length / BlockBytes * BlockBytes;
        Compress(bytes[..whole]);
        bytes[whole..].CopyTo(_pending);
        _pendingBytes = bytes.Length - whole;
    }

    /// <summary>The hash of all bytes; nothing can be added any more.</summary>
    public byte[] Finish()
    {
        // A one, zeros, and the number of bits, in the last block or in one more.
        Span<byte> last = stackalloc byte[2 * BlockBytes];
        last.Clear();
        ((ReadOnlySpan<byte>)_pending)[.._pendingBytes].CopyTo(last);
        last[_pendingBytes] = 0x80;
        last = last[..(_pendingBytes < LengthAt ? BlockBytes : 2 * BlockBytes)];
        BinaryPrimitives.WriteInt64BigEndian(last[^sizeof(long)..], 8 * _length);
        Compress(last);

        byte[] hash = new byte[Bytes];
        for (int i = 0; i < Bytes / sizeof(uint); i++)
            BinaryPrimitives.WriteUInt32BigEndian(hash.AsSpan(sizeof(uint) * i), _state[i]);
        return hash;
    }

    private void Compress(ReadOnlySpan<byte> blocks)
    {
        if (ArmSha256.IsSupported)
        {
            for (; !blocks.IsEmpty; blocks = blocks[BlockBytes..])
                CompressOnArm(blocks);
            return;
        }
        Span<Vector128<uint>> schedule = stackalloc Vector128<uint>[Rounds];
        while (!blocks.IsEmpty)
        {
            int count = Math.Min(Lanes, blocks.Length / BlockBytes);
            Schedule(blocks[..(count * BlockBytes)], schedule);
            for (int lane = 0; lane < count; lane++)
                Compress(ref Unsafe.Add(ref Unsafe.As<Vector128<uint>, uint>(ref schedule[0]), lane));
            blocks = blocks[(count * BlockBytes)..];
        }
    }

    /// <summary>W + K of chapter 6.2.2, step 1, for up to four blocks, each in its lane.</summary>
    private static void Schedule(ReadOnlySpan<byte> blocks, Span<Vector128<uint>> schedule)
    {
        // Where there are fewer blocks, the other lanes hold the last one once more.
        int last = blocks.Length - BlockBytes;
        for (int t = 0; t < Words; t++)
            schedule[t] = Vector128.Create(
                BinaryPrimitives.ReadUInt32BigEndian(blocks[(sizeof(uint) * t)..]),
                BinaryPrimitives.ReadUInt32BigEndian(blocks[(Math.Min(BlockBytes, last) + sizeof(uint) * t)..]),
                BinaryPrimitives.ReadUInt32BigEndian(blocks[(Math.Min(2 * BlockBytes, last) + sizeof(uint) * t)..]),
                BinaryPrimitives.ReadUInt32BigEndian(blocks[(last + sizeof(uint) * t)..]));
        for (int t = Words; t < Rounds; t++)
        {
            Vector128<uint> near = schedule[t - 2], far = schedule[t - 15];
            Vector128<uint> sigma0 = Rotated(far, 7) ^ Rotated(far, 18) ^ (far >> 3);
            Vector128<uint> sigma1 = Rotated(near, 17) ^ Rotated(near, 19) ^ (near >> 10);
            schedule[t] = sigma1 + schedule[t - 7] + sigma0 + schedule[t - Words];
        }
        for (int t = 0; t < Rounds; t++)
            schedule[t] += Vector128.Create(Constants[t]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Rotated(Vector128<uint> value, int by) => (value >> by) | (value << (32 - by));

    /// <summary>The rounds of one block.</summary>
    /// <param name="schedule">Its lane of the schedule.</param>
    private void Compress(ref uint schedule)
    {
        uint a = _state[0], b = _state[1], c = _state[2], d = _state[3], e = _state[4], f = _state[5], g = _state[6], h = _state[7];
        for (int t = 0; t < Rounds; t += 8)
        {
            // Instead of moving eight words one place on, each round finds them one place on.
            Round(a, b, c, ref d, e, f, g, ref h, schedule);
            Round(h, a, b, ref c, d, e, f, ref g, Unsafe.Add(ref schedule, Lanes));
            Round(g, h, a, ref b, c, d, e, ref f, Unsafe.Add(ref schedule, 2 * Lanes));
            Round(f, g, h, ref a, b, c, d, ref e, Unsafe.Add(ref schedule, 3 * Lanes));
            Round(e, f, g, ref h, a, b, c, ref d, Unsafe.Add(ref schedule, 4 * Lanes));
            Round(d, e, f, ref g, h, a, b, ref c, Unsafe.Add(ref schedule, 5 * Lanes));
            Round(c, d, e, ref f, g, h, a, ref b, Unsafe.Add(ref schedule, 6 * Lanes));
            Round(b, c, d, ref e, f, g, h, ref a, Unsafe.Add(ref schedule, 7 * Lanes));
            schedule = ref Unsafe.Add(ref schedule, 8 * Lanes);
        }
        _state[0] += a;
        _state[1] += b;
        _state[2] += c;
        _state[3] += d;
        _state[4] += e;
        _state[5] += f;
        _state[6] += g;
        _state[7] += h;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(uint a, uint b, uint c, ref uint d, uint e, uint f, uint g, ref uint h, uint word)
    {
        uint sum1 = BitOperations.RotateRight(e, 6) ^ BitOperations.RotateRight(e, 11) ^ BitOperations.RotateRight(e, 25);
        uint sum0 = BitOperations.RotateRight(a, 2) ^ BitOperations.RotateRight(a, 13) ^ BitOperations.RotateRight(a, 22);
        uint first = h + word + (((f ^ g) & e) ^ g) + sum1;
        d += first;
        h = first + sum0 + (((a | b) & c) | (a & b));
    }

    private void CompressOnArm(ReadOnlySpan<byte> block)
    {
        Span<uint> state = _state;
        Vector128<uint> abcd = Vector128.Create<uint>(state), efgh = Vector128.Create<uint>(state[4..]);
        Vector128<uint> abcdBefore = abcd, efghBefore = efgh;
        Vector128<uint> w0 = BigEndian(block), w1 = BigEndian(block[16..]), w2 = BigEndian(block[32..]), w3 = BigEndian(block[48..]);
        for (int t = 0; t < Rounds; t += 4)
        {
            Vector128<uint> words = w0 + Vector128.Create(Constants[t..]);
            Vector128<uint> abcdOfFour = ArmSha256.HashUpdate1(abcd, efgh, words);
            efgh = ArmSha256.HashUpdate2(efgh, abcd, words);
            abcd = abcdOfFour;
            (w0, w1, w2, w3) = (w1, w2, w3, ArmSha256.ScheduleUpdate1(ArmSha256.ScheduleUpdate0(w0, w1), w2, w3));
        }
        (abcd + abcdBefore).CopyTo(state);
        (efgh + efghBefore).CopyTo(state[4..]);
    }

    private static Vector128<uint> BigEndian(ReadOnlySpan<byte> words) =>
        Vector128.Shuffle(Vector128.Create(words), Vector128.Create((byte)3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12)).AsUInt32();

    [InlineArray(8)]
    private struct State
    {
        private uint _word;
    }

    [InlineArray(BlockBytes)]
    private struct Block
    {
        private byte _byte;
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PureClip.Imaging.Jpeg;

/// <summary>Decodes the blocks of baseline and extended sequential files (ITU-T T.81, F.2.2).</summary>
internal static class SequentialBlock
{
    /// <summary>Decodes one block.</summary>
    /// <param name="reader">The entropy-coded bits.</param>
    /// <param name="dc">Table of DC differences.</param>
    /// <param name="ac">Table of AC coefficients.</param>
    /// <param name="prediction">The component's last DC coefficient; becomes this block's.</param>
    /// <param name="block">[64] row-major coefficients; those that are not zero are written.</param>
    public static void Decode(ref BitReader reader, HuffmanTable dc, HuffmanTable ac, ref int prediction, ref short block)
    {
        BitReader bits = reader; // a local copy lives in registers
        prediction += ReadDifference(ref bits, dc);
        block = (short)prediction;
        ref byte order = ref MemoryMarshal.GetReference(ZigZag.ToRowMajor);
        for (int k = 1; k < InverseDct.BlockSize; k++)
        {
            bits.Ensure32();
            HuffmanTable.Entry entry = ac.Peek(bits.Bits);
            int value = entry.Value;
            k += entry.Run;
            if (value != 0)
            {
                bits.Skip(entry.Length);
            }
            else
            {
                bits.Skip(entry.CodeLength);
                if (entry.Size == 0)
                {
                    if (entry.Run != 15)
                        break;
                    continue; // sixteen zeros
                }
                value = bits.ReceiveExtend(entry.Size);
            }
            Unsafe.Add(ref block, (nint)Unsafe.Add(ref order, k)) = (short)value;
        }
        reader.Follow(bits);
    }

    /// <summary>Reads the difference between a DC coefficient and the one before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int ReadDifference(ref BitReader bits, HuffmanTable dc)
    {
        bits.Ensure32();
        HuffmanTable.Entry entry = dc.Peek(bits.Bits);
        bits.Skip(entry.CodeLength);
        return bits.ReceiveExtend(entry.Size);
    }
}

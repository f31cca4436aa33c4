using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;

namespace PureClip.Tests.Architecture;

/// <summary>The metadata tokens among the operands of a method body's instructions.</summary>
internal static class IlTokens
{
    private const int TwoBytePrefix = 0xFE;

    // The runtime's own table of instructions, by value as it stands in the stream: 0xFE00 + second byte for the long ones.
    private static readonly Dictionary<ushort, OpCode> Instructions = typeof(OpCodes)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => (ushort)code.Value);

    /// <summary>Tokens of types, fields, methods and signatures; strings are left out.</summary>
    public static List<int> Of(BlobReader il) => Read(il, strings: false);

    /// <summary>Tokens of strings that are written in the code.</summary>
    public static List<int> StringsOf(BlobReader il) => Read(il, strings: true);

    private static List<int> Read(BlobReader il, bool strings)
    {
        List<int> tokens = [];
        while (il.RemainingBytes > 0)
        {
            int first = il.ReadByte();
            OpCode instruction = Instructions[(ushort)(first == TwoBytePrefix ? (first << 8) | il.ReadByte() : first)];
            switch (instruction.OperandType)
            {
                case OperandType.InlineString:
                    Add(il.ReadInt32(), isString: true);
                    break;
                case OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType or OperandType.InlineSig:
                    Add(il.ReadInt32(), isString: false);
                    break;
                case OperandType.InlineSwitch:
                    int targets = il.ReadInt32();
                    il.Offset += sizeof(int) * targets;
                    break;
                default:
                    il.Offset += LengthOf(instruction.OperandType);
                    break;
            }
        }
        return tokens;

        void Add(int token, bool isString)
        {
            if (isString == strings)
                tokens.Add(token);
        }
    }

    private static int LengthOf(OperandType operand) => operand switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineBrTarget or OperandType.InlineI or OperandType.ShortInlineR => 4,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        _ => throw new BadImageFormatException($"An operand of the kind {operand}."),
    };
}

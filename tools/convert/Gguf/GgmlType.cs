using PureClip.Convert.Tensors;

namespace PureClip.Convert.Gguf;

/// <summary>One element type of ggml: how many elements a block has and how many bytes.</summary>
/// <param name="Name">ggml's name.</param>
/// <param name="BlockElements">Elements of a block; 1 where there are no blocks.</param>
/// <param name="BlockBytes">Bytes of a block.</param>
/// <param name="Plain">The element type where elements are plain, null where blocks must be dequantised.</param>
internal sealed record GgmlType(string Name, int BlockElements, int BlockBytes, ElementType? Plain)
{
    private static readonly Dictionary<uint, GgmlType> Known = new()
    {
        [0] = new("F32", 1, 4, ElementType.F32),
        [1] = new("F16", 1, 2, ElementType.F16),
        [2] = new("Q4_0", 32, 18, null),
        [3] = new("Q4_1", 32, 20, null),
        [6] = new("Q5_0", 32, 22, null),
        [7] = new("Q5_1", 32, 24, null),
        [8] = new("Q8_0", 32, 34, null),
        [24] = new("I8", 1, 1, ElementType.I8),
        [25] = new("I16", 1, 2, ElementType.I16),
        [26] = new("I32", 1, 4, ElementType.I32),
        [27] = new("I64", 1, 8, ElementType.I64),
        [28] = new("F64", 1, 8, ElementType.F64),
        [30] = new("BF16", 1, 2, ElementType.BF16),
    };

    /// <exception cref="InvalidDataException">The type is not supported.</exception>
    public static GgmlType Of(uint id, string tensor)
    {
        if (Known.TryGetValue(id, out GgmlType? type))
            return type;
        string supported = string.Join(", ", Known.Values.Select(static t => t.Name));
        return Throw.InvalidData<GgmlType>(
            $"'{tensor}' has the ggml type {id}; supported are {supported}. Quantise the model to one of them.");
    }
}

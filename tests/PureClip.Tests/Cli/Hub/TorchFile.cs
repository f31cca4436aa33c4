using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace PureClip.Tests.Cli.Hub;

/// <summary>The tensors of a safetensors file as torch.save writes them: a zip archive with a pickled dict and a storage a tensor.</summary>
internal static class TorchFile
{
    public static byte[] Of(byte[] safetensors)
    {
        int header = (int)BinaryPrimitives.ReadInt64LittleEndian(safetensors);
        using JsonDocument tensors = JsonDocument.Parse(safetensors.AsMemory(8, header));
        using MemoryStream file = new(), pickle = new();
        using (ZipArchive archive = new(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            pickle.Write([0x80, 2, (byte)'}', (byte)'(']);
            int storage = 0;
            foreach (JsonProperty tensor in tensors.RootElement.EnumerateObject().Where(tensor => tensor.Name != "__metadata__"))
            {
                int[] offsets = Numbers(tensor, "data_offsets"), shape = Numbers(tensor, "shape");
                bool isHalf = tensor.Value.GetProperty("dtype").GetString() == "F16";
                Write(pickle, tensor.Name, isHalf, storage, shape);
                using Stream data = archive.CreateEntry($"model/data/{storage++}", CompressionLevel.NoCompression).Open();
                data.Write(safetensors.AsSpan(8 + header + offsets[0], offsets[1] - offsets[0]));
            }
            pickle.Write("u."u8);
            using Stream entry = archive.CreateEntry("model/data.pkl", CompressionLevel.NoCompression).Open();
            entry.Write(pickle.ToArray());
        }
        return file.ToArray();
    }

    private static int[] Numbers(JsonProperty tensor, string name) =>
        [.. tensor.Value.GetProperty(name).EnumerateArray().Select(number => number.GetInt32())];

    private static void Write(Stream pickle, string name, bool isHalf, int storage, int[] shape)
    {
        int[] strides = new int[shape.Length];
        for (int i = shape.Length - 1, stride = 1; i >= 0; stride *= shape[i--])
            strides[i] = stride;
        Text(pickle, name);
        pickle.Write("ctorch._utils\n_rebuild_tensor_v2\n(("u8);
        Text(pickle, "storage");
        pickle.Write(isHalf ? "ctorch\nHalfStorage\n"u8 : "ctorch\nFloatStorage\n"u8);
        Text(pickle, $"{storage}");
        Text(pickle, "cpu");
        Integer(pickle, shape.Aggregate(1, (product, size) => product * size));
        pickle.Write("tQ"u8);
        Integer(pickle, 0);
        Tuple(pickle, shape);
        Tuple(pickle, strides);
        pickle.Write([0x89]); // requires no gradient
        pickle.Write("ccollections\nOrderedDict\n)RtR"u8);
    }

    private static void Tuple(Stream pickle, int[] items)
    {
        pickle.Write("("u8);
        foreach (int item in items)
            Integer(pickle, item);
        pickle.Write("t"u8);
    }

    private static void Text(Stream pickle, string text)
    {
        pickle.Write("X"u8);
        Word(pickle, Encoding.UTF8.GetByteCount(text));
        pickle.Write(Encoding.UTF8.GetBytes(text));
    }

    private static void Integer(Stream pickle, int value)
    {
        pickle.Write("J"u8);
        Word(pickle, value);
    }

    private static void Word(Stream pickle, int value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        pickle.Write(bytes);
    }
}

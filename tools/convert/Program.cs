using System.Security.Cryptography;
using PureClip.Convert;
using PureClip.Convert.Tensors;

if (args.Length == 0)
{
    Console.Error.WriteLine("usage: pureclip-convert PATH [PATH]   lists the tensors of checkpoints: name, type, shape, SHA-256");
    return 2;
}
try
{
    foreach (string path in args)
        List(path);
    return 0;
}
catch (Exception exception) when (exception is InvalidDataException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine(exception.Message);
    return 1;
}

static void List(string path)
{
    using SourceCheckpoint checkpoint = CheckpointOpener.OpenPath(path);
    Console.WriteLine($"# {checkpoint.Container}");
    foreach ((string key, string value) in checkpoint.Metadata)
        Console.WriteLine($"# {key}: {value}");
    foreach (string note in checkpoint.Notes)
        Console.WriteLine($"# {note}");
    Console.WriteLine($"# {checkpoint.Facts}");
    foreach (SourceTensor tensor in checkpoint.Tensors)
        Console.WriteLine($"{tensor.Name}\t{tensor.Type}\t{TensorShape.Text(tensor.Shape)}\t{Hash(tensor)}");
}

static string Hash(SourceTensor tensor)
{
    using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    byte[] chunk = new byte[1 << 20];
    int elements = chunk.Length / tensor.Type.Size();
    for (long first = 0; first < tensor.ElementCount; first += elements)
    {
        Span<byte> bytes = chunk.AsSpan(0, (int)Math.Min(elements, tensor.ElementCount - first) * tensor.Type.Size());
        tensor.Read(first, bytes);
        hash.AppendData(bytes);
    }
    return Convert.ToHexStringLower(hash.GetHashAndReset());
}

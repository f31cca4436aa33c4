using System.Globalization;
using PureClip.Files;

namespace PureClip.Convert.Onnx;

/// <summary>
/// The files beside a model that hold large tensors (onnx docs/ExternalData.md). A location is untrusted: it must be a relative path of
/// plain names, and what it names must be a regular file, reached through no link, inside the model's directory.
/// </summary>
internal sealed class ExternalDataFiles(Lease model) : IDisposable
{
    private const int MaxFiles = 1_000;

    private readonly Dictionary<string, Lease> _files = new(StringComparer.Ordinal);

    /// <summary>The files that were opened.</summary>
    public IReadOnlyCollection<Lease> Files => _files.Values;

    /// <summary>Finds a tensor's elements.</summary>
    /// <param name="tensor">A tensor with external data.</param>
    /// <param name="bytes">Bytes that its shape and type need.</param>
    /// <exception cref="InvalidDataException">
    /// The location, offset or length is not allowed, or the file is missing or too short.
    /// </exception>
    public (Lease File, long Offset) Locate(OnnxTensor tensor, long bytes)
    {
        if (!tensor.External.TryGetValue("location", out string? location))
            Problem.InvalidData($"The external data of '{tensor.Name}' has no location.");
        long offset = Number(tensor, "offset") ?? 0;
        Lease file = Open(location, tensor.Name);
        long length = Number(tensor, "length") ?? bytes;
        if (length != bytes)
            Problem.InvalidData($"The external data of '{tensor.Name}' has {length} bytes; its shape and type need {bytes}.");
        file.RequireRange(offset, bytes, $"tensor '{tensor.Name}'");
        return (file, offset);
    }

    public void Dispose()
    {
        foreach (Lease file in _files.Values)
            file.Dispose();
    }

    private static long? Number(OnnxTensor tensor, string key)
    {
        if (!tensor.External.TryGetValue(key, out string? text))
            return null;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value)
            ? value
            : Problem.InvalidData<long>($"The external data of '{tensor.Name}' has the {key} '{text}', which is no number.");
    }

    private Lease Open(string location, string tensor)
    {
        if (_files.TryGetValue(location, out Lease? open))
            return open;
        if (_files.Count >= MaxFiles)
            Problem.InvalidData($"The model names more than {MaxFiles} external files.");
        Lease file = Lease.Open(Resolve(location, tensor));
        _files.Add(location, file);
        return file;
    }

    private string Resolve(string location, string tensor)
    {
        string[] parts = location.Split('/');
        bool plain = location.AsSpan().IndexOfAny("\\:\0") < 0 && parts.All(static p => p.Length > 0 && p is not ("." or ".."));
        if (!plain)
            Problem.InvalidData(
                $"The external data of '{tensor}' is at '{location}'; only relative paths below the model's directory are allowed.");
        string path = Path.GetDirectoryName(Path.GetFullPath(model.Path)) ?? "";
        foreach (string part in parts)
        {
            path = Path.Combine(path, part);
            FileInfo info = new(path);
            if (info.LinkTarget is not null)
                Problem.InvalidData(
                    $"The external data of '{tensor}' is at '{location}', which goes through the link '{part}'; links are not " +
                    "followed. Put the file itself there.");
        }
        return File.Exists(path)
            ? path
            : Problem.InvalidData<string>(
                $"The external data of '{tensor}' is in '{location}', which is no file beside the model. Put it there.");
    }
}

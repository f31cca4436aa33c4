using System.Text.Json;
using PureClip.Files;
using PureClip.Train.Packages;

namespace PureClip.Train.Data;

/// <summary>
/// All drawings in one safetensors file: pixels as bytes, what is known of each in the metadata. It is mapped, so that processes share it
/// and only what is looked at is in memory.
/// </summary>
internal sealed class PictureSet : IDisposable
{
    /// <summary>Pixels of a drawing's side.</summary>
    public const int Side = 64;

    /// <summary>Bytes of a drawing: red, green, blue, alpha, premultiplied.</summary>
    public const int BytesEach = Side * Side * 4;

    private const string Pixels = "pixels", Drawings = "drawings";

    private readonly SafetensorsFile _file;

    private PictureSet(SafetensorsFile file, List<Drawing> all) => (_file, All) = (file, all);

    /// <summary>What each drawing is.</summary>
    public IReadOnlyList<Drawing> All { get; }

    /// <summary>Tells this set from others: a hash over what drawings are and how many bytes they have.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Draws everything and writes it.</summary>
    /// <param name="drawings">What there is.</param>
    /// <param name="path">The file.</param>
    /// <param name="progress">Told how many are drawn.</param>
    /// <param name="cancellation">Ends the work; nothing is written then.</param>
    /// <returns>How many were drawn, and how many could not be.</returns>
    public static (int Drawn, int Failed) Write(
        IReadOnlyList<Drawing> drawings, string path, Action<int> progress, CancellationToken cancellation)
    {
        byte[]?[] pixels = new byte[drawings.Count][];
        int done = 0;
        Parallel.For(
            0, drawings.Count, new() { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellation }, i =>
        {
            pixels[i] = SvgPictures.Draw(drawings[i].Svg, Side);
            lock (drawings)
                progress(++done);
        });
        int[] drawn = [.. Enumerable.Range(0, drawings.Count).Where(i => pixels[i] is not null)];
        string json = JsonSerializer.Serialize(drawn.Select(i => drawings[i]));
        TensorSource source = new(Pixels, NumberType.U8, [drawn.Length, Side, Side, 4], stream =>
        {
            foreach (int i in drawn)
                stream.Write(pixels[i]!);
        });
        SafetensorsWriter.Write(path, [source], new Dictionary<string, string> { [Drawings] = json }, cancellation: cancellation);
        return (drawn.Length, drawings.Count - drawn.Length);
    }

    /// <summary>Opens a file that <see cref="Write"/> has made.</summary>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    public static PictureSet Open(string path)
    {
        SafetensorsFile file = SafetensorsFile.Open(path);
        if (!file.Metadata.TryGetValue(Drawings, out string? json) || !file.TryGet(Pixels, out TensorInfo? pixels))
        {
            file.Dispose();
            throw new InvalidDataException($"{path} has no drawings. Make it with 'pureclip-train data'.");
        }
        List<Drawing> all = JsonSerializer.Deserialize<List<Drawing>>(json)!;
        string hash = Convert.ToHexString(
            System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{pixels.ByteLength} {json}")));
        return new(file, all) { Fingerprint = hash[..32] };
    }

    /// <summary>The pixels of a drawing.</summary>
    /// <param name="drawing">Which.</param>
    /// <param name="pixels">[<see cref="BytesEach"/>]</param>
    public void Read(int drawing, Span<byte> pixels) => _file.Read(_file[Pixels], (long)drawing * BytesEach, pixels);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}

using System.Globalization;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using PureClip.Files;
using PureClip.Kernels;
using PureClip.Model;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Checkpoints;

/// <summary>
/// A file beside a model's weights that holds its matrices in the order in which one vector width multiplies them. It is mapped and used
/// where it lies, so that a tower is ready as soon as it is opened. It is a copy: without it, or where it does not fit, the weights are
/// packed in memory.
/// </summary>
/// <remarks>
/// A safetensors file whose data begins at a multiple of 64 bytes: for each matrix a tensor of rank 1 with its canonical name, and for
/// 8-bit matrices another one, <c>….columns</c>, with biases (zero here), scales and offset sums. The metadata say for what it was made.
/// </remarks>
internal sealed unsafe class PackedFile : IDisposable
{
    private const string Format = "pureclip-packed";
    private const string Version = "1";
    private const string ColumnsSuffix = ".columns";
    private const int MostBytesAtOnce = 1 << 20;
    private const int NumbersAtOnce = 1 << 13; // stay in the first cache

    private readonly SafetensorsFile _file;
    private readonly List<Lease> _leases = [];

    private PackedFile(SafetensorsFile file) => _file = file;

    /// <summary>The file.</summary>
    public string Path => _file.Path;

    /// <summary>
    /// Its name: <c>packed-avx2.safetensors</c>, or <c>packed-avx2-int8.safetensors</c> where another type than the stored one was asked
    /// for.
    /// </summary>
    public static string NameFor(SimdTier tier, WeightType? type) =>
        $"packed-{tier.Name}{(type is null ? "" : "-" + type.ToString()!.ToLowerInvariant())}.safetensors";

    /// <summary>Opens the file that fits; null where there is none, or it was made of other weights or for other panels.</summary>
    /// <param name="directory">The model's.</param>
    /// <param name="tier">The vector width in use.</param>
    /// <param name="type">How matrices lie in memory; null for as they are stored.</param>
    /// <param name="fingerprint">The model's; asked for where there is a file.</param>
    /// <param name="read">Whether matrices are read into memory, instead of the file being mapped.</param>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static PackedFile? Find(string directory, SimdTier tier, WeightType? type, Func<string> fingerprint, bool read = false)
    {
        string path = System.IO.Path.Combine(directory, NameFor(tier, type));
        if (!File.Exists(path))
            return null;
        SafetensorsFile file = SafetensorsFile.Open(path, read);
        if (Metadata(tier, type, fingerprint()).All(wanted => file.Metadata.GetValueOrDefault(wanted.Key) == wanted.Value))
            return new(file);
        file.Dispose();
        return null;
    }

    /// <summary>Writes the file for a model, over an older one.</summary>
    /// <param name="checkpoint">The model's weights.</param>
    /// <param name="config">Its architecture.</param>
    /// <param name="directory">Its directory.</param>
    /// <param name="tier">The vector width that will multiply.</param>
    /// <param name="type">How matrices are to lie in memory; null for as they are stored.</param>
    /// <param name="pool">Who packs.</param>
    /// <param name="cancellation">Looked at between matrices.</param>
    /// <returns>The file's path.</returns>
    public static string Write(
        Checkpoint checkpoint, ClipConfig config, string directory, SimdTier tier, WeightType? type, WorkerPool pool,
        CancellationToken cancellation)
    {
        string path = System.IO.Path.Combine(directory, NameFor(tier, type));
        using Towers towers = Towers.Of(config);
        foreach (Tower? tower in (Tower?[])[towers.Vision, towers.Text])
            if (tower is not null)
                checkpoint.Load(tower, tier, type, pool);
        SafetensorsWriter.Write(
            path,
            towers.Parameters.Where(static parameter => parameter.IsMatrix)
                .SelectMany(static parameter => Sources(parameter.PackedName, parameter.Matrix!.Packed)),
            Metadata(tier, type, ModelFingerprint.Of(checkpoint, config)), null, cancellation, Memory.AlignedBuffer.Alignment);
        return path;
    }

    /// <summary>A matrix where it lies in the file; null where the file does not have it in this layout.</summary>
    /// <exception cref="InvalidDataException">The matrix has another size.</exception>
    public PackedMatrix? Find(string name, int inputs, int outputs, int parts, PanelLayout layout)
    {
        if (!_file.TryGet(name, out TensorInfo? tensor) || tensor.Type != TypeOf(layout.Type))
            return null;
        PackedMatrix matrix = new(inputs, outputs, parts, layout, Pointer(tensor));
        if (tensor.ByteLength != matrix.DataBytes)
            throw Damaged(tensor, matrix.DataBytes);
        if (layout.Type == WeightType.Int8)
            ReadColumns(name + ColumnsSuffix, matrix.Columns);
        return matrix;
    }

    /// <summary>
    /// Looks at every number of a matrix: with one that is none, whatever is computed would be none either. It takes as long as reading them
    /// once, which their first use does too.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <param name="matrix">As it was found. Of one of bytes the scales are looked at: all else is whole numbers.</param>
    /// <exception cref="InvalidDataException">One is NaN or infinite.</exception>
    public void RequireFinite(string name, PackedMatrix matrix)
    {
        bool isOfBytes = matrix.Layout.Type == WeightType.Int8;
        TensorInfo tensor = _file[isOfBytes ? name + ColumnsSuffix : name];
        long count = isOfBytes ? 2L * matrix.PaddedColumns : tensor.ElementCount;
        using Lease lease = _file.Lease(tensor);
        float[] numbers = new float[NumbersAtOnce];
        for (long done = 0; done < count; done += numbers.Length)
        {
            Span<float> some = numbers.AsSpan(0, (int)Math.Min(numbers.Length, count - done));
            tensor.Type.Widen(lease.Span(done * tensor.Type.Size(), some.Length * tensor.Type.Size()), some);
            if (!TensorPrimitives.IsFiniteAll<float>(some))
                throw new InvalidDataException(
                    $"{_file.Path}: {tensor} has numbers that are NaN or infinite: the file is damaged. Delete it, then the model loads " +
                    "from its weights, or is packed anew.");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _leases.ForEach(static lease => lease.Dispose());
        _file.Dispose();
    }

    /// <summary>The tensor's bytes, which stay until <see cref="Dispose"/>.</summary>
    private byte* Pointer(TensorInfo tensor)
    {
        Lease lease = _file.Lease(tensor);
        lock (_leases)
            _leases.Add(lease);
        return lease.Start;
    }

    private void ReadColumns(string name, Span<float> columns)
    {
        TensorInfo tensor = _file[name];
        if (tensor.ElementCount != columns.Length || tensor.Type != NumberType.F32)
            throw Damaged(tensor, (long)columns.Length * sizeof(float));
        _file.ReadFloats(tensor, columns);
    }

    private InvalidDataException Damaged(TensorInfo tensor, long bytes) => new(
        $"{_file.Path}: {tensor} has {tensor.ByteLength} bytes where this model needs {bytes}. " +
        "Delete the file, then the model loads from its weights, or is packed anew.");

    private static Dictionary<string, string> Metadata(SimdTier tier, WeightType? type, string fingerprint)
    {
        PanelLayout floats = PanelLayout.Of(tier, WeightType.F32), integers = PanelLayout.Of(tier, WeightType.Int8);
        return new()
        {
            ["format"] = Format,
            ["version"] = Version,
            ["model"] = fingerprint,
            ["weights"] = type?.ToString() ?? "as stored",
            ["floats"] = string.Create(CultureInfo.InvariantCulture, $"{floats.Nr} x {floats.Kc}"),
            ["integers"] = string.Create(
                CultureInfo.InvariantCulture, $"{integers.Nr} x {integers.Kc}, groups of {integers.Group}, offset {integers.Offset}"),
        };
    }

    private static IEnumerable<TensorSource> Sources(string name, PackedMatrix matrix)
    {
        yield return new(name, TypeOf(matrix.Layout.Type), [matrix.DataBytes / matrix.Layout.Bytes], stream => WritePanels(matrix, stream));
        if (matrix.Layout.Type == WeightType.Int8)
            yield return new(
                name + ColumnsSuffix, NumberType.F32, [matrix.Columns.Length],
                stream => stream.Write(MemoryMarshal.AsBytes(matrix.Columns)));
    }

    private static void WritePanels(PackedMatrix matrix, Stream stream)
    {
        for (long done = 0; done < matrix.DataBytes; done += MostBytesAtOnce)
            stream.Write(new ReadOnlySpan<byte>(matrix.Panel(0, 0) + done, (int)Math.Min(MostBytesAtOnce, matrix.DataBytes - done)));
    }

    private static NumberType TypeOf(WeightType type) => type switch
    {
        WeightType.F32 => NumberType.F32,
        WeightType.BF16 => NumberType.BF16,
        WeightType.F16 => NumberType.F16,
        _ => NumberType.I8,
    };
}

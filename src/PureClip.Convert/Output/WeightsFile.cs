using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using PureClip.Checkpoints;
using PureClip.Convert.Mapping;
using PureClip.Convert.Tensors;
using PureClip.Files;
using PureClip.Kernels;

namespace PureClip.Convert.Output;

/// <summary>Writes model.safetensors, a piece at a time, so that the memory it needs does not grow with the model.</summary>
internal sealed class WeightsFile
{
    /// <summary>Elements in memory at a time: 256 kB of singles.</summary>
    private const int ChunkElements = 64 * 1024;

    private readonly WeightType? _type;
    private readonly SortedDictionary<string, RoundingTally> _errors = new(LayerOrder.Instance);
    private readonly SortedDictionary<string, int> _changes = new(StringComparer.Ordinal);
    private readonly byte[] _source = new byte[ChunkElements * sizeof(double)];
    private readonly byte[] _target = new byte[ChunkElements * sizeof(double)];
    private readonly float[] _before = new float[ChunkElements];
    private readonly float[] _after = new float[ChunkElements];
    private readonly float[] _difference = new float[ChunkElements];

    /// <param name="type">In which type; null for as they are stored.</param>
    public WeightsFile(WeightType? type) => _type = type;

    /// <summary>How far numbers moved, by layer; empty where nothing was rounded.</summary>
    public IEnumerable<RoundingError> Errors =>
        _errors.Select(static group => new RoundingError(group.Key, group.Value.Largest, group.Value.Mean));

    /// <summary>Tensors by what became of their type, such as "F16 to F32".</summary>
    public IReadOnlyDictionary<string, int> TypeChanges => _changes;

    /// <summary>The type that a tensor of a type is written in, if it is a matrix that does not become integers.</summary>
    public static NumberType TypeFor(WeightType? type, NumberType source) => type switch
    {
        WeightType.F32 => NumberType.F32,
        WeightType.F16 => NumberType.F16,
        WeightType.BF16 => NumberType.BF16,
        WeightType.Int8 when source is NumberType.F32 or NumberType.F64 => NumberType.F16,
        _ => source,
    };

    /// <summary>Writes the file.</summary>
    /// <exception cref="InvalidDataException">A number is too large for the chosen type.</exception>
    /// <exception cref="OperationCanceledException">The user interrupted.</exception>
    public void Write(
        string path, IReadOnlyList<OutputTensor> tensors, IProgress<WriteProgress>? progress, CancellationToken cancellation) =>
        SafetensorsWriter.Write(
            path, tensors.SelectMany(Sources), new Dictionary<string, string> { ["format"] = "pt" }, progress, cancellation);

    private IEnumerable<TensorSource> Sources(OutputTensor tensor) =>
        _type == WeightType.Int8 && IntegerMatrix.Takes(tensor) ? IntegerSources(tensor) : [Source(tensor)];

    /// <summary>The scales come first in the file, because the writer puts larger types before smaller ones.</summary>
    private IEnumerable<TensorSource> IntegerSources(OutputTensor tensor)
    {
        IntegerMatrix matrix = new(tensor);
        Count(tensor.Source, "I8");
        return
        [
            new(tensor.Name + TensorNumbers.ScaleSuffix, NumberType.F32, [tensor.Shape[0]], matrix.WriteScales),
            new(tensor.Name, NumberType.I8, [.. tensor.Shape], stream =>
            {
                RoundingTally error = ErrorOf(tensor.Canonical);
                float[] scratch = new float[tensor.Shape[1]];
                matrix.WriteIntegers(stream, (before, after) => error.Add(before, after, scratch));
            }),
        ];
    }

    private TensorSource Source(OutputTensor tensor)
    {
        NumberType target = TargetOf(tensor);
        Count(tensor.Source, target.ToString());
        return new TensorSource(tensor.Name, target, [.. tensor.Shape], stream => Write(tensor, target, stream));
    }

    /// <summary>
    /// A scalar is never narrowed: it saves two bytes, and the logit scale is a logarithm, so that BF16 would move its 100 to 98.8. Nor are
    /// vectors where matrices become integers: they are few, and every product passes through them.
    /// </summary>
    private NumberType TargetOf(OutputTensor tensor)
    {
        NumberType target = TypeFor(_type, tensor.Source.Type);
        int mostRank = _type == WeightType.Int8 ? 1 : 0;
        return tensor.Shape.Length <= mostRank && !IsExact(tensor.Source.Type, target) ? tensor.Source.Type : target;
    }

    private void Count(SourceTensor source, string target)
    {
        string stored = source.StoredAs ?? source.Type.ToString();
        string change = stored == target ? stored : $"{stored} to {target}";
        _changes[change] = _changes.GetValueOrDefault(change) + 1;
    }

    private void Write(OutputTensor tensor, NumberType target, Stream stream)
    {
        for (long done = 0; done < tensor.Count; done += ChunkElements)
        {
            int count = (int)Math.Min(ChunkElements, tensor.Count - done);
            Span<byte> source = _source.AsSpan(0, count * tensor.Source.Type.Size());
            tensor.Source.Read(tensor.First + done, source);
            RequireFinite(tensor, done, source, count);
            stream.Write(tensor.Source.Type == target ? source : Narrow(tensor, source, count, target));
        }
    }

    /// <summary>Nothing is written that the library would refuse to read.</summary>
    private void RequireFinite(OutputTensor tensor, long first, ReadOnlySpan<byte> source, int count)
    {
        Span<float> numbers = _before.AsSpan(0, count);
        tensor.Source.Type.Widen(source, numbers);
        if (TensorPrimitives.IsFiniteAll<float>(numbers))
            return;
        int at = 0;
        while (float.IsFinite(numbers[at]))
            at++;
        double found = tensor.Source.Type == NumberType.F64 ? MemoryMarshal.Cast<byte, double>(source)[at] : numbers[at];
        string what = double.IsNaN(found) ? "NaN" : double.IsInfinity(found) ? "infinite" : $"{found:R}, too large for single precision";
        Problem.InvalidData(
            $"'{tensor.Source.Name}': number {first + at} is {what}. A model's numbers are finite: its training has overflowed, or the " +
            "file is damaged. Take another checkpoint, or download it again.");
    }

    private ReadOnlySpan<byte> Narrow(OutputTensor tensor, ReadOnlySpan<byte> source, int count, NumberType target)
    {
        Span<float> before = _before.AsSpan(0, count), after = _after.AsSpan(0, count);
        Span<byte> result = _target.AsSpan(0, count * target.Size());
        if (tensor.Source.Type == NumberType.F64 && target != NumberType.F32)
            RoundToOdd(MemoryMarshal.Cast<byte, double>(source), before);
        else
            tensor.Source.Type.Widen(source, before);
        try
        {
            target.Narrow(before, result);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"'{tensor.Name}': {e.Message}", e); // what narrows knows neither file nor name
        }
        if (IsExact(tensor.Source.Type, target))
            return result;
        target.Widen(result, after);
        RequireNoOverflow(tensor, source, before, after, target);
        ErrorOf(tensor.Canonical).Add(before, after, _difference.AsSpan(0, count));
        return result;
    }

    /// <summary>Widening loses nothing, so that there is nothing to measure.</summary>
    private static bool IsExact(NumberType source, NumberType target) =>
        target == NumberType.F32 && source is (NumberType.F16 or NumberType.BF16);

    private static void RoundToOdd(ReadOnlySpan<double> values, Span<float> destination)
    {
        for (int i = 0; i < values.Length; i++)
            destination[i] = Rounding.ToOdd(values[i]);
    }

    /// <summary>What became infinite, also where the step from F64 to single precision did it.</summary>
    private static void RequireNoOverflow(
        OutputTensor tensor, ReadOnlySpan<byte> source, ReadOnlySpan<float> before, ReadOnlySpan<float> after, NumberType target)
    {
        if (float.IsFinite(TensorPrimitives.MaxMagnitude(after)))
            return;
        for (int i = 0; i < after.Length; i++)
        {
            if (!float.IsInfinity(after[i]))
                continue;
            double original = tensor.Source.Type == NumberType.F64 ? MemoryMarshal.Cast<byte, double>(source)[i] : before[i];
            if (double.IsFinite(original))
                Problem.InvalidData(
                    $"'{tensor.Name}' has the number {original:R}, which is too large for {target}. " +
                    (target == NumberType.F16 ? "Choose BF16 or F32." : "Keep the stored type."));
        }
    }

    private RoundingTally ErrorOf(string canonical)
    {
        string group = LayerOrder.GroupOf(canonical);
        if (!_errors.TryGetValue(group, out RoundingTally? error))
            _errors.Add(group, error = new RoundingTally());
        return error;
    }
}

/// <summary>
/// A weight matrix as signed bytes with one scale a row (an output channel): the row's largest magnitude becomes 127. A row at a time is in
/// memory.
/// </summary>
internal sealed class IntegerMatrix(OutputTensor tensor)
{
    private readonly float[] _row = new float[tensor.Shape[1]];
    private float[]? _scales;

    /// <summary>
    /// Whether a tensor is one of a tower's inner matrices: those are nearly all of a model, and the ones that the library multiplies as
    /// integers.
    /// </summary>
    public static bool Takes(OutputTensor tensor) => tensor.Shape.Length == 2 && tensor.IsInner;

    /// <summary>Writes the scales, an F32 each.</summary>
    public void WriteScales(Stream stream) => stream.Write(MemoryMarshal.AsBytes<float>(Scales));

    /// <summary>Writes the integers.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="compare">Told each row as it was and as it is now.</param>
    public void WriteIntegers(Stream stream, Action<float[], float[]> compare)
    {
        float[] after = new float[_row.Length];
        byte[] bytes = new byte[_row.Length];
        for (int row = 0; row < Scales.Length; row++)
        {
            Read(row);
            float scale = Scales[row], inverse = scale > 0 ? 1 / scale : 0;
            for (int i = 0; i < bytes.Length; i++)
            {
                float rounded = Math.Clamp(MathF.Round(_row[i] * inverse), -IntegerRow.LargestWeight, IntegerRow.LargestWeight);
                bytes[i] = (byte)(sbyte)rounded;
                after[i] = rounded * scale;
            }
            compare(_row, after);
            stream.Write(bytes);
        }
    }

    private float[] Scales => _scales ??= [.. Enumerable.Range(0, (int)tensor.Shape[0]).Select(ScaleOf)];

    private float ScaleOf(int row)
    {
        Read(row);
        float largest = MathF.Abs(TensorPrimitives.MaxMagnitude<float>(_row));
        if (!float.IsFinite(largest))
            Problem.InvalidData(
                $"'{tensor.Source.Name}' has a number in row {row} that is not finite. A model's numbers are: its training has " +
                "overflowed, or the file is damaged. Take another checkpoint, or download it again.");
        return largest / IntegerRow.LargestWeight;
    }

    private void Read(int row) => tensor.Source.ReadSingles(tensor.First + (long)row * _row.Length, _row);
}

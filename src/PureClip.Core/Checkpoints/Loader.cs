using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using PureClip.Files;
using PureClip.Kernels;
using PureClip.Model;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Checkpoints;

/// <summary>
/// From tensors to parameters: each is found, folded where its layer says so, and packed into its matrix, on all workers. What is read by
/// rows stays in its file.
/// </summary>
internal sealed class Loader(Checkpoint checkpoint, SimdTier tier, WeightType? type) : INumbers
{
    private readonly PackedFile? _packed = checkpoint.PackedFor(tier, type);
    private readonly List<Action> _jobs = [];

    private delegate void NumbersUser(ReadOnlySpan<float> numbers);

    /// <summary>Reads the numbers of some parameters.</summary>
    public void Load(ParameterList parameters, WorkerPool pool)
    {
        foreach (Parameter parameter in parameters)
            Load(parameter);
        JobsBody body = new() { Jobs = _jobs };
        pool.Run(_jobs.Count, ref body);
        foreach (SafetensorsFile file in checkpoint.File.Files)
            file.Release(); // what small tensors and the edges of large ones share pages with
    }

    private void Load(Parameter parameter)
    {
        switch (parameter.Use)
        {
            case Use.Inner or Use.End:
                LoadMatrix(parameter, parameter.Matrix!);
                break;
            case Use.Bias:
                for (int i = 0; i < parameter.Matrix!.Parts; i++)
                {
                    int part = i;
                    Read(parameter, part, parameter.Matrix.Parts, numbers => parameter.Matrix.Packed.SetBias(part, numbers));
                }
                break;
            case Use.Plain:
                Read(parameter, 0, 1, parameter.Set);
                break;
            case Use.Table:
                parameter.Table = TableOf(checkpoint.TensorsOf(parameter)[0], (int)parameter.Shape[1]);
                break;
            case Use.Kernel:
                _jobs.Add(() =>
                {
                    FoldedKernel folded = Fold(parameter);
                    parameter.Kernel!.Set(folded.Weights(channelsLast: false), folded.Bias);
                });
                break;
            default:
                break; // folded: its layer reads it
        }
    }

    /// <summary>A mapped table of floats is widened from where it lies; one that is read piece by piece, or has scales, is asked row by
    /// row.</summary>
    private ITable TableOf(TensorInfo tensor, int columns) => checkpoint.IsMapped && tensor.Type.IsFloat()
        ? new MappedTable(checkpoint.Numbers, tensor, checkpoint.File.FileOf(tensor).Lease(tensor), columns)
        : new FileTable(checkpoint.Numbers, tensor, columns);

    private void LoadMatrix(Parameter parameter, WeightMatrix matrix)
    {
        PanelLayout layout = PanelLayout.Of(tier, checkpoint.TypeOf(parameter, type));
        PackedMatrix? found = _packed?.Find(parameter.PackedName, matrix.Inputs, matrix.Outputs, matrix.Parts, layout);
        PackedMatrix packed = matrix.Packed = found ?? new(matrix.Inputs, matrix.Outputs, matrix.Parts, layout);
        if (found is not null)
            _jobs.Add(() => _packed!.RequireFinite(parameter.PackedName, found));
        if (parameter.Fold is not null)
            _jobs.Add(() => PackFolded(parameter, packed, biasAlone: found is not null));
        for (int i = 0; i < matrix.Parts && found is null && parameter.Fold is null; i++)
        {
            int part = i;
            _jobs.Add(() => Read(parameter, part, matrix.Parts, numbers => Pack(parameter, packed, part, numbers)));
        }
    }

    private void PackFolded(Parameter parameter, PackedMatrix matrix, bool biasAlone)
    {
        FoldedKernel folded = Fold(parameter);
        float[] bias = folded.Bias;
        for (int part = 0; part < bias.Length / matrix.Outputs; part++)
            matrix.SetBias(part, bias.AsSpan(part * matrix.Outputs, matrix.Outputs));
        if (biasAlone)
            return;
        float[] weights = folded.Weights(parameter.Order);
        int count = weights.Length / matrix.Parts;
        for (int part = 0; part < matrix.Parts; part++)
            SetWeights(parameter, matrix, part, weights.AsSpan(part * count, count), WeightOrder.OutputsByInputs);
    }

    /// <summary>What a layer makes of its tensors. Kernels are small, and other layers' in the same pages: those stay.</summary>
    private FoldedKernel Fold(Parameter parameter) => parameter.Fold!(this);

    float[] INumbers.Read(Parameter parameter) => checkpoint.Numbers.ReadFinite(checkpoint.TensorsOf(parameter)[0]);

    InvalidDataException INumbers.Refusal(Parameter parameter, string why) =>
        new($"{checkpoint.Path}: {checkpoint.TensorsOf(parameter)[0]}: {why}");

    private void Pack(Parameter parameter, PackedMatrix matrix, int part, ReadOnlySpan<float> numbers) => SetWeights(
        parameter, matrix, part, numbers,
        checkpoint.IsTurned(parameter) != parameter.IsTurned ? WeightOrder.InputsByOutputs : WeightOrder.OutputsByInputs);

    private void SetWeights(Parameter parameter, PackedMatrix matrix, int part, ReadOnlySpan<float> numbers, WeightOrder order)
    {
        try
        {
            matrix.SetWeights(part, numbers, order);
        }
        catch (InvalidDataException e)
        {
            // What packs knows neither file nor name.
            throw new InvalidDataException($"{checkpoint.Path}: {parameter.Name}: {e.Message}", e);
        }
    }

    /// <summary>
    /// Hands over the numbers of one part of a tensor: straight from the mapped file where they are F32, else widened. Nobody reads them
    /// again, so their pages are released at once: file and packed weights would be in memory twice.
    /// </summary>
    private void Read(Parameter parameter, int part, int parts, NumbersUser user)
    {
        // A tensor for each part, or for several, or one that holds all of them.
        (TensorInfo? Tensor, int Parts)[] found = checkpoint.PiecesOf(parameter);
        int index = 0, piece = part, pieces = found.Length == 1 ? parts : found[0].Parts;
        for (; piece >= pieces; pieces = found[index].Parts)
            (index, piece) = (index + 1, piece - pieces);
        if (found[index].Tensor is not TensorInfo tensor)
        {
            user(new float[parameter.Count / parts]);
            return;
        }
        long count = tensor.ElementCount / pieces, bytes = tensor.ByteLength / pieces, offset = piece * bytes;
        SafetensorsFile file = checkpoint.File.FileOf(tensor);
        if (tensor.Type == NumberType.F32 && BitConverter.IsLittleEndian && !checkpoint.Numbers.IsAdapted(tensor))
        {
            using Lease lease = file.Lease(tensor, offset, bytes);
            ReadOnlySpan<float> numbers = MemoryMarshal.Cast<byte, float>(lease.Span(0, checked((int)bytes)));
            checkpoint.Numbers.RequireFinite(tensor, piece * count, numbers);
            user(numbers);
        }
        else
        {
            float[] numbers = new float[count];
            checkpoint.Numbers.ReadFinite(tensor, piece * count, numbers);
            user(numbers);
        }
        file.Release(tensor, offset, bytes);
    }

    private struct JobsBody : IParallelBody
    {
        public List<Action> Jobs;

        public readonly void Invoke(int index, int worker) => Jobs[index]();
    }

    private sealed class FileTable(TensorNumbers numbers, TensorInfo tensor, int columns) : ITable
    {
        public void Read(int row, Span<float> destination) => numbers.ReadFinite(tensor, (long)row * columns, destination);

        public void Dispose()
        {
        }
    }

    private sealed class MappedTable(TensorNumbers numbers, TensorInfo tensor, Lease lease, int columns) : ITable
    {
        private readonly int _rowBytes = columns * tensor.Type.Size();

        public void Read(int row, Span<float> destination)
        {
            tensor.Type.Widen(lease.Span((long)row * _rowBytes, _rowBytes), destination);
            numbers.RequireFinite(tensor, (long)row * columns, destination);
        }

        public void Dispose() => lease.Dispose();
    }
}

/// <summary>
/// The numbers of a checkpoint's tensors as floats. Signed bytes stand for themselves times a scale: one F32 for each first index, in a
/// second tensor whose name ends in <see cref="ScaleSuffix"/>.
/// </summary>
internal sealed class TensorNumbers(SafetensorsSet file)
{
    /// <summary>What is appended to the name of an 8-bit tensor to name its scales.</summary>
    public const string ScaleSuffix = "_scale";

    private readonly Dictionary<TensorInfo, float[]> _scales = [];
    private readonly Dictionary<TensorInfo, List<TensorAdapter>> _adapters = [];

    /// <summary>Whether a tensor can be read: a plain floating-point type, or signed bytes whose scales are known.</summary>
    public bool IsReadable(TensorInfo tensor) => tensor.Type.IsFloat() || _scales.ContainsKey(tensor);

    /// <summary>Makes an 8-bit tensor readable; false where the scales do not fit it.</summary>
    public bool TryAddScales(TensorInfo tensor, TensorInfo scales)
    {
        if (tensor.Type != NumberType.I8 || tensor.Shape.Length != 2 || scales.ElementCount != tensor.Shape[0] || !scales.Type.IsFloat())
            return false;
        float[] numbers = new float[scales.ElementCount];
        file.ReadFloats(scales, numbers);
        _scales.Add(tensor, numbers);
        return true;
    }

    /// <summary>Whether a tensor's numbers are others than those in its file.</summary>
    public bool IsAdapted(TensorInfo tensor) => _adapters.ContainsKey(tensor);

    /// <summary>Adds an adapter's share to a tensor whenever it is read.</summary>
    public void Adapt(TensorInfo tensor, TensorAdapter adapter)
    {
        if (!_adapters.TryGetValue(tensor, out List<TensorAdapter>? adapters))
            _adapters.Add(tensor, adapters = []);
        adapters.Add(adapter);
    }

    /// <summary>A whole tensor.</summary>
    public float[] Read(TensorInfo tensor)
    {
        float[] numbers = new float[tensor.ElementCount];
        Read(tensor, 0, numbers);
        return numbers;
    }

    /// <summary>A whole tensor of a model, of which every number has to be finite.</summary>
    public float[] ReadFinite(TensorInfo tensor)
    {
        float[] numbers = new float[tensor.ElementCount];
        ReadFinite(tensor, 0, numbers);
        return numbers;
    }

    /// <summary>A range of elements of a model's tensor, of which every number has to be finite.</summary>
    /// <exception cref="InvalidDataException">One is not.</exception>
    public void ReadFinite(TensorInfo tensor, long first, Span<float> destination)
    {
        Read(tensor, first, destination);
        RequireFinite(tensor, first, destination);
    }

    /// <summary>Refuses NaN and infinity: whatever is computed with them is no number either, and nothing that comes of it tells
    /// why.</summary>
    /// <param name="tensor">Where the numbers are from.</param>
    /// <param name="first">The place of the first.</param>
    /// <param name="numbers">The numbers.</param>
    /// <exception cref="InvalidDataException">One is not finite.</exception>
    public void RequireFinite(TensorInfo tensor, long first, ReadOnlySpan<float> numbers)
    {
        if (numbers.IsEmpty || TensorPrimitives.IsFiniteAll(numbers))
            return;
        int at = 0;
        while (float.IsFinite(numbers[at]))
            at++;
        throw new InvalidDataException(
            $"{file.FileOf(tensor).Path}: {tensor}: number {first + at} is {(float.IsNaN(numbers[at]) ? "NaN" : "infinite")}. A model's " +
            "numbers are finite: its training has overflowed, or the file is damaged. Take another checkpoint, or download it again.");
    }

    /// <summary>A range of elements, row-major.</summary>
    /// <param name="tensor">A readable tensor.</param>
    /// <param name="first">The first element.</param>
    /// <param name="destination">As many as are wanted.</param>
    public void Read(TensorInfo tensor, long first, Span<float> destination)
    {
        ReadStored(tensor, first, destination);
        if (_adapters.TryGetValue(tensor, out List<TensorAdapter>? adapters))
            foreach (TensorAdapter adapter in adapters)
                adapter.Add(tensor, first, destination);
    }

    private void ReadStored(TensorInfo tensor, long first, Span<float> destination)
    {
        if (!_scales.TryGetValue(tensor, out float[]? scales))
        {
            file.FileOf(tensor).ReadFloats(tensor, first, destination);
            return;
        }
        // The end of the same memory: each byte is read before its float is written.
        Span<byte> bytes = MemoryMarshal.AsBytes(destination)[^destination.Length..];
        file.FileOf(tensor).Read(tensor, first, bytes);
        for (int i = 0; i < bytes.Length; i++)
            destination[i] = (sbyte)bytes[i] * scales[(first + i) / tensor.Shape[1]];
    }
}

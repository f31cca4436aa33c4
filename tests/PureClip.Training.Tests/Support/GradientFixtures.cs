using System.Runtime.InteropServices;
using System.Text.Json;
using PureClip.Files;

namespace PureClip.Training.Tests.Support;

/// <summary>A file of large fixtures: inputs, outputs and gradients by torch's autograd in double, and what is allowed.</summary>
internal sealed class GradientFixtures : IDisposable
{
    private readonly SafetensorsFile _file;

    public GradientFixtures(string name)
    {
        _file = SafetensorsFile.Open(Fixtures.PathOf($"training/{name}"));
        Expected = JsonDocument.Parse(File.ReadAllText(Fixtures.PathOf("training/expected.json"))).RootElement;
    }

    public JsonElement Expected { get; }

    /// <summary>The tolerance of a case in 32-bit floats.</summary>
    public double Tolerance(string name) => Expected.GetProperty("cases").GetProperty(name).GetProperty("tolerance_float32").GetDouble();

    public JsonElement Parameters(string name) => Expected.GetProperty("cases").GetProperty(name).GetProperty("parameters");

    /// <summary>Tensors that have no gradient in mathematics.</summary>
    public bool IsZero(string name, string tensor) =>
        Expected.GetProperty("cases").GetProperty(name).TryGetProperty("zero", out JsonElement zero)
        && zero.EnumerateArray().Any(element => element.GetString() == tensor);

    public bool Has(string tensor) => _file.TryGet(tensor, out _);

    public IEnumerable<string> Names => _file.Tensors.Select(tensor => tensor.Name);

    public int[] Shape(string tensor) => [.. _file[tensor].Shape.Select(size => (int)size)];

    public float[] Floats(string tensor)
    {
        float[] numbers = new float[_file[tensor].ElementCount];
        _file.ReadFloats(_file[tensor], numbers);
        return numbers;
    }

    public double[] Doubles(string tensor)
    {
        TensorInfo info = _file[tensor];
        if (info.ByteLength != info.ElementCount * sizeof(double))
            return Array.ConvertAll(Floats(tensor), static x => (double)x);
        double[] numbers = new double[info.ElementCount];
        _file.Read(info, 0, MemoryMarshal.AsBytes(numbers.AsSpan()));
        return numbers;
    }

    /// <summary>The one number of a tensor.</summary>
    public double Number(string tensor) => Doubles(tensor)[0];

    /// <summary>An input as a matrix whose last axis are its columns.</summary>
    public TrainingMatrix Matrix(string tensor)
    {
        int[] shape = Shape(tensor);
        int columns = shape.Length == 0 ? 1 : shape[^1];
        float[] numbers = Floats(tensor);
        return Numbers.Matrix(numbers.Length / columns, columns, numbers);
    }

    /// <summary>Fails unless what was found of a case is near what is expected.</summary>
    public void Check(string name, string tensor, ReadOnlySpan<float> found)
    {
        double? scale = IsZero(name, tensor)
            ? Names.Where(n => n.StartsWith($"{name}/grad/", StringComparison.Ordinal))
            .Max(n => Doubles(n).Max(Math.Abs)) is double largest and > 0 ? largest : 1
            : null;
        NearAssert.Equal(Doubles($"{name}/{tensor}"), found, Tolerance(name), $"{name}/{tensor}", scale);
    }

    public void Dispose() => _file.Dispose();
}

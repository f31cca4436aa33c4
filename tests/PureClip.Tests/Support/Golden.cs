using System.Runtime.InteropServices;
using PureClip.Files;

namespace PureClip.Tests.Support;

/// <summary>Reference results below <c>Golden</c>, read with the product's own reader.</summary>
internal sealed class Golden : IDisposable
{
    private readonly SafetensorsFile _file;

    private Golden(string path)
    {
        _file = SafetensorsFile.Open(path);
        Assert.True(_file.Metadata.ContainsKey("script"), $"{path} does not say which script made it.");
    }

    /// <summary>Directory of the small model that all golden files belong to.</summary>
    public static string TinyModel => Path.Combine(TestData.Root, "tests", "PureClip.Tests", "Golden", "tiny");

    /// <summary>The results for one activation: quick_gelu, gelu or gelu_pytorch_tanh.</summary>
    public static Golden Open(string activation) => new(Path.Combine(TinyModel, $"{activation}.golden.safetensors"));

    /// <summary>A tensor's numbers.</summary>
    public float[] this[string name]
    {
        get
        {
            TensorInfo tensor = _file[name];
            float[] numbers = new float[tensor.ElementCount];
            _file.ReadFloats(tensor, numbers);
            return numbers;
        }
    }

    /// <summary>A tensor of whole numbers.</summary>
    public int[] Integers(string name)
    {
        int[] numbers = new int[_file[name].ElementCount];
        _file.Read(_file[name], 0, MemoryMarshal.AsBytes(numbers.AsSpan()));
        return numbers;
    }

    public void Dispose() => _file.Dispose();
}

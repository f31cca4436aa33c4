using BenchmarkDotNet.Attributes;
using PureClip.Imaging;

namespace PureClip.Bench;

/// <summary>How long does a picture take from its file's bytes to pixels, and from pixels to what the model takes?</summary>
public class PreprocessBench
{
    private readonly ImagePreprocessor _preprocessor = new(ImagePreprocessorConfig.OpenAI(224));
    private byte[] _bytes = [];
    private RasterImage? _raster;
    private float[] _pixels = [];

    /// <summary>What <c>PURECLIP_BENCH_PICTURES</c> names, separated as in PATH; tools/bench.sh makes large ones.</summary>
    [ParamsSource(nameof(Files))]
    public string File { get; set; } = "";

    public static IEnumerable<string> Files =>
        Environment.GetEnvironmentVariable("PURECLIP_BENCH_PICTURES")?.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        ?? throw new InvalidOperationException("Name pictures in PURECLIP_BENCH_PICTURES, or run tools/bench.sh, which makes some.");

    [GlobalSetup]
    public void Setup()
    {
        _bytes = System.IO.File.ReadAllBytes(File);
        _raster = ImageFormats.Decode(_bytes);
        _pixels = new float[_preprocessor.OutputLength];
    }

    [Benchmark]
    public RasterImage Decode() => ImageFormats.Decode(_bytes);

    [Benchmark]
    public void ResizeAndNormalize() => _preprocessor.Preprocess(_raster!, _pixels);
}

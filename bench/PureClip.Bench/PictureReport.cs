using System.Diagnostics;
using System.Globalization;
using PureClip.Imaging;
using SixLabors.ImageSharp.Processing;
using SkiaSharp;
using ResizeMode = PureClip.Imaging.ResizeMode;

namespace PureClip.Bench;

/// <summary>
/// <c>pictures FOLDER [ROUNDS]</c>: decoding and resizing beside Pillow, ImageSharp and SkiaSharp. All take turns in one run, so that a busy
/// machine disturbs them alike. Told is each one's best round, in milliseconds, and how many times as long PureClip takes. Skia's resizing
/// is by mipmaps, which is less work than the bicubic filter over all pixels of the others.
/// </summary>
internal static class PictureReport
{
    private const int Width = 298, Height = 224; // 4 : 3, the shorter side as CLIP's

    private static readonly ImagePreprocessor Resizer =
        new(new ImagePreprocessorConfig { ResizeMode = ResizeMode.Squash, OutputWidth = Width, OutputHeight = Height });

    public static void Run(string[] args)
    {
        int rounds = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 15;
        using Pillow pillow = new();
        Write("| picture | work | PureClip | Pillow | ImageSharp | SkiaSharp |");
        Write("|---|---|---:|---:|---:|---:|");
        foreach (string path in Directory.GetFiles(args[0]).Order(StringComparer.Ordinal))
        {
            byte[] file = File.ReadAllBytes(path);
            RasterImage raster = ImageFormats.Decode(file);
            string name = $"{Path.GetFileName(path)} ({raster.Width} x {raster.Height})";
            Compare(name, "decode", rounds, [
                Timed(() => Decode(file, ImageDecoderOptions.Default)),
                () => pillow.Measure($"decode\t{path}"),
                Timed(() => SixLabors.ImageSharp.Image.Load(file).Dispose()),
                Timed(() => SKBitmap.Decode(file).Dispose())]);
            if (file is [0xFF, 0xD8, ..])
                Compare(name, "decode for 224", rounds, [
                    Timed(() => Decode(file, new() { WantedSide = 2 * Height })),
                    () => pillow.Measure($"draft\t{path}\t{2 * Height}"),
                    null,
                    Timed(() => Reduced(file))]);
            if (raster.Mode is not PixelMode.Rgb)
                continue;
            using var sharp = SixLabors.ImageSharp.Image.Load(file);
            using SKBitmap skia = SKBitmap.Decode(file);
            Compare(name, "resize", rounds, [
                Timed(() => Resizer.Resized(raster)),
                () => pillow.Measure($"resize\t{path}\t{Width}\t{Height}"),
                Timed(() => sharp.Clone(work => work.Resize(Width, Height, KnownResamplers.Bicubic)).Dispose()),
                Timed(() => skia.Resize(new SKImageInfo(Width, Height), new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear))
                    .Dispose())]);
        }
    }

    // As on the way to a model: into memory that the next picture gets again, as the others' allocators have it too.
    private static void Decode(byte[] file, ImageDecoderOptions options)
    {
        using PictureMemory memory = PictureMemory.Borrow();
        ImageFormats.Decode(file, options, decoders: null, memory);
    }

    // Skia's codecs offer the sizes that libjpeg can make.
    private static void Reduced(byte[] file)
    {
        using SKCodec codec = SKCodec.Create(new MemoryStream(file));
        float scale = 2f * Height / Math.Min(codec.Info.Width, codec.Info.Height);
        SKSizeI size = codec.GetScaledDimensions(scale);
        using SKBitmap bitmap = new(codec.Info.WithSize(size.Width, size.Height));
        codec.GetPixels(bitmap.Info, bitmap.GetPixels());
    }

    private static Func<double> Timed(Action work) => () =>
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    };

    private static void Compare(string name, string work, int rounds, Func<double>?[] peers)
    {
        double[] best = [.. peers.Select(_ => double.PositiveInfinity)];
        for (int round = 0; round < rounds + 3; round++) // the first ones are for the compiler
            for (int i = 0; i < peers.Length; i++)
                if (peers[i]?.Invoke() is double milliseconds)
                    best[i] = Math.Min(best[i], milliseconds);
        IEnumerable<string> others = best.Skip(1).Select(milliseconds =>
            double.IsInfinity(milliseconds) ? "" : $"{milliseconds:0.00} ({best[0] / milliseconds:0.00})");
        Write($"| {name} | {work} | {best[0]:0.00} ms | {string.Join(" | ", others)} |");
    }

    private static void Write(string line) => Console.WriteLine(line);

    /// <summary>Pillow in a process of its own, which measures itself.</summary>
    private sealed class Pillow : IDisposable
    {
        private readonly Process _process;

        public Pillow()
        {
            string script = Path.Combine(AppContext.BaseDirectory, "pillow.py");
            _process = Process.Start(new ProcessStartInfo("/usr/bin/python3", [script])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            })!;
        }

        public double Measure(string request)
        {
            _process.StandardInput.WriteLine(request);
            _process.StandardInput.Flush();
            string answer = _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("Pillow's process has ended.");
            return double.Parse(answer, CultureInfo.InvariantCulture);
        }

        public void Dispose()
        {
            _process.StandardInput.Close();
            _process.WaitForExit();
            _process.Dispose();
        }
    }
}

using System.Text.Json.Nodes;
using PureClip.Checkpoints;
using PureClip.Files;
using PureClip.Imaging;
using PureClip.Model;

namespace PureClip.Tests.Checkpoints;

/// <summary>
/// A likely mistake, in the words of the reference's list: set in the configuration, in the rules for pictures, in the ids of texts, or in the
/// tensors, where a kernel or a norm can be given the numbers that a wrong program would compute with.
/// </summary>
/// <param name="Mistake">Its name.</param>
/// <param name="OfTexts">Whether it is of texts.</param>
internal sealed record ConvolutionTwin(string Mistake, bool OfTexts = false)
{
    private const float Eps = 1e-5f;

    public Func<ClipConfig, ClipConfig> Config { get; init; } = static config => config;

    public Func<ImagePreprocessorConfig, ImagePreprocessorConfig> Rules { get; init; } = static rules => rules;

    public Func<int[], int[]>? Ids { get; init; }

    /// <summary>Changes a tensor's numbers, by its name.</summary>
    public Action<string, long[], float[]>? Tensors { get; init; }

    /// <summary>Measures one, and compares with the list.</summary>
    public static void Check(FamilyFixture fixture, string folder, JsonNode listed, string mistake)
    {
        ConvolutionTwin twin = Of(fixture, listed).Single(one => one.Mistake == mistake);
        float difference;
        if (twin.Tensors is not null)
        {
            DirectoryInfo copy = Directory.CreateTempSubdirectory("pureclip-twin-");
            try
            {
                Rewrite(folder, copy.FullName, twin.Tensors);
                using FamilyFixture changed = new(copy.FullName, fixture.Pictures);
                difference = twin.OfTexts ? changed.Texts() : changed.Images(pictures: twin.Rules(changed.Preprocessing));
            }
            finally
            {
                copy.Delete(recursive: true);
            }
        }
        else
        {
            difference = twin.OfTexts
                ? fixture.Texts(twin.Config(fixture.Config), change: twin.Ids)
                : fixture.Images(twin.Config(fixture.Config), twin.Rules(fixture.Preprocessing));
        }
        float far = Far(listed, mistake, twin.OfTexts);
        Assert.True(difference > 3 * fixture.Tolerance, $"{mistake}: {difference:R} away only");
        // As far as the reference found it. Everywhere at once, or in one place of many: then it is not the same mistake.
        Assert.InRange(difference / far, 0.9f, 1.1f);
    }

    /// <summary>The mistakes of the list that can be made.</summary>
    public static IEnumerable<ConvolutionTwin> Of(FamilyFixture fixture, JsonNode listed) =>
        All(fixture.Config, fixture.Preprocessing).Where(twin => Far(listed, twin.Mistake, twin.OfTexts) > 0);

    private static float Far(JsonNode listed, string mistake, bool ofTexts) =>
        listed["twins"]!.AsArray().FirstOrDefault(one => (string)one!["twin"]! == mistake)?[ofTexts ? "text" : "image"]?.GetValue<float>() ?? 0;

    private static IEnumerable<ConvolutionTwin> All(ClipConfig config, ImagePreprocessorConfig rules)
    {
        ConvolutionTwin OfVision(string mistake, VisionConfig other) => new(mistake) { Config = c => c with { Vision = other } };
        ConvolutionTwin OfText(string mistake, TextConfig other) => new(mistake, true) { Config = c => c with { Text = other } };
        TextConfig text = config.Text!;
        yield return new("bgr")
        {
            Tensors = static (_, shape, numbers) => SwapColours(shape, numbers),
            Rules = static r => r with { Mean = Swapped(r.Mean), Std = Swapped(r.Std) }, // each colour by the other's
        };
        yield return new("resample")
        {
            Rules = r => r with
            {
                Interpolation = r.Interpolation == ResampleFilter.Bicubic ? ResampleFilter.Bilinear : ResampleFilter.Bicubic,
            },
        };
        bool isPlain = rules.Mean.Red == 0;
        yield return new("normalise")
        {
            Rules = r => r with
            {
                Mean = isPlain ? ImagePreprocessorConfig.OpenAIMean : new(0, 0, 0),
                Std = isPlain ? ImagePreprocessorConfig.OpenAIStd : new(1, 1, 1),
            },
        };
        foreach ((string name, float eps) in ((string, float)[])[("bn-eps-1e-3", 1e-3f), ("bn-eps-1e-6", 1e-6f), ("bn-eps-0", 0)])
            yield return new(name) { Tensors = (tensor, _, numbers) => Shift(tensor, "running_var", numbers, eps - Eps) };
        if (text.Mixer is null) // whose GELU no configuration says
        {
            yield return OfText("tanh-gelu", text with { Transformer = text.Transformer with { Gelu = GeluKind.Tanh } });
            yield return OfText("quick-gelu", text with { Transformer = text.Transformer with { Gelu = GeluKind.Quick } });
        }
        yield return OfText("erf-gelu", text with { Transformer = text.Transformer with { Gelu = GeluKind.Erf } });
        yield return OfText("text-ln-eps-1e-6", text with { Transformer = text.Transformer with { LayerNormEps = 1e-6f } });
        yield return OfText("mask", text with { IsCausal = !text.IsCausal });
        if (text.SeesPadding)
            yield return new("pad-is-eot", true) { Ids = ids => [.. ids.Select(id => id == 0 ? ids.Max() : id)] };
        if (text.SeesPadding)
            yield return new("embed-scale", true)
            {
                Tensors = (tensor, _, numbers) => Scale(
                    tensor, "text_encoder.embedding_layer.weight", numbers, MathF.Pow(text.Transformer.Width, -0.5f)),
            };
        switch (config.Vision)
        {
            case ConvNextConfig vision:
                yield return OfVision("ln-eps", vision with { LayerNormEps = vision.LayerNormEps == 1e-6f ? 1e-5f : 1e-6f });
                yield return new("no-gamma") { Tensors = static (tensor, _, numbers) => Fill(tensor, "gamma", numbers, 1) };
                break;
            case VisionTransformerConfig { Stem: ConvolutionStemConfig stem } vision:
                int padding = 1 - stem.Padding;
                float eps = stem.Padding == 1 ? 1e-6f : 1e-5f;
                yield return OfVision($"stem-padding-{padding}", vision with { Stem = stem with { Padding = padding } });
                yield return OfVision(
                    stem.Padding == 1 ? "vision-ln-eps-1e-6" : "vision-ln-eps-1e-5",
                    vision with { Transformer = vision.Transformer with { LayerNormEps = eps } });
                yield return OfVision("other-implementation", vision with
                {
                    Stem = stem with { Padding = padding },
                    Transformer = vision.Transformer with { LayerNormEps = eps },
                });
                break;
            case FastVitConfig { IsFused: false }:
                yield return new("no-identity-branch") { Tensors = static (tensor, _, numbers) => Silence(tensor, numbers, "identity", "rbr_skip") };
                yield return new("no-scale-branch") { Tensors = static (tensor, _, numbers) => Silence(tensor, numbers, "conv_scale.bn", "rbr_scale.bn") };
                yield return new("no-small-kernel") { Tensors = static (tensor, _, numbers) => Silence(tensor, numbers, "small_conv.bn") };
                yield return new("no-cpe-skip") { Tensors = static (tensor, _, numbers) => WithoutMiddle(tensor, numbers) };
                yield return new("no-se") { Tensors = static (tensor, _, numbers) => Open(tensor, numbers) };
                yield return new("repmixer-plus-norm")
                {
                    Tensors = static (tensor, _, numbers) =>
                    {
                        if (tensor.Contains("token_mixer.norm.", StringComparison.Ordinal) && IsShift(tensor))
                            foreach (ref float x in numbers.AsSpan())
                                x = -x;
                    },
                };
                break;
            default:
                break;
        }
    }

    private static ChannelValues Swapped(ChannelValues values) => new(values.Blue, values.Green, values.Red);

    /// <summary>The kernel that sees the picture: the only one of three channels.</summary>
    private static void SwapColours(long[] shape, float[] numbers)
    {
        if (shape is not [_, 3, _, _])
            return;
        int places = (int)(shape[2] * shape[3]);
        for (int output = 0; output < shape[0]; output++)
            for (int place = 0; place < places; place++)
            {
                int red = output * 3 * places + place, blue = red + 2 * places;
                (numbers[red], numbers[blue]) = (numbers[blue], numbers[red]);
            }
    }

    private static void Shift(string tensor, string end, float[] numbers, float by)
    {
        for (int i = 0; i < numbers.Length && tensor.EndsWith(end, StringComparison.Ordinal); i++)
            numbers[i] += by;
    }

    private static void Scale(string tensor, string name, float[] numbers, float by)
    {
        for (int i = 0; i < numbers.Length && tensor == name; i++)
            numbers[i] *= by;
    }

    private static void Fill(string tensor, string end, float[] numbers, float with)
    {
        if (tensor.EndsWith(end, StringComparison.Ordinal))
            numbers.AsSpan().Fill(with);
    }

    /// <summary>A norm that gives zeros is a branch left out; a RepMixer's own norm is such a branch too.</summary>
    private static void Silence(string tensor, float[] numbers, params string[] norms)
    {
        bool isNorm = Array.Exists(norms, norm => tensor.Contains($"{norm}.", StringComparison.Ordinal));
        if (isNorm && IsShift(tensor))
            Array.Clear(numbers);
    }

    private static bool IsShift(string tensor) =>
        tensor.EndsWith(".weight", StringComparison.Ordinal) || tensor.EndsWith(".bias", StringComparison.Ordinal);

    private static void WithoutMiddle(string tensor, float[] numbers)
    {
        if (tensor.EndsWith("pos_enc.weight", StringComparison.Ordinal) || tensor.EndsWith("network.6.pe.weight", StringComparison.Ordinal))
            for (int i = 49 / 2; i < numbers.Length; i += 49)
                numbers[i] -= 1;
    }

    /// <summary>A squeeze whose last layer says 1 for every channel.</summary>
    private static void Open(string tensor, float[] numbers)
    {
        if (tensor.EndsWith("se.fc2.weight", StringComparison.Ordinal) || tensor.EndsWith("se.expand.weight", StringComparison.Ordinal))
            Array.Clear(numbers);
        if (tensor.EndsWith("se.fc2.bias", StringComparison.Ordinal) || tensor.EndsWith("se.expand.bias", StringComparison.Ordinal))
            numbers.AsSpan().Fill(30);
    }

    private static void Rewrite(string folder, string copy, Action<string, long[], float[]> change)
    {
        string weights = Path.GetFileName(ModelDirectory.FindWeights(folder)!);
        foreach (string other in Directory.EnumerateFiles(folder).Where(path => Path.GetFileName(path) != weights))
            File.WriteAllBytes(Path.Combine(copy, Path.GetFileName(other)), File.ReadAllBytes(other));
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(folder, weights));
        SafetensorsWriter.Write(Path.Combine(copy, weights), file.Tensors.Where(static tensor => tensor.Type.IsFloat()).Select(tensor =>
        {
            float[] numbers = new float[tensor.ElementCount];
            file.ReadFloats(tensor, numbers);
            change(tensor.Name, tensor.Shape.ToArray(), numbers);
            return new TensorSource(tensor.Name, NumberType.F32, [.. tensor.Shape], stream =>
                stream.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes(numbers.AsSpan())));
        }));
    }
}

using System.Text.RegularExpressions;
using PureClip.Convert;
using PureClip.Convert.Tensors;
using PureClip.Convert.Torch;
using PureClip.Files;

namespace PureClip.TextToImage;

/// <summary>
/// A textual inversion: a name that stands in prompts for vectors which a training has found. Files of A1111 (<c>.pt</c>, <c>.bin</c>), of
/// diffusers (<c>learned_embeds.safetensors</c>), and of SDXL with vectors for both encoders (<c>clip_l</c>, <c>clip_g</c>).
/// </summary>
/// <remarks>Gal et al. 2022. A1111's modules/textual_inversion, diffusers' loaders/textual_inversion.py, ComfyUI's
/// comfy/sd1_clip.py.</remarks>
internal sealed partial class TextualInversion
{
    // "*" is what A1111 calls every vector inside of its file.
    private static readonly string[] NoNames = ["*", "emb_params", "string_to_param.*"];

    private static readonly string[] EncoderKeys = ["clip_l", "clip_g", "clip_h"];

    private readonly List<(string Key, List<float[]> Vectors)> _sets;

    private TextualInversion(string path, List<(string Key, List<float[]> Vectors)> sets)
    {
        (Path, _sets) = (path, sets);
        string own = System.IO.Path.GetFileNameWithoutExtension(path);
        Names = sets is [(string key, _)] && !NoNames.Contains(key) && !EncoderKeys.Contains(key) && !InsideA1111().IsMatch(key)
            ? [own, key]
            : [own];
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>What stands for it in a prompt: the file's name without extension, and the token that a file of diffusers names.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>How wide its vectors are, for people.</summary>
    public string Widths => string.Join(" and ", _sets.Select(static set => set.Vectors[0].Length).Distinct());

    /// <summary>Reads a file.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is damaged, or holds no vectors.</exception>
    public static TextualInversion Load(string path)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no textual inversion {path}.", path);
        List<(string Key, List<float[]> Vectors)> sets = IsSafetensors(path) ? ReadSafetensors(path) : ReadTorch(path);
        return sets.Count > 0 ? new(path, sets) : throw new InvalidDataException(
            $"{path} holds no vectors of a textual inversion: tensors of one or two dimensions. Give the file that its training has "
            + "saved.");
    }

    /// <summary>Its vectors for an encoder: those that are named after it, else those that are as wide; null where there are
    /// none.</summary>
    public IReadOnlyList<float[]>? VectorsFor(string encoder, int width)
    {
        (_, List<float[]>? named) = _sets.Find(set => set.Key == encoder);
        List<float[]>? found = named ?? _sets.Find(set => !EncoderKeys.Contains(set.Key) && set.Vectors[0].Length == width).Vectors;
        return found is null || found[0].Length == width ? found : throw new InvalidDataException(
            $"{Path}: {encoder}'s vectors are {found[0].Length} wide, and the encoder {width}. Take an inversion that was made for "
            + "this generator.");
    }

    private static bool IsSafetensors(string path)
    {
        using FileStream file = File.OpenRead(path);
        Span<byte> start = stackalloc byte[9];
        return file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start[8] == '{';
    }

    private static List<(string Key, List<float[]> Vectors)> ReadSafetensors(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        List<(string, List<float[]>)> sets = [];
        foreach (TensorInfo tensor in file.Tensors)
            if (tensor.Shape.Length is 1 or 2 && tensor.ElementCount > 0 && tensor.Type.IsFloat())
            {
                float[] numbers = new float[tensor.ElementCount];
                file.ReadFloats(tensor, numbers);
                sets.Add((tensor.Name, Rows(path, numbers, (int)tensor.Shape[^1])));
            }
        return sets;
    }

    private static List<(string Key, List<float[]> Vectors)> ReadTorch(string path)
    {
        using SourceCheckpoint checkpoint = NestedTensors.Open(path);
        List<(string, List<float[]>)> sets = [];
        foreach (SourceTensor tensor in checkpoint.Tensors)
            if (tensor.Shape.Length is 1 or 2 && tensor.ElementCount > 0 && tensor.Type.IsFloat())
            {
                float[] numbers = new float[tensor.ElementCount];
                tensor.ReadSingles(0, numbers);
                sets.Add((tensor.Name, Rows(path, numbers, (int)tensor.Shape[^1])));
            }
        return sets;
    }

    private static List<float[]> Rows(string path, float[] numbers, int width) => Array.TrueForAll(numbers, float.IsFinite)
        ? [.. numbers.Chunk(width)]
        : throw new InvalidDataException($"{path} holds numbers that are not finite: its training has overflowed, or the file is damaged.");

    [GeneratedRegex(@"(^|\.)string_to_param\.|(^|\.)emb_params$|\.\d+$|^\d+$")]
    private static partial Regex InsideA1111();
}

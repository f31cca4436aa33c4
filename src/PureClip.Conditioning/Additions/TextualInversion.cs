using System.Text.RegularExpressions;
using PureClip.Convert;
using PureClip.Convert.Tensors;
using PureClip.Convert.Torch;
using PureClip.Files;

namespace PureClip.TextToImage;

/// <summary>
/// A textual inversion: a name that stands in prompts for vectors which a training has found. Files of A1111 (<c>.pt</c>, <c>.bin</c>, and
/// pictures with one inside), of diffusers (<c>learned_embeds.safetensors</c>), of SDXL with vectors for both encoders (<c>clip_l</c>,
/// <c>clip_g</c>), and what LoRAs bring along (<c>bundle_emb.NAME.…</c>).
/// </summary>
/// <remarks>Gal et al. 2022. A1111's modules/textual_inversion and extensions-builtin/Lora, diffusers' loaders/textual_inversion.py,
/// ComfyUI's comfy/sd1_clip.py.</remarks>
internal sealed partial class TextualInversion
{
    // "*" is what A1111 calls every vector inside of its file.
    private static readonly string[] NoNames = ["*", "emb_params", "string_to_param.*"];

    private static readonly string[] EncoderKeys = ["clip_l", "clip_g", "clip_h"];

    private const string Bundle = "bundle_emb.", A1111Tensors = ".string_to_param.";

    private readonly List<(string Key, List<float[]> Vectors)> _sets;

    private TextualInversion(string path, List<(string Key, List<float[]> Vectors)> sets, params string?[] names)
    {
        (Path, _sets) = (path, sets);
        Names = [.. names.OfType<string>().Where(static name => name.Length > 0).Distinct(StringComparer.Ordinal)];
        if (sets.Exists(static set => set.Vectors.Exists(static row => !Array.TrueForAll(row, float.IsFinite))))
            throw new InvalidDataException(
                $"{path} holds numbers that are not finite: its training has overflowed, or the file is damaged.");
        if (sets.Find(static set => set.Vectors.Exists(row => row.Length != set.Vectors[0].Length)).Key is string key)
            throw new InvalidDataException($"{path}: the vectors of {key} are not equally long. Download the file again.");
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>
    /// What stands for it in a prompt: the file's name without extension, and the name that is inside where there is one.
    /// </summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>How wide its vectors are, for people.</summary>
    public string Widths => string.Join(" and ", _sets.Select(static set => set.Vectors[0].Length).Distinct());

    /// <summary>Reads a file.</summary>
    /// <returns>One, but for LoRAs, which may bring along several.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is damaged, or holds no vectors.</exception>
    public static IReadOnlyList<TextualInversion> Load(string path)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no textual inversion {path}.", path);
        string own = System.IO.Path.GetFileNameWithoutExtension(path);
        switch (KindOf(path))
        {
            case Kind.Safetensors:
                using (SafetensorsFile file = SafetensorsFile.Open(path))
                {
                    TextualInversion[] bundled = [.. BundledIn(file)];
                    if (bundled is [TextualInversion only])
                        return [new(path, only._sets, [own, .. only.Names])];
                    return bundled.Length > 0 ? bundled : [Create(path, own, ReadSafetensors(file))];
                }
            case Kind.Picture:
                (string? name, List<(string, List<float[]>)> sets) = InversionPicture.Read(path);
                return sets.Count > 0 ? [new(path, sets, own, name)] : throw NoVectors(path);
            default:
                return [Create(path, own, ReadTorch(path))];
        }
    }

    /// <summary>What a LoRA brings along: vectors of the words that it was trained with, to be used in its prompts.</summary>
    public static IEnumerable<TextualInversion> BundledIn(SafetensorsFile file) => file.Tensors.Where(IsBundled)
        .GroupBy(static tensor => NameInBundle(tensor.Name), StringComparer.Ordinal)
        .Select(bundle => new TextualInversion(
            file.Path,
            [.. bundle.Select(tensor => (tensor.Name[(Bundle.Length + bundle.Key.Length + 1)..], Rows(file, tensor)))],
            bundle.Key));

    /// <summary>Whether a tensor is part of an inversion that a LoRA brings along.</summary>
    public static bool IsBundled(TensorInfo tensor) => tensor.Name.StartsWith(Bundle, StringComparison.Ordinal)
        && tensor.Name.LastIndexOf('.') > Bundle.Length && HoldsVectors(tensor);

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

    private static TextualInversion Create(string path, string own, List<(string Key, List<float[]> Vectors)> sets)
    {
        if (sets.Count == 0)
            throw NoVectors(path);
        if (sets.Find(static set => LoraSource.IsAdapter(set.Key)).Key is string adapter)
            throw new InvalidDataException(
                $"{path} is a LoRA ({adapter}) that brings no textual inversion along. Add it as a LoRA, or give the file of the "
                + "inversion.");
        bool isNamed = sets is [(string key, _)] && !NoNames.Contains(key) && !EncoderKeys.Contains(key) && !InsideA1111().IsMatch(key);
        return new(path, sets, own, isNamed ? sets[0].Key : null);
    }

    private static InvalidDataException NoVectors(string path) => new(
        $"{path} holds no vectors of a textual inversion: tensors of one or two dimensions. Give the file that its training has saved.");

    private enum Kind
    {
        Torch,
        Safetensors,
        Picture,
    }

    private static Kind KindOf(string path)
    {
        using FileStream file = File.OpenRead(path);
        Span<byte> start = stackalloc byte[64];
        start = start[..file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        return start.Length > 8 && start[8] == '{' ? Kind.Safetensors
            : InversionPicture.IsPicture(start) ? Kind.Picture
            : Kind.Torch;
    }

    private static List<(string Key, List<float[]> Vectors)> ReadSafetensors(SafetensorsFile file) =>
        [.. file.Tensors.Where(HoldsVectors).Select(tensor => (tensor.Name, Rows(file, tensor)))];

    private static List<(string Key, List<float[]> Vectors)> ReadTorch(string path)
    {
        using SourceCheckpoint checkpoint = NestedTensors.Open(path);
        List<(string, List<float[]>)> sets = [];
        foreach (SourceTensor tensor in checkpoint.Tensors)
            if (tensor.Shape.Length is 1 or 2 && tensor.ElementCount > 0 && tensor.Type.IsFloat())
            {
                float[] numbers = new float[tensor.ElementCount];
                tensor.ReadSingles(0, numbers);
                sets.Add((tensor.Name, [.. numbers.Chunk((int)tensor.Shape[^1])]));
            }
        return sets;
    }

    private static bool HoldsVectors(TensorInfo tensor) =>
        tensor.Shape.Length is 1 or 2 && tensor.ElementCount > 0 && tensor.Type.IsFloat();

    private static List<float[]> Rows(SafetensorsFile file, TensorInfo tensor)
    {
        float[] numbers = new float[tensor.ElementCount];
        file.ReadFloats(tensor, numbers);
        return [.. numbers.Chunk((int)tensor.Shape[^1])];
    }

    /// <summary>NAME of bundle_emb.NAME.string_to_param.* or bundle_emb.NAME.clip_l; it may have full stops itself.</summary>
    private static string NameInBundle(string tensor)
    {
        int end = tensor.IndexOf(A1111Tensors, Bundle.Length, StringComparison.Ordinal);
        return tensor[Bundle.Length..(end < 0 ? tensor.LastIndexOf('.') : end)];
    }

    [GeneratedRegex(@"(^|\.)string_to_param\.|(^|\.)emb_params$|\.\d+$|^\d+$")]
    private static partial Regex InsideA1111();
}

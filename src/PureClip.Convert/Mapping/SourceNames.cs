using PureClip.Checkpoints;
using PureClip.Convert.Tensors;
using PureClip.Files;

namespace PureClip.Convert.Mapping;

/// <summary>The tensors of a checkpoint under their bare names, once wrappers have been taken off, and in whose words these are.</summary>
internal sealed class SourceNames
{
    /// <summary>
    /// Where whole Stable Diffusion checkpoints keep their text encoder (diffusers loaders/single_file_utils.py), the one with a
    /// projection first.
    /// </summary>
    private static readonly string[] TextEncoders =
    [
        "conditioner.embedders.1.model.", "cond_stage_model.model.", "cond_stage_model.transformer.",
        "conditioner.embedders.0.transformer.", "text_encoders.clip_g.transformer.", "text_encoders.clip_l.transformer.",
    ];

    private readonly Dictionary<string, SourceTensor> _byName = new(StringComparer.Ordinal);

    private SourceNames(IReadOnlyList<SourceTensor> tensors)
    {
        Dictionary<string, SourceTensor> byWholeName = tensors.ToDictionary(static tensor => tensor.Name, StringComparer.Ordinal);
        BareNames bare = BareNames.Of(tensors.Select(static tensor => tensor.Name));
        string encoder = Array.Find(
            TextEncoders, encoder => bare.ByBareName.Keys.Any(name => name.StartsWith(encoder, StringComparison.Ordinal))) ?? "";
        Prefix = bare.Prefix + encoder;
        foreach ((string name, string whole) in bare.ByBareName)
            if (name.StartsWith(encoder, StringComparison.Ordinal))
                _byName.Add(name[encoder.Length..], byWholeName[whole]);
            else
                Outside.Add(new IgnoredTensor(whole, $"is not below {Prefix}"));
        Outside.AddRange(bare.Outside.Select(static tensor => new IgnoredTensor(tensor.Name, tensor.Reason)));
        MergeLongPositions();
    }

    /// <summary>What stands before every name; empty for most.</summary>
    public string Prefix { get; }

    /// <summary>In whose words the tensors are named.</summary>
    public Dialect Dialect { get; private init; } = Names.OpenClip;

    /// <summary>The tensors by bare name.</summary>
    public IReadOnlyDictionary<string, SourceTensor> ByName => _byName;

    /// <summary>Tensors of what surrounds the model.</summary>
    public List<IgnoredTensor> Outside { get; } = [];

    /// <summary>
    /// Long-CLIP stores two tables of positions: the first rows of one stay as CLIP had them, of the other come all after them.
    /// </summary>
    private void MergeLongPositions()
    {
        const string First = "positional_embedding", Second = "positional_embedding_res";
        if (!_byName.TryGetValue(First, out SourceTensor? first) || !_byName.Remove(Second, out SourceTensor? second))
            return;
        _byName[First] = new LongPositions(first, second);
        Decisions.Add(new(
            "text positions", $"rows 0 to {LongPositions.Kept - 1} of {First}, the others of {Second}", "Long-CLIP's rule",
            IsAssumed: false));
    }

    /// <summary>What was made of tensors before they were looked at.</summary>
    public List<Decision> Decisions { get; } = [];

    /// <summary>Finds prefix and dialect.</summary>
    /// <param name="source">The checkpoint.</param>
    /// <param name="isConfigured">Whether a configuration says which family it is of.</param>
    /// <exception cref="InvalidDataException">This is no CLIP, or one of a kind that is not supported.</exception>
    public static SourceNames Read(SourceCheckpoint source, bool isConfigured = false)
    {
        SourceNames names = new(source.Tensors);
        if (!isConfigured)
            ForeignModels.Refuse(names._byName.Keys);
        if (Names.DialectOf(names._byName.ContainsKey) is Dialect dialect)
            return new SourceNames(source.Tensors) { Dialect = dialect };
        string first = string.Join(", ", names._byName.Keys.Take(3).Select(static name => $"'{name}'"));
        return Problem.InvalidData<SourceNames>(
            $"The {source.Tensors.Count} tensors are not named as a CLIP of OpenAI, OpenCLIP or Hugging Face names them (the first are " +
            $"{first}). Check that this is a CLIP checkpoint.");
    }
}

/// <summary>Relatives of CLIP that are recognised by a name of theirs and refused, because the library has no such tower.</summary>
internal static class ForeignModels
{
    private static readonly (string Start, string Refusal)[] Known =
    [
        ("visual.trunk.",
            "an OpenCLIP model whose vision tower comes from timm (SigLIP, ConvNeXt, MobileCLIP, EVA-02, Perception Encoder and others)"),
        ("visual.attn_pool.", "a CoCa or a Perception Encoder, whose vision towers end in an attention pooler"),
        ("text_decoder.", "a CoCa, which has a text decoder"),
        ("visual.blocks.", "an EVA-CLIP"),
        ("vision_model.head.", "a SigLIP, whose vision tower has no class token and ends in an attention pooler"),
        ("text_model.head.", "a SigLIP"),
        ("bert.", "a Chinese-CLIP, whose text tower is a BERT"),
        ("text.transformer.embeddings.", "an OpenCLIP model whose text tower comes from transformers (RoBERTa, XLM-RoBERTa, NLLB)"),
        ("roberta.", "an AltCLIP, whose text tower is a RoBERTa"),
    ];

    /// <summary>Fails where the names are those of a model that is known and not supported.</summary>
    /// <exception cref="InvalidDataException">They are.</exception>
    public static void Refuse(IReadOnlyCollection<string> names)
    {
        foreach ((string start, string refusal) in Known)
            if (names.FirstOrDefault(name => name.StartsWith(start, StringComparison.Ordinal)) is string found)
                Problem.InvalidData(
                    $"This is {refusal} (it has '{found}'). What it is exactly, no tensor tells: its configuration is missing, " +
                    "config.json or open_clip_config.json. Put the one that it was published with beside it, or name the directory " +
                    "with both.");
    }
}

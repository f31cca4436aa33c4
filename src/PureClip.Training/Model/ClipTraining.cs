using System.Text;
using PureClip.Checkpoints;
using PureClip.Files;
using PureClip.Model;

namespace PureClip.Training;

/// <summary>
/// A CLIP that learns. Its tensors are those that the layers of the towers declare, with the logit scale and what else training needs
/// beside them.
/// </summary>
internal sealed class ClipTraining : IDisposable
{
    /// <summary>Name of the logarithm of the scale of cosines.</summary>
    public const string LogitScale = Names.LogitScale;

    /// <summary>Name of what is added to scaled cosines; learnt by the sigmoid loss.</summary>
    public const string LogitBias = Names.LogitBias;

    /// <summary>Names of the directions of facts and of the logarithm of their scale.</summary>
    public const string Prototypes = "prototypes", PrototypeScale = "prototype_scale";

    private readonly List<(Learned Learned, Range Place)> _unstored = [];

    /// <param name="config">The architecture: transformers both, of any family that inference knows.</param>
    /// <param name="compute">Who computes.</param>
    /// <param name="facts">Facts that have a prototype each; 0 for none.</param>
    /// <param name="adapt">Makes what learns in place of the tensors themselves; null where they learn.</param>
    /// <exception cref="NotSupportedException">A tower is missing, or of a family that cannot be trained.</exception>
    public ClipTraining(ClipConfig config, TrainingCompute compute, int facts = 0, Func<LearnedList, LoraAdapters>? adapt = null)
    {
        if (WhatKeeps(config) is string reason)
            throw new NotSupportedException(
                $"This model has {reason}: only models of two transformers learn, one for pictures and one for texts. A head on the vectors of "
                + "both learns with every model.");
        VisionTransformerConfig vision = (VisionTransformerConfig)config.Vision!;
        TextConfig text = config.Text!;
        config.Validate();
        (Config, Compute) = (config, compute);
        Towers = Towers.Of(config);
        LearnedList list = new();
        foreach (Parameter parameter in Towers.Parameters)
            if (parameter.Use != Use.Folded)
                list.Add(parameter.Name, parameter.Shape.ToArray(), RuleOf(parameter));
        list.Add(LogitScale, [], default);
        list.Add(LogitBias, [], default);
        if (facts > 0)
        {
            list.Add(Prototypes, [facts, config.EmbeddingWidth], default);
            list.Add(PrototypeScale, [], default);
        }
        Adapters = adapt?.Invoke(list);
        Numbers = new(list, compute, Adapters);
        Vision = new(Numbers, vision);
        Text = new(Numbers, text);
    }

    /// <summary>The architecture.</summary>
    public ClipConfig Config { get; }

    /// <summary>Who computes.</summary>
    public TrainingCompute Compute { get; }

    /// <summary>The towers as inference knows them: they say which tensors there are.</summary>
    public Towers Towers { get; }

    /// <summary>What learns in place of the tensors; null where they learn.</summary>
    public LoraAdapters? Adapters { get; }

    /// <summary>What is learnt.</summary>
    public TrainedNumbers Numbers { get; }

    /// <summary>Pictures.</summary>
    public VisionTraining Vision { get; }

    /// <summary>Texts.</summary>
    public TextTraining Text { get; }

    /// <summary>Takes the numbers of a checkpoint of the same architecture.</summary>
    public void Load(Checkpoint checkpoint)
    {
        _unstored.Clear();
        foreach (Parameter parameter in Towers.Parameters)
        {
            Span<float> to = Numbers.Numbers[parameter.Name];
            float[] read = new float[to.Length];
            foreach ((TensorInfo? tensor, Range place) in PiecesOf(checkpoint, parameter))
            {
                if (tensor is not null)
                    checkpoint.Numbers.Read(tensor, 0, read.AsSpan(place));
                else
                    _unstored.Add((Numbers.List[parameter.Name], place));
            }
            if (!checkpoint.IsTurned(parameter))
            {
                read.CopyTo(to);
                continue;
            }
            int outputs = (int)parameter.Shape[0], inputs = read.Length / outputs;
            for (int input = 0; input < inputs; input++)
                for (int output = 0; output < outputs; output++)
                    to[output * inputs + input] = read[input * outputs + output];
        }
        Numbers.Numbers[LogitScale][0] = MathF.Log(checkpoint.LogitScale);
        Numbers.Numbers[LogitBias][0] = checkpoint.LogitBias;
        Numbers.Pack();
    }

    /// <summary>The tensors of a file that are stacked in one of ours, null for zeros that it does not store, and which numbers they
    /// are.</summary>
    public static IEnumerable<(TensorInfo? Tensor, Range Place)> PiecesOf(Checkpoint checkpoint, Parameter parameter)
    {
        (TensorInfo? Tensor, int Parts)[] pieces = checkpoint.PiecesOf(parameter);
        int part = checked((int)(parameter.Count / pieces.Sum(static piece => piece.Parts))), first = 0;
        foreach ((TensorInfo? tensor, int parts) in pieces)
        {
            yield return (tensor, first..(first + parts * part));
            first += parts * part;
        }
    }

    /// <summary>Clears the gradients of zeros that the model's file has no place for: the biases of EVA's keys. They stay zeros.</summary>
    public void KeepUnstored()
    {
        if (Numbers.Learns)
            foreach ((Learned learned, Range place) in _unstored)
                Numbers.Gradients[learned][place].Clear();
    }

    /// <summary>
    /// CLIP's own initial numbers (Radford et al. 2021, from its code), each a function of the seed, its tensor's name and its place.
    /// </summary>
    public void Initialize(ulong seed)
    {
        foreach (Learned learned in Numbers.List.All)
        {
            Span<float> to = Numbers.Numbers[learned];
            (double deviation, double mean, bool isUniform) = InitialOf(learned);
            Draws draws = new(seed, HashOf(learned.Name), 0, 0);
            foreach (ref float number in to)
                number = (float)(mean + deviation * (isUniform ? 2 * draws.Uniform() - 1 : deviation == 0 ? 0 : draws.Normal()));
        }
        Numbers.Pack();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Vision.Dispose();
        Text.Dispose();
        Numbers.Dispose();
        Adapters?.Dispose();
        Towers.Dispose();
    }

    /// <summary>What keeps a model from learning; null for nothing.</summary>
    private static string? WhatKeeps(ClipConfig config) => (config.Vision, config.Text) switch
    {
        (null, _) => "no tower for pictures",
        (_, null) => "no tower for texts",
        (ResNetConfig, _) => "a ResNet for pictures",
        (not VisionTransformerConfig, _) => "a convolutional tower for pictures",
        (VisionTransformerConfig { Stem: not null } or VisionTransformerConfig { Stages: not null }, _) =>
            "convolutions before the transformer for pictures",
        (_, { Mixer: not null }) => "convolutions in its tower for texts",
        (_, { Projection: TextProjection.Missing }) => "no projection behind its tower for texts",
        (_, { Bert.HasSinePositions: true }) => "computed positions in its tower for texts",
        (_, { Bert.HasPooler: true }) => "BERT's pooler behind its tower for texts",
        (_, { SeesPadding: true, ReadAt: TextReadOut.EndOfText }) => "a tower for texts that is read in the midst of its padding",
        (_, TextConfig text) when text.TrainedContextLength != text.ContextLength =>
            "text positions that are stretched to a longer context",
        _ => null,
    };

    private static StepRule RuleOf(Parameter parameter) => parameter.Use switch
    {
        Use.Inner => new(Decays: true, parameter.Matrix!.Parts),
        Use.End => new(Decays: true),
        _ => default,
    };

    /// <summary>A hash that stays the same (FNV-1a).</summary>
    private static ulong HashOf(string name)
    {
        ulong hash = 14695981039346656037;
        foreach (byte b in Encoding.UTF8.GetBytes(name))
            hash = (hash ^ b) * 1099511628211;
        return hash;
    }

    private (double Deviation, double Mean, bool IsUniform) InitialOf(Learned learned)
    {
        string name = learned.Name;
        bool isText = name.StartsWith("text.", StringComparison.Ordinal);
        TransformerConfig c = isText ? Config.Text!.Transformer : ((VisionTransformerConfig)Config.Vision!).Transformer;
        string leaf = name[(name.LastIndexOf('.') + 1)..];
        if (name.Contains(".ln", StringComparison.Ordinal) || name.Contains(".norm.", StringComparison.Ordinal))
            return (0, leaf == "weight" ? 1 : 0, false);
        if (leaf is "bias" or "qkv_bias")
            return (0, 0, false);
        double residual = 1 / Math.Sqrt(2.0 * c.Layers * c.Width);
        return name switch
        {
            LogitScale => (0, Math.Log(1 / 0.07), false),
            LogitBias => (0, 0, false),
            PrototypeScale => (0, Math.Log(12), false),
            Prototypes => (0.3 / Math.Sqrt(Config.EmbeddingWidth), 0, false),
            "text.token_embedding" => (0.02, 0, false),
            "text.positional_embedding" => (0.01, 0, false),
            "vision.positional_embedding" => (0.02, 0, false),
            "vision.class_embedding" => (1 / Math.Sqrt(c.Width), 0, false),
            "vision.patch_embedding" => (1 / Math.Sqrt(learned.Columns), 0, true),
            _ when name.EndsWith(".attn.qkv.weight", StringComparison.Ordinal) => (1 / Math.Sqrt(c.Width), 0, false),
            _ when name.EndsWith(".attn.out.weight", StringComparison.Ordinal) => (residual, 0, false),
            _ when name.EndsWith(".mlp.fc.weight", StringComparison.Ordinal) => (1 / Math.Sqrt(2.0 * c.Width), 0, false),
            _ when name.EndsWith(".mlp.proj.weight", StringComparison.Ordinal) => (residual, 0, false),
            _ => (1 / Math.Sqrt(c.Width), 0, false), // projections
        };
    }
}

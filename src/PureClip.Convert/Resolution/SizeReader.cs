using PureClip.Checkpoints;
using PureClip.Convert.Knowledge;
using PureClip.Convert.Mapping;
using PureClip.Convert.Tensors;
using PureClip.Files;
using PureClip.Model;

namespace PureClip.Convert.Resolution;

/// <summary>Reads the sizes of a model off a few of its tensors, whatever these are called there (as OpenAI's build_model does).</summary>
internal sealed class SizeReader
{
    /// <summary>The deepest tower looked for; ViT-e has 56 blocks.</summary>
    private const int MaxLayers = 256;

    private const long MaxSize = 1 << 24;

    private readonly SourceNames _names;
    private readonly List<string> _missing = [];

    private SizeReader(SourceNames names) => _names = names;

    /// <summary>Reads the sizes.</summary>
    /// <exception cref="InvalidDataException">A tensor that is needed for it is missing or of an impossible shape.</exception>
    public static ModelSizes Read(SourceNames names)
    {
        SizeReader reader = new(names);
        VisionSizes? vision = reader.HasAny("vision.class_embedding", "vision.blocks.0.ln_1.weight") ? reader.Vision() : null;
        ResNetSizes? resNet = reader.Find("vision.layers.1.0.conv1.weight") is null ? null : reader.ResNet();
        TextSizes? text = reader.HasAny("text.token_embedding", "text.blocks.0.ln_1.weight") ? reader.Text() : null;
        int embedding = reader.EmbeddingWidth(vision is not null
            ? "vision.projection" : resNet is not null ? "vision.pool.out.weight"
            : "text.projection");
        if (reader._missing.Count > 0)
            Problem.InvalidData(
                $"The architecture cannot be read off the tensors: there is no {string.Join(" and no ", reader._missing)}. " +
                "A CLIP tower without its projection gives no embeddings; use the whole model.");
        return new ModelSizes(embedding, vision, text) { ResNet = resNet };
    }

    private VisionSizes Vision()
    {
        int tokens = Size("vision.positional_embedding", rank: 2, dimension: 0);
        int grid = (int)Math.Round(Math.Sqrt(Math.Max(tokens - 1, 0)));
        if (_missing.Count == 0 && (tokens < 2 || grid * grid != tokens - 1))
            Problem.InvalidData(
                $"The vision tower has {tokens} positions; a class token and a square of patches (such as 50 = 1 + 7 · 7) are supported.");
        return new VisionSizes(
            Size("vision.class_embedding", rank: 1, dimension: 0), Layers("vision"), Size("vision.blocks.0.mlp.fc.bias", 1, 0),
            Size("vision.patch_embedding", rank: 4, dimension: 3), grid);
    }

    private ResNetSizes ResNet()
    {
        int tokens = Size("vision.pool.positions", rank: 2, dimension: 0), grid = (int)Math.Round(Math.Sqrt(Math.Max(tokens - 1, 0)));
        if (_missing.Count == 0 && (tokens < 2 || grid * grid != tokens - 1))
            Problem.InvalidData(
                $"The attention pool has {tokens} positions; the mean and a square of pixels (such as 50 = 1 + 7 · 7) are supported.");
        return new(Size("vision.layers.1.0.conv1.weight", rank: 4, dimension: 0), (Blocks(1), Blocks(2), Blocks(3), Blocks(4)), grid);
    }

    private int Blocks(int layer)
    {
        int blocks = MaxLayers;
        while (blocks > 1 && Find($"vision.layers.{layer}.{blocks - 1}.conv1.weight") is null)
            blocks--;
        return blocks;
    }

    private TextSizes Text() => new(
        Size("text.token_embedding", rank: 2, dimension: 1), Layers("text"), Size("text.blocks.0.mlp.fc.bias", 1, 0),
        Size("text.positional_embedding", rank: 2, dimension: 0), Size("text.token_embedding", rank: 2, dimension: 0));

    private int EmbeddingWidth(string projection) =>
        Size(projection, rank: 2, dimension: Names.Of(projection, _names.Dialect)!.Value.IsTurned ? 1 : 0);

    /// <summary>One more than the highest block, so that blocks missing in between are found to be missing.</summary>
    private int Layers(string tower)
    {
        int layers = MaxLayers;
        while (layers > 1 && Find($"{tower}.blocks.{layers - 1}.ln_1.weight") is null)
            layers--;
        return layers;
    }

    private int Size(string canonical, int rank, int dimension)
    {
        if (Find(canonical) is not SourceTensor tensor)
        {
            _missing.Add($"'{NameOf(canonical)}'");
            return 0;
        }
        if (tensor.Shape.Length != rank || tensor.Shape[dimension] is < 1 or > MaxSize)
            Problem.InvalidData($"'{tensor.Name}' has the shape {TensorShape.Text(tensor.Shape)}, which no CLIP has.");
        return (int)tensor.Shape[dimension];
    }

    /// <summary>Whether there is a tower: one that lacks its first tensor is no absent one.</summary>
    private bool HasAny(string first, string block) => Find(first) is not null || Find(block) is not null;

    private SourceTensor? Find(string canonical) => NameOf(canonical) is string name ? _names.ByName.GetValueOrDefault(name) : null;

    /// <summary>Null where the dialect has no such tower.</summary>
    private string? NameOf(string canonical) => Names.Of(canonical, _names.Dialect)?.Names[0];
}

/// <summary>The vision tower's sizes as its tensors have them.</summary>
/// <param name="Width">Numbers a token.</param>
/// <param name="Layers">Blocks.</param>
/// <param name="MlpWidth">Hidden numbers of the MLP.</param>
/// <param name="PatchSize">Pixels of a patch's side.</param>
/// <param name="Grid">Patches along a side.</param>
internal sealed record VisionSizes(int Width, int Layers, int MlpWidth, int PatchSize, int Grid);

/// <summary>A ResNet's sizes as its tensors have them.</summary>
/// <param name="Width">Channels after the entry.</param>
/// <param name="Blocks">Blocks of each of the four layers.</param>
/// <param name="Grid">Pixels of a side of the last feature map.</param>
internal sealed record ResNetSizes(int Width, (int First, int Second, int Third, int Fourth) Blocks, int Grid)
{
    /// <summary>Pixels of the input's side.</summary>
    public int ImageSize => 32 * Grid;
}

/// <summary>The text tower's sizes as its tensors have them.</summary>
/// <param name="Width">Numbers a token.</param>
/// <param name="Layers">Blocks.</param>
/// <param name="MlpWidth">Hidden numbers of the MLP.</param>
/// <param name="ContextLength">Most tokens of a text.</param>
/// <param name="VocabularySize">Rows of the token embedding.</param>
internal sealed record TextSizes(int Width, int Layers, int MlpWidth, int ContextLength, int VocabularySize);

/// <summary>All that the shapes of a checkpoint say about its architecture. Heads are not among it.</summary>
/// <param name="EmbeddingWidth">Numbers of an embedding.</param>
/// <param name="Vision">The vision tower, or null.</param>
/// <param name="Text">The text tower, or null.</param>
internal sealed record ModelSizes(int EmbeddingWidth, VisionSizes? Vision, TextSizes? Text)
{
    /// <summary>The vision tower where it is a ResNet; else null.</summary>
    public ResNetSizes? ResNet { get; init; }

    /// <summary>The same for a look into the table of architectures.</summary>
    public ShapeFacts Facts => new(
        EmbeddingWidth, Vision?.Width, Vision?.Layers, Vision?.PatchSize, Vision?.PatchSize * Vision?.Grid, Text?.Width, Text?.Layers)
    {
        ResNet = ResNet is null ? null : new(ResNet.ImageSize, ResNet.Width, ResNet.Blocks),
    };
}

/// <summary>Compares what a configuration says with what the tensors are.</summary>
internal static class SizeCheck
{
    /// <summary>Fails where a tower that the weights have is described with other sizes, or not at all.</summary>
    /// <exception cref="InvalidDataException">It is; all differences are listed.</exception>
    public static void Require(ModelSizes sizes, ClipConfig stated, string file)
    {
        List<string> differences = [];
        void Compare(string what, int? said, int found)
        {
            if (said != found)
                differences.Add($"{what}: {file} says {(said is int number ? number : "nothing")}, the tensors say {found}");
        }

        Compare("embedding width", stated.EmbeddingWidth, sizes.EmbeddingWidth);
        if (sizes.Vision is VisionSizes vision)
        {
            VisionTransformerConfig? said = stated.Vision as VisionTransformerConfig;
            Compare("vision width", said?.Transformer.Width, vision.Width);
            Compare("vision layers", said?.Transformer.Layers, vision.Layers);
            Compare("vision MLP width", said?.Transformer.MlpWidth, vision.MlpWidth);
            Compare("patch size", said?.PatchSize, vision.PatchSize);
            Compare("patches along a side", said?.Grid, vision.Grid);
        }
        if (sizes.ResNet is ResNetSizes resNet)
        {
            ResNetConfig? said = stated.Vision as ResNetConfig;
            Compare("vision width", said?.Width, resNet.Width);
            Compare("image size", said?.ImageSize, resNet.ImageSize);
            Compare("vision blocks", said is null ? null : Sum(said.Blocks), Sum(resNet.Blocks));
            static int Sum((int, int, int, int) blocks) => blocks.Item1 + blocks.Item2 + blocks.Item3 + blocks.Item4;
        }
        if (sizes.Text is TextSizes text)
        {
            Compare("text width", stated.Text?.Transformer.Width, text.Width);
            Compare("text layers", stated.Text?.Transformer.Layers, text.Layers);
            Compare("text MLP width", stated.Text?.Transformer.MlpWidth, text.MlpWidth);
            Compare("context length", stated.Text?.ContextLength, text.ContextLength);
            Compare("vocabulary size", stated.Text?.VocabularySize, text.VocabularySize);
        }
        if (differences.Count > 0)
            Problem.InvalidData($"Configuration and weights do not belong together:\n  {string.Join("\n  ", differences)}");
    }
}

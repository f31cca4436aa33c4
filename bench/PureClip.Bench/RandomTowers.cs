using PureClip.Kernels;
using PureClip.Model;
using PureClip.Simd;

namespace PureClip.Bench;

/// <summary>Towers of real sizes with random numbers: a bench needs the arithmetic, not the knowledge.</summary>
internal static class RandomTowers
{
    private static readonly Random Source = new(1);

    /// <summary>OpenAI's ViT-B/32.</summary>
    public static ClipConfig VitB32 { get; } = new(
        512,
        new(new(768, 12, 12, 3072, GeluKind.Quick, 1e-5f), 224, 32),
        new(new(512, 12, 8, 2048, GeluKind.Quick, 1e-5f), 77, 49_408));

    public static VisionWeights Vision(ClipConfig config)
    {
        VisionConfig vision = config.Vision!;
        TransformerConfig t = vision.Transformer;
        return new(
            Matrix(3 * vision.PatchSize * vision.PatchSize, t.Width), Numbers(t.Width, 0.02f), Numbers(vision.Tokens * t.Width, 0.02f),
            Norm(t.Width), Blocks(t), Norm(t.Width), Matrix(t.Width, config.EmbeddingWidth));
    }

    public static TextWeights Text(ClipConfig config)
    {
        TransformerConfig t = config.Text!.Transformer;
        return new(new RandomTokens(), Numbers(config.Text.ContextLength * t.Width, 0.01f), Blocks(t), Norm(t.Width), Matrix(t.Width, config.EmbeddingWidth));
    }

    /// <summary>A packed matrix of numbers that keep activations near 1.</summary>
    public static PackedMatrix Matrix(int inputs, int outputs, int parts = 1)
    {
        PackedMatrix matrix = new(inputs, outputs, parts, PanelLayout.Of(SimdTier.Active, WeightType.F32));
        for (int part = 0; part < parts; part++)
            matrix.SetWeights(part, Numbers(inputs * outputs, 1f / MathF.Sqrt(inputs)), WeightOrder.OutputsByInputs);
        return matrix;
    }

    /// <summary>Uniform numbers in [-scale, scale].</summary>
    public static float[] Numbers(int count, float scale)
    {
        float[] numbers = new float[count];
        foreach (ref float x in numbers.AsSpan())
            x = (Source.NextSingle() * 2 - 1) * scale;
        return numbers;
    }

    private static BlockWeights[] Blocks(TransformerConfig t) =>
        [.. Enumerable.Range(0, t.Layers).Select(_ => new BlockWeights(
            Norm(t.Width), Matrix(t.Width, t.Width, parts: 3), Matrix(t.Width, t.Width), Norm(t.Width), Matrix(t.Width, t.MlpWidth), Matrix(t.MlpWidth, t.Width)))];

    private static LayerNormWeights Norm(int width)
    {
        LayerNormWeights norm = new(width, 1e-5f);
        norm.WeightSpan.Fill(1f);
        return norm;
    }

    private sealed class RandomTokens : ITokenEmbedding
    {
        public void Read(int id, Span<float> destination) => destination.Fill(id % 7 * 0.01f);
    }
}

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
        new VisionTransformerConfig(new(768, 12, 12, 3072, GeluKind.Quick, 1e-5f), 224, 32),
        new(new(512, 12, 8, 2048, GeluKind.Quick, 1e-5f), 77, 49_408));

    /// <summary>Gives every parameter of a tower numbers that keep activations near 1.</summary>
    public static void Fill(Tower tower)
    {
        foreach (Parameter parameter in tower.Parameters)
            switch (parameter.Use)
            {
                case Use.Inner or Use.End:
                    parameter.Matrix!.Packed = Matrix(parameter.Matrix.Inputs, parameter.Matrix.Outputs, parameter.Matrix.Parts);
                    break;
                case Use.Kernel:
                    DepthwiseKernel kernel = parameter.Kernel!;
                    kernel.Set(Numbers(kernel.Outputs * kernel.Places, 1f / MathF.Sqrt(kernel.Places)), new float[kernel.Outputs]);
                    break;
                case Use.Plain: parameter.Set(Numbers((int)parameter.Count, 0.02f)); break;
                case Use.Table: parameter.Table = new RandomRows(); break;
            }
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

    private sealed class RandomRows : ITable
    {
        public void Read(int row, Span<float> destination) => destination.Fill(row % 7 * 0.01f);

        public void Dispose()
        {
        }
    }
}

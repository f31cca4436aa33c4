using System.Runtime.InteropServices;
using PureClip.Files;

namespace PureClip.Tests.Support;

/// <summary>What an independent program computes with the tiny model: inputs, and embeddings of length 1 (tools/golden).</summary>
internal sealed class TinyReference
{
    /// <summary>Numbers of an embedding.</summary>
    public const int Width = 16;

    /// <summary>
    /// Largest difference of a number of an embedding. The reference is computed in float64; PyTorch in F32 is 2.6e-7 away from it, and
    /// other orders of summation may be some times as far.
    /// </summary>
    public const float Tolerance = 2e-6f;

    private TinyReference(string activation)
    {
        using SafetensorsFile inputs = Open("quick_gelu"), values = Open(activation);
        Pixels = Read(inputs, "input.pixels");
        int[] ids = ReadInts(inputs, "input.ids");
        int first = 0;
        Texts = Array.ConvertAll(ReadInts(inputs, "input.lengths"), length => ids[first..(first += length)]);
        Images = Rows(Read(values, "vision.normalized"));
        TextEmbeddings = Rows(Read(values, "text.normalized"));
    }

    /// <summary>[pictures, 3, 32, 32], normalised.</summary>
    public float[] Pixels { get; }

    /// <summary>Token ids of the texts, start and end included.</summary>
    public int[][] Texts { get; }

    /// <summary>[pictures][width]</summary>
    public float[][] Images { get; }

    /// <summary>[texts][width]</summary>
    public float[][] TextEmbeddings { get; }

    /// <summary>The results with an activation: quick_gelu, gelu or gelu_pytorch_tanh.</summary>
    public static TinyReference Of(string activation = "quick_gelu") => new(activation);

    /// <summary>Fails unless a model's picture embeddings are the reference's.</summary>
    public void AssertImagesOf(Clip clip) => AssertClose(Images, EncodeImages(clip));

    /// <summary>Fails unless a model's text embeddings are the reference's.</summary>
    public void AssertTextsOf(Clip clip) => AssertClose(TextEmbeddings, EncodeTexts(clip));

    /// <summary>A model's embeddings of the reference's pictures.</summary>
    public float[][] EncodeImages(Clip clip)
    {
        float[] embeddings = new float[Images.Length * Width];
        clip.EncodePixels(Pixels, Images.Length, embeddings);
        return Rows(embeddings);
    }

    /// <summary>A model's embeddings of the reference's texts.</summary>
    public float[][] EncodeTexts(Clip clip) => Array.ConvertAll(Texts, ids =>
    {
        float[] embedding = new float[Width];
        clip.EncodeTokens(ids, embedding);
        return embedding;
    });

    private static void AssertClose(float[][] expected, float[][] actual)
    {
        for (int i = 0; i < expected.Length; i++)
            for (int j = 0; j < Width; j++)
                Assert.True(MathF.Abs(expected[i][j] - actual[i][j]) <= Tolerance,
                    $"Embedding {i}, number {j}: expected {expected[i][j]:R}, found {actual[i][j]:R}; allowed is a difference of {Tolerance:R}.");
    }

    private static SafetensorsFile Open(string activation) =>
        SafetensorsFile.Open(Path.Combine(TestData.Root, "tests", "PureClip.Tests", "Golden", "tiny", $"{activation}.golden.safetensors"));

    private static float[] Read(SafetensorsFile file, string name)
    {
        float[] numbers = new float[file[name].ElementCount];
        file.ReadFloats(file[name], numbers);
        return numbers;
    }

    private static int[] ReadInts(SafetensorsFile file, string name)
    {
        int[] numbers = new int[file[name].ElementCount];
        file.Read(file[name], 0, MemoryMarshal.AsBytes(numbers.AsSpan()));
        return numbers;
    }

    private static float[][] Rows(float[] numbers) => [.. numbers.Chunk(Width)];
}

using PureClip.Files;

namespace PureClip.Tests.Checkpoints;

/// <summary>Low-rank adapters in PEFT's files: the same model whatever the layout of the weights that they are merged into.</summary>
public sealed class LoraFileTests
{
    private static readonly (string Module, int Outputs, int Inputs)[] Modules =
    [
        ("vision_model.encoder.layers.1.self_attn.k_proj", 32, 32), ("vision_model.encoder.layers.1.self_attn.v_proj", 32, 32),
        ("vision_model.encoder.layers.0.mlp.fc2", 32, 128), ("visual_projection", 16, 32),
        ("text_model.encoder.layers.0.self_attn.q_proj", 24, 24), ("text_model.encoder.layers.1.self_attn.out_proj", 24, 24),
        ("text_projection", 16, 24),
    ];

    [Fact]
    public void A_merged_model_and_a_model_with_its_adapter_are_the_same_in_every_layout()
    {
        using TinyModel merged = TinyModel.HuggingFace(), huggingFace = TinyModel.HuggingFace(), openClip = TinyModel.OpenClip(),
            customText = TinyModel.OpenClip(customText: true);
        string adapter = Path.Combine(merged.Path, "adapter");
        Write(adapter);
        using Clip plain = huggingFace.Load();
        foreach ((string module, int outputs, int inputs) in Modules)
        {
            float[] w = merged.Tensors[$"{module}.weight"].Numbers, a = Numbers(3 * inputs, 1), b = Numbers(outputs * 3, 2);
            for (int output = 0; output < outputs; output++)
                for (int input = 0; input < inputs; input++)
                    for (int r = 0; r < 3; r++)
                        w[output * inputs + input] += 2f * b[output * 3 + r] * a[r * inputs + input];
        }
        using Clip expected = merged.Load();
        Assert.NotEqual(expected.Fingerprint, plain.Fingerprint);
        float[] text = expected.EncodeText("a red cat"), pixels = Numbers(3 * expected.Config.Vision!.ImageSize * expected.Config.Vision.ImageSize, 9),
            picture = Picture(expected, pixels);
        Assert.InRange(Similarity.Cosine(text, plain.EncodeText("a red cat")), -1, 0.99999f);
        foreach (TinyModel model in (TinyModel[])[huggingFace, openClip, customText])
        {
            model.Save();
            using Clip adapted = Clip.Load(model.Path, new() { Adapter = adapter }), read = Clip.Load(model.Path, new() { Adapter = adapter, ReadWeights = true });
            Assert.Equal(read.Fingerprint, adapted.Fingerprint);
            Assert.All(text.Zip(adapted.EncodeText("a red cat")), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
            Assert.All(picture.Zip(Picture(adapted, pixels)), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
            Assert.Equal(Picture(adapted, pixels), Picture(read, pixels));
        }
    }

    [Fact]
    public void What_is_missing_is_named()
    {
        using TinyModel model = TinyModel.HuggingFace();
        string adapter = Path.Combine(model.Path, "adapter");
        model.Save();
        Assert.Contains("no directory", Assert.Throws<DirectoryNotFoundException>(() => Clip.Load(model.Path, new() { Adapter = adapter })).Message);
        Write(adapter);
        File.Delete(Path.Combine(adapter, "adapter_config.json"));
        Assert.Contains("has no adapter_config.json", Refused(model, adapter));
        Write(adapter);
        SafetensorsWriter.Write(Path.Combine(adapter, "adapter_model.safetensors"),
            [TensorSource.FromFloats("base_model.model.text_projection.lora_A.weight", [3, 24], new float[72])]);
        Assert.Contains("without", Refused(model, adapter));
        SafetensorsWriter.Write(Path.Combine(adapter, "adapter_model.safetensors"),
            [TensorSource.FromFloats("base_model.model.text_projection.lora_magnitude_vector", [16], new float[16])]);
        Assert.Contains("no part of a low-rank adapter", Refused(model, adapter));
        SafetensorsWriter.Write(Path.Combine(adapter, "adapter_model.safetensors"),
        [
            TensorSource.FromFloats("base_model.model.text_projection.lora_A.weight", [3, 24], Enumerable.Repeat(float.NaN, 72).ToArray()),
            TensorSource.FromFloats("base_model.model.text_projection.lora_B.weight", [16, 3], new float[48]),
        ]);
        Assert.Contains("not finite", Refused(model, adapter));
    }

    private static string Refused(TinyModel model, string adapter) =>
        Assert.Throws<InvalidDataException>(() => Clip.Load(model.Path, new() { Adapter = adapter })).Message;

    private static void Write(string directory)
    {
        Directory.CreateDirectory(directory);
        File.WriteAllText(Path.Combine(directory, "adapter_config.json"), """{ "peft_type": "LORA", "r": 3, "lora_alpha": 6 }""");
        SafetensorsWriter.Write(Path.Combine(directory, "adapter_model.safetensors"), Modules.SelectMany(row => (TensorSource[])
        [
            TensorSource.FromFloats($"base_model.model.{row.Module}.lora_A.weight", [3, row.Inputs], Numbers(3 * row.Inputs, 1)),
            TensorSource.FromFloats($"base_model.model.{row.Module}.lora_B.weight", [row.Outputs, 3], Numbers(row.Outputs * 3, 2)),
        ]));
    }

    private static float[] Picture(Clip clip, float[] pixels)
    {
        float[] embedding = new float[clip.EmbeddingWidth];
        clip.EncodePixels(pixels, 1, embedding);
        return embedding;
    }

    private static float[] Numbers(int count, int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => 0.2f * ((float)random.NextDouble() - 0.5f))];
    }
}

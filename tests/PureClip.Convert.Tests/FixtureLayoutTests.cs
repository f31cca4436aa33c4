using PureClip.Convert.Tensors;

namespace PureClip.Convert.Tests;

/// <summary>One model in every layout in which CLIPs are published must read as the same numbers.</summary>
public sealed class FixtureLayoutTests
{
    private const string Tiny = "checkpoints/tiny";

    [FixtureTheory(Tiny)]
    [InlineData("openai/state_dict_legacy.pt")]
    [InlineData("openai/model_jit.pt")]
    [InlineData("openclip/open_clip_pytorch_model.bin")]
    public void Layouts_with_openais_names_agree(string file) => Agree(Read($"{Tiny}/openai/state_dict.pt"), Read($"{Tiny}/{file}"));

    [FixtureFact(Tiny)]
    public void Onnx_graphs_give_openais_names_and_numbers()
    {
        Dictionary<string, float[]> expected = Read($"{Tiny}/openai/state_dict.pt");
        expected.Remove("logit_scale"); // the graphs of the two towers have none
        Agree(expected, Read($"{Tiny}/onnx/vision_model.onnx", $"{Tiny}/onnx/text_model.onnx"));
    }

    [FixtureFact(Tiny)]
    public void Hugging_face_splits_query_key_and_value_and_transposes_projections()
    {
        Dictionary<string, float[]> openai = Read($"{Tiny}/openai/state_dict.pt"), huggingFace = Read($"{Tiny}/hfbin/pytorch_model.bin");
        const string layer = "vision_model.encoder.layers.1.self_attn.";
        float[] stacked = [.. huggingFace[layer + "q_proj.weight"], .. huggingFace[layer + "k_proj.weight"], .. huggingFace[layer + "v_proj.weight"]];
        Assert.Equal(openai["visual.transformer.resblocks.1.attn.in_proj_weight"], stacked);
        Assert.Equal(openai["visual.proj"], Transposed(huggingFace["visual_projection.weight"], rows: 64));
    }

    private static void Agree(Dictionary<string, float[]> expected, Dictionary<string, float[]> actual)
    {
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal));
        Assert.All(expected, pair => Assert.True(pair.Value.AsSpan().SequenceEqual(actual[pair.Key]), pair.Key));
    }

    private static Dictionary<string, float[]> Read(params string[] files)
    {
        Dictionary<string, float[]> tensors = [];
        foreach (string file in files)
        {
            using SourceCheckpoint checkpoint = CheckpointOpener.OpenFile(Fixtures.PathOf(file));
            foreach (SourceTensor tensor in checkpoint.Tensors)
                tensor.ReadSingles(0, tensors[tensor.Name] = new float[tensor.ElementCount]);
        }
        return tensors;
    }

    private static float[] Transposed(float[] matrix, int rows)
    {
        int columns = matrix.Length / rows;
        float[] result = new float[matrix.Length];
        for (int i = 0; i < matrix.Length; i++)
            result[i % columns * rows + i / columns] = matrix[i];
        return result;
    }
}

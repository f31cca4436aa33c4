using System.Text.Json;
using PureClip.Files;

namespace PureClip.Train.Shipping;

/// <summary>
/// A CLIP as its paper has it, in double and in plain loops, from the files of a Hugging Face directory: it shares nothing with the engine but
/// the reading of tensors, and says what the engine's embeddings must be.
/// </summary>
internal sealed class PlainClip : IDisposable
{
    private readonly SafetensorsFile _file;
    private readonly Dictionary<string, double[]> _tensors = [];
    private readonly Tower _vision, _text;
    private readonly int _patch, _size, _end;

    private sealed record Tower(string Prefix, int Width, int Layers, int Heads, double Epsilon);

    /// <param name="directory">The directory.</param>
    public PlainClip(string directory)
    {
        _file = SafetensorsFile.Open(Path.Combine(directory, "model.safetensors"));
        using JsonDocument config = JsonDocument.Parse(File.ReadAllText(Path.Combine(directory, "config.json")));
        JsonElement vision = config.RootElement.GetProperty("vision_config"), text = config.RootElement.GetProperty("text_config");
        static Tower Read(string prefix, JsonElement tower) => new(
            prefix, tower.GetProperty("hidden_size").GetInt32(), tower.GetProperty("num_hidden_layers").GetInt32(),
            tower.GetProperty("num_attention_heads").GetInt32(), tower.GetProperty("layer_norm_eps").GetDouble());
        (_vision, _text) = (Read("vision_model", vision), Read("text_model", text));
        _patch = vision.GetProperty("patch_size").GetInt32();
        _size = vision.GetProperty("image_size").GetInt32();
        _end = text.GetProperty("eos_token_id").GetInt32();
    }

    /// <summary>What cosines are multiplied by, as its logarithm.</summary>
    public double LogitScale => Tensor("logit_scale")[0];

    /// <summary>A picture's vector of length 1.</summary>
    /// <param name="pixels">[3, size, size], normalised.</param>
    public double[] EncodeImage(ReadOnlySpan<float> pixels)
    {
        int across = _size / _patch, width = _vision.Width, area = _patch * _patch;
        double[] kernels = Tensor("vision_model.embeddings.patch_embedding.weight");
        List<double[]> rows = [[.. Tensor("vision_model.embeddings.class_embedding")]];
        for (int patch = 0; patch < across * across; patch++)
        {
            double[] row = new double[width];
            for (int output = 0; output < width; output++)
                for (int k = 0; k < 3 * area; k++)
                {
                    int y = patch / across * _patch + k % area / _patch, x = patch % across * _patch + k % _patch;
                    row[output] += kernels[output * 3 * area + k] * pixels[(k / area * _size + y) * _size + x];
                }
            rows.Add(row);
        }
        AddPositions(rows, Tensor("vision_model.embeddings.position_embedding.weight"));
        List<double[]> states = Blocks([.. rows.Select(row => Norm(row, "vision_model.pre_layrnorm", _vision))], _vision, isCausal: false);
        return Unit(Linear(Norm(states[0], "vision_model.post_layernorm", _vision), "visual_projection"));
    }

    /// <summary>A text's vector of length 1.</summary>
    /// <param name="ids">Its tokens.</param>
    public double[] EncodeText(ReadOnlySpan<int> ids)
    {
        double[] table = Tensor("text_model.embeddings.token_embedding.weight");
        List<double[]> rows = [];
        foreach (int id in ids)
            rows.Add(table[(id * _text.Width)..((id + 1) * _text.Width)]);
        AddPositions(rows, Tensor("text_model.embeddings.position_embedding.weight"));
        List<double[]> states = Blocks(rows, _text, isCausal: true);
        return Unit(Linear(Norm(states[ids.IndexOf(_end)], "text_model.final_layer_norm", _text), "text_projection"));
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private List<double[]> Blocks(List<double[]> rows, Tower tower, bool isCausal)
    {
        for (int layer = 0; layer < tower.Layers; layer++)
        {
            string name = $"{tower.Prefix}.encoder.layers.{layer}";
            List<double[]> normed = [.. rows.Select(row => Norm(row, $"{name}.layer_norm1", tower))];
            List<double[]> attended = Attention(normed, $"{name}.self_attn", tower.Heads, isCausal);
            for (int i = 0; i < rows.Count; i++)
            {
                rows[i] = Sum(rows[i], Linear(attended[i], $"{name}.self_attn.out_proj"));
                double[] hidden = Linear(Norm(rows[i], $"{name}.layer_norm2", tower), $"{name}.mlp.fc1");
                rows[i] = Sum(rows[i], Linear(Array.ConvertAll(hidden, static x => x / (1 + Math.Exp(-1.702 * x))), $"{name}.mlp.fc2"));
            }
        }
        return rows;
    }

    private List<double[]> Attention(List<double[]> rows, string name, int heads, bool isCausal)
    {
        double[][] q = Projected("q_proj"), k = Projected("k_proj"), v = Projected("v_proj");
        int width = q[0].Length, each = width / heads;
        List<double[]> result = [];
        for (int i = 0; i < rows.Count; i++)
        {
            double[] row = new double[width];
            int seen = isCausal ? i + 1 : rows.Count;
            for (int from = 0; from < width; from += each)
            {
                double[] weights = new double[seen];
                for (int j = 0; j < seen; j++)
                    for (int channel = from; channel < from + each; channel++)
                        weights[j] += q[i][channel] * k[j][channel] / Math.Sqrt(each);
                double most = weights.Max(), sum = weights.Sum(weight => Math.Exp(weight - most));
                for (int j = 0; j < seen; j++)
                    for (int channel = from; channel < from + each; channel++)
                        row[channel] += Math.Exp(weights[j] - most) / sum * v[j][channel];
            }
            result.Add(row);
        }
        return result;

        double[][] Projected(string which) => [.. rows.Select(row => Linear(row, $"{name}.{which}"))];
    }

    private double[] Linear(double[] row, string name)
    {
        double[] weights = Tensor($"{name}.weight");
        double[] result = _file.TryGet($"{name}.bias", out _) ? [.. Tensor($"{name}.bias")] : new double[weights.Length / row.Length];
        for (int output = 0; output < result.Length; output++)
            for (int input = 0; input < row.Length; input++)
                result[output] += weights[output * row.Length + input] * row[input];
        return result;
    }

    private double[] Norm(double[] row, string name, Tower tower)
    {
        double[] gain = Tensor($"{name}.weight"), bias = Tensor($"{name}.bias");
        double mean = row.Average(), variance = row.Average(x => (x - mean) * (x - mean));
        return [.. row.Select((x, i) => (x - mean) / Math.Sqrt(variance + tower.Epsilon) * gain[i] + bias[i])];
    }

    private static void AddPositions(List<double[]> rows, double[] positions)
    {
        for (int i = 0; i < rows.Count; i++)
            rows[i] = Sum(rows[i], positions.AsSpan(i * rows[i].Length, rows[i].Length).ToArray());
    }

    private static double[] Sum(double[] a, double[] b) => [.. a.Zip(b, static (x, y) => x + y)];

    private static double[] Unit(double[] row)
    {
        double length = Math.Sqrt(row.Sum(static x => x * x));
        return Array.ConvertAll(row, x => x / length);
    }

    private double[] Tensor(string name)
    {
        if (_tensors.TryGetValue(name, out double[]? tensor))
            return tensor;
        TensorInfo info = _file[name];
        float[] numbers = new float[info.Shape.Aggregate(1L, static (count, size) => count * size)];
        _file.ReadFloats(info, numbers);
        return _tensors[name] = Array.ConvertAll(numbers, static number => (double)number);
    }
}

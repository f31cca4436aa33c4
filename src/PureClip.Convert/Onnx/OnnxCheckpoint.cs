using PureClip.Convert.Tensors;
using PureClip.Files;

namespace PureClip.Convert.Onnx;

/// <summary>ONNX exports of CLIP and SigLIP: one graph with both towers, or one graph for each tower.</summary>
internal static class OnnxCheckpoint
{
    /// <summary>The container's name.</summary>
    public const string Container = "ONNX";

    /// <summary>What to do where tensors are missing.</summary>
    public const string Remedy =
        "\nPrograms that optimise graphs cut tensors up and take their names. Use the export as it was made, or the original weights.";

    /// <summary>Opens the graphs of one model.</summary>
    /// <param name="files">The ONNX files; owned by the result, or by the caller where this fails.</param>
    /// <exception cref="InvalidDataException">A file breaks a rule of the format, or the weights are in an unsupported form.</exception>
    public static SourceCheckpoint Open(params IReadOnlyList<Lease> files)
    {
        List<Lease> opened = [.. files];
        List<ExternalDataFiles> externals = [];
        try
        {
            return Read(files, opened, externals);
        }
        catch
        {
            externals.ForEach(static e => e.Dispose());
            throw;
        }
    }

    private static SourceCheckpoint Read(IReadOnlyList<Lease> files, List<Lease> opened, List<ExternalDataFiles> externals)
    {
        Dictionary<string, SourceTensor> tensors = new(StringComparer.Ordinal);
        List<KeyValuePair<string, string>> metadata = [];
        List<string> notes = [];
        SourceFacts? facts = null;
        foreach (Lease file in files)
        {
            OnnxModel model = OnnxModel.Parse(file);
            ExternalDataFiles external = new(file);
            externals.Add(external);
            OnnxValues values = new(model.Graph, new OnnxTensorReader(model, external));
            OnnxTowers towers = new(model.Graph, values);
            OnnxWeights weights = OnnxWeights.Collect(model.Graph, values, towers);
            foreach (SourceTensor tensor in weights.Tensors)
                tensors.TryAdd(tensor.Name, tensor); // the logit scale may be in both
            facts = Merge(facts, OnnxGraphFacts.Read(model.Graph, values, towers));
            notes.AddRange(weights.Notes);
            metadata.Add(new("ONNX producer", model.Producer));
            metadata.Add(new("ONNX operator sets", string.Join(", ", model.OperatorSets)));
            opened.AddRange(external.Files);
        }
        if (tensors.Count == 0)
            Problem.InvalidData($"{files[0].Path} has no parameters that could be recognised.");
        bool scaleMissing = !tensors.ContainsKey("logit_scale");
        if (scaleMissing)
            notes.Add("The graphs have no logit_scale; 100 (its logarithm is 4.6052), which every released CLIP has, is to be assumed.");
        SourceCheckpoint checkpoint = new(Container, opened, [.. tensors.Values])
        {
            Notes = notes,
            Facts = facts! with { LogitScaleMissing = scaleMissing },
        };
        checkpoint.Metadata.AddRange(metadata);
        return checkpoint;
    }

    private static SourceFacts Merge(SourceFacts? first, SourceFacts second) => first is null ? second : new SourceFacts
    {
        Vision = Merge(first.Vision, second.Vision),
        Text = Merge(first.Text, second.Text),
        TextPooling = first.TextPooling ?? second.TextPooling,
        EndOfTextId = first.EndOfTextId ?? second.EndOfTextId,
        OutputsNormalized = first.OutputsNormalized is true || second.OutputsNormalized is true,
        PatchSize = first.PatchSize ?? second.PatchSize,
    };

    private static TowerFacts Merge(TowerFacts first, TowerFacts second) => new()
    {
        Gelu = first.Gelu ?? second.Gelu,
        LayerNormEps = first.LayerNormEps ?? second.LayerNormEps,
    };
}

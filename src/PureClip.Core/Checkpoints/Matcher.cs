using System.Text;
using PureClip.Files;
using PureClip.Model;

namespace PureClip.Checkpoints;

/// <summary>A tensor of a checkpoint of any format, as far as matching needs it.</summary>
/// <param name="Name">Its name in the checkpoint, with whatever stands before all of them.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Fault">Why its numbers cannot be used, as in "expected F32 or F16, found I32"; null where they can.</param>
internal sealed record TensorHead(string Name, long[] Shape, string? Fault = null);

/// <summary>
/// Which tensors of a checkpoint are which of a model's. The dialect is the column of names that finds most; then every tensor is used,
/// ignored by name, or reported: a checkpoint has to hold exactly the model.
/// </summary>
internal sealed class Matcher
{
    // A file may have a million tensors that nobody knows.
    private const int MostCompared = 2_000;

    private readonly Dictionary<string, string[]> _found = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _canonicalNames = new(StringComparer.Ordinal);
    private readonly List<(string Name, string Reason)> _unused = [];
    private readonly List<string> _missing = [], _misfits = [];
    private readonly List<TensorHead> _unknown = [];

    private Matcher(Dialect dialect) => Dialect = dialect;

    /// <summary>In whose words the checkpoint speaks.</summary>
    public Dialect Dialect { get; }

    /// <summary>What each tensor in use is, by its name in the checkpoint.</summary>
    public IReadOnlyDictionary<string, string> CanonicalNames => _canonicalNames;

    /// <summary>Tensors that are there and not used, with the reason.</summary>
    public IReadOnlyList<(string Name, string Reason)> Unused => _unused;

    /// <summary>Names that the checkpoint should have and has not.</summary>
    public IReadOnlyList<string> Missing => _missing;

    /// <summary>Tensors that the model does not have.</summary>
    public IReadOnlyList<TensorHead> Unknown => _unknown;

    /// <summary>
    /// What does not fit, under headings with a line for each tensor; empty where the checkpoint holds exactly the model.
    /// </summary>
    public string Problems
    {
        get
        {
            StringBuilder problems = new();
            Problem.AppendList(problems, _misfits, "tensors that do not fit", static line => line);
            Problem.AppendList(problems, _missing, $"missing tensors ({Dialect} names)", WithNearest);
            Problem.AppendList(
                problems, _unknown, "tensors that this model does not have",
                static head => $"{Problem.Quote(head.Name)} [{string.Join(", ", head.Shape)}]");
            return problems.ToString();
        }
    }

    /// <summary>
    /// The tensors of a parameter in the checkpoint: one, or those that are stacked in it; an empty name stands for zeros.
    /// </summary>
    public IReadOnlyList<string> NamesOf(Parameter parameter) => _found[parameter.Name];

    /// <summary>Matches a checkpoint with a model.</summary>
    /// <param name="towers">The model.</param>
    /// <param name="tensors">By bare name: without what stands before all of them.</param>
    /// <returns>The match, with its <see cref="Problems"/>; null where no tensor is named as in any dialect.</returns>
    public static Matcher? Match(Towers towers, IReadOnlyDictionary<string, TensorHead> tensors)
    {
        if (Names.DialectOf(tensors.ContainsKey) is not Dialect dialect)
            return null;
        Matcher match = new(dialect);
        Dictionary<string, TensorHead> rest = new(tensors, StringComparer.Ordinal);
        foreach (Parameter parameter in towers.Parameters)
            match.Take(parameter, rest);
        match.SortOut(rest, towers);
        return match;
    }

    /// <summary>The shape that a checkpoint has to have for one tensor of a parameter.</summary>
    /// <param name="parameter">The parameter.</param>
    /// <param name="source">What the checkpoint calls it.</param>
    /// <param name="index">Which of its tensors.</param>
    public static long[] ShapeOf(Parameter parameter, SourceName source, int index = 0)
    {
        long[] shape = parameter.Shape.ToArray();
        shape[0] = shape[0] / source.Shares.Sum() * source.Shares[index];
        if (source.IsTurned)
            Array.Reverse(shape);
        return shape;
    }

    private void Take(Parameter parameter, Dictionary<string, TensorHead> rest)
    {
        SourceName source = Names.Of(parameter.Name, Dialect) ?? new([parameter.Name], false);
        List<string> found = [];
        for (int i = 0; i < source.Names.Length; i++)
        {
            (string name, long[] shape) = (source.Names[i], ShapeOf(parameter, source, i));
            if (name.Length == 0)
                found.Add(name);
            else if (!rest.Remove(name, out TensorHead? tensor))
                _missing.Add(name);
            else if (!IsShape(tensor.Shape, shape, parameter.Use))
                _misfits.Add(
                    $"{tensor.Name}: expected [{string.Join(", ", shape)}] by the configuration, " +
                    $"found [{string.Join(", ", tensor.Shape)}]");
            else if (tensor.Fault is not null)
                _misfits.Add($"{tensor.Name}: {tensor.Fault}");
            else
            {
                found.Add(name);
                _canonicalNames[tensor.Name] = parameter.Name;
            }
        }
        _found[parameter.Name] = [.. found];
    }

    /// <summary>Rows of plain numbers may lie in more dimensions: [1, rows, columns], or [height, width, columns] of a grid.</summary>
    private static bool IsShape(long[] found, long[] expected, Use use) => found.AsSpan().SequenceEqual(expected)
        || (use == Use.Plain && found.Length > expected.Length && found[^1] == expected[^1]
            && found.Aggregate(1L, static (a, b) => a * b) == expected.Aggregate(1L, static (a, b) => a * b));

    /// <summary>What is left over: a scalar beside the towers, ignorable by name, of a tower that is not configured, or unknown.</summary>
    private void SortOut(Dictionary<string, TensorHead> rest, Towers towers)
    {
        foreach ((string name, TensorHead tensor) in rest)
        {
            if (name is Names.LogitScale or Names.LogitBias)
            {
                _canonicalNames[tensor.Name] = name;
                if (tensor.Shape.Aggregate(1L, static (count, size) => count * size) != 1)
                    _misfits.Add($"{tensor.Name}: expected one element, found [{string.Join(", ", tensor.Shape)}]");
                else if (tensor.Fault is not null)
                    _misfits.Add($"{tensor.Name}: {tensor.Fault}");
            }
            else if (Names.IsIgnorable(name))
                _unused.Add((tensor.Name, "carries nothing"));
            else if (towers.Vision is null && Names.IsOfVision(name))
                _unused.Add((tensor.Name, "belongs to the vision tower, which the configuration does not have"));
            else if (towers.Text is null && Names.IsOfText(name))
                _unused.Add((tensor.Name, "belongs to the text tower, which the configuration does not have"));
            else
                _unknown.Add(tensor);
        }
    }

    /// <summary>A missing name, and the unknown one that it may stand under.</summary>
    private string WithNearest(string name) =>
        Problem.Nearest(name, _unknown.Take(MostCompared).Select(static head => head.Name)) is string nearest
        ? $"{name} (there is {Problem.Quote(nearest)})"
        : name;
}

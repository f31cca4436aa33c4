using System.Globalization;
using System.Numerics.Tensors;
using Spectre.Console;

namespace PureClip.Cli.Output;

/// <summary>The beginning of each embedding, for a look.</summary>
internal sealed class EmbeddingTable(TextWriter output, bool isTerminal) : IEmbeddingWriter
{
    private const int Shown = 4;

    private readonly Table _table = Tables.New("input", "kind", "embedding", "#norm");

    public bool Streams => false;

    public void Add(string input, string kind, float[] embedding)
    {
        string first = string.Join("  ", embedding.Take(Shown).Select(number => number.ToString("0.0000", CultureInfo.InvariantCulture).PadLeft(7)));
        string norm = TensorPrimitives.Norm<float>(embedding).ToString("0.0000", CultureInfo.InvariantCulture);
        string numbers = embedding.Length > Shown ? $"{first}  … {embedding.Length} numbers" : first;
        _table.Add(kind == "text" ? OneLine.Beginning(input) : input, kind, numbers, norm);
    }

    public void Finish() => Tables.Write(output, isTerminal, _table);
}

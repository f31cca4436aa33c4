using System.Numerics.Tensors;

namespace PureClip.Search;

/// <summary>Chosen rows of a matrix, as vectors of length 1.</summary>
/// <param name="matrix">The matrix.</param>
/// <param name="rows">Which rows; null for all of them.</param>
internal readonly struct RowList(VectorMatrix matrix, int[]? rows = null)
{
    /// <summary>How many.</summary>
    public int Count => rows?.Length ?? checked((int)matrix.Count);

    /// <summary>Numbers of a vector.</summary>
    public int Width => matrix.Width;

    /// <summary>Reads a vector and gives it length 1; one of zeros stays that.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1.</param>
    /// <param name="destination">[<see cref="Width"/>]</param>
    public void Read(int index, Span<float> destination)
    {
        VectorRow.Read(matrix.Type, matrix[rows is null ? index : rows[index]], destination);
        float norm = TensorPrimitives.Norm(destination);
        if (norm > 0f)
            TensorPrimitives.Divide(destination, norm, destination);
    }

    /// <summary>Some of them.</summary>
    /// <param name="indices">Which, 0 to <see cref="Count"/> - 1.</param>
    public RowList Select(IEnumerable<int> indices)
    {
        int[]? all = rows;
        return new(matrix, [.. indices.Select(index => all is null ? index : all[index])]);
    }
}

using System.Numerics.Tensors;
using PureClip.Memory;

namespace PureClip.Model;

/// <summary>A table of positions for another grid: interpolated as the named programs do it, in double precision.</summary>
/// <remarks>
/// torch's interpolate with align_corners false: the cubic of Keys 1981 with a = −0.75, or −0.5 where it antialiases, which widens the filter
/// by the scale where the grid becomes smaller. Without antialiasing a sample beyond the edge is the edge's; with it the weights inside are
/// divided by their sum.
/// </remarks>
internal static class PositionTable
{
    // As far as CLIP's text positions were trained well, by Long-CLIP's measurement.
    private const int KeptPositions = 20;

    /// <summary>The table for the grid of a tower.</summary>
    /// <param name="table">[class tokens + trained grid², width]</param>
    /// <param name="c">The tower.</param>
    /// <returns>[class tokens + grid², width]; the class token's row stays.</returns>
    public static float[] Resize(ReadOnlySpan<float> table, VisionTransformerConfig c)
    {
        int width = c.Transformer.Width, kept = c.ClassPositions * width;
        float[] result = new float[kept + (long)c.Grid * c.Grid * width];
        table[..kept].CopyTo(result);
        Resize(table[kept..], c.TrainedGrid, c.TrainedGrid, c.PositionRule, c.Grid, c.Grid, result.AsSpan(kept));
        return result;
    }

    /// <summary>The table of a text tower for longer texts.</summary>
    /// <param name="table">[trained length, width]</param>
    /// <param name="c">The tower.</param>
    /// <returns>[length, width]</returns>
    /// <remarks>
    /// Long-CLIP's model_longclip.py: rows 0 to 19 stay, each gap behind them is divided, and the last rows go on as the last gap did. Evenly:
    /// open_clip's resize_text_pos_embed.
    /// </remarks>
    public static float[] Stretch(ReadOnlySpan<float> table, TextConfig c)
    {
        int width = c.Transformer.Width, old = c.TrainedContextLength, length = c.ContextLength;
        float[] result = new float[(long)length * width];
        if (c.PositionRule == TextPositionRule.Linear)
        {
            Resize(table, old, 1, PositionRule.BilinearAntialiased, length, 1, result);
            return result;
        }
        int kept = Math.Min(KeptPositions, old - 2);
        for (int row = 0; row < length; row++)
        {
            double place = row < kept ? row : kept + (double)(row - kept) * (old - kept) / (length - kept);
            int first = Math.Min((int)place, old - 1), last = Math.Min(first, old - 2); // the row, and the gap that is gone on with
            ReadOnlySpan<float> from = table.Slice(first * width, width), gap = table.Slice(last * width, 2 * width);
            for (int i = 0; i < width; i++)
                result[row * width + i] = (float)(from[i] + (place - first) * ((double)gap[width + i] - gap[i]));
        }
        return result;
    }

    /// <summary>The table of one grid for another.</summary>
    /// <param name="table">[rows · columns, width]</param>
    /// <param name="rows">Rows of its grid.</param>
    /// <param name="columns">Columns of its grid.</param>
    /// <param name="rule">How.</param>
    /// <param name="newRows">Rows of the other grid.</param>
    /// <param name="newColumns">Columns of the other grid.</param>
    /// <param name="result">[new rows · new columns, width]</param>
    public static void Resize(
        ReadOnlySpan<float> table, int rows, int columns, PositionRule rule, int newRows, int newColumns, Span<float> result)
    {
        int width = table.Length / (rows * columns);
        (int First, double[] Weights)[] down = Axis(rows, newRows, rule), across = Axis(columns, newColumns, rule);
        double[] sums = new double[width];
        for (int row = 0; row < newRows; row++)
            for (int column = 0; column < newColumns; column++)
            {
                Array.Clear(sums);
                for (int i = 0; i < down[row].Weights.Length; i++)
                    for (int j = 0; j < across[column].Weights.Length; j++)
                    {
                        int y = Math.Clamp(down[row].First + i, 0, rows - 1), x = Math.Clamp(across[column].First + j, 0, columns - 1);
                        double weight = down[row].Weights[i] * across[column].Weights[j];
                        ReadOnlySpan<float> source = table.Slice((y * columns + x) * width, width);
                        for (int k = 0; k < width; k++)
                            sums[k] += weight * source[k];
                    }
                Span<float> destination = result.Slice((row * newColumns + column) * width, width);
                for (int k = 0; k < width; k++)
                    destination[k] = (float)sums[k];
            }
    }

    /// <summary>A square table for a grid of other proportions, without allocating.</summary>
    /// <param name="table">[side², width]</param>
    /// <param name="side">Rows and columns of its grid.</param>
    /// <param name="rule">How.</param>
    /// <param name="rows">Rows of the other grid.</param>
    /// <param name="columns">Columns of the other grid.</param>
    /// <param name="result">[rows · columns, width]</param>
    public static void Resize(ReadOnlySpan<float> table, int side, PositionRule rule, int rows, int columns, MatrixView result)
    {
        int width = result.Columns;
        Span<double> down = stackalloc double[MostTaps(side)], across = stackalloc double[MostTaps(side)];
        for (int row = 0; row < rows; row++)
        {
            int top = Taps(side, rows, rule, row, down, out int tall);
            for (int column = 0; column < columns; column++)
            {
                int left = Taps(side, columns, rule, column, across, out int wide);
                Span<float> destination = result.RowSpan(row * columns + column);
                destination.Clear();
                for (int i = 0; i < tall; i++)
                    for (int j = 0; j < wide; j++)
                    {
                        int place = Math.Clamp(top + i, 0, side - 1) * side + Math.Clamp(left + j, 0, side - 1);
                        TensorPrimitives.MultiplyAdd(
                            table.Slice(place * width, width), (float)(down[i] * across[j]), destination, destination);
                    }
            }
        }
    }

    /// <summary>Old places that count for a new one at most: four widths of the filter's half, and the ends.</summary>
    private static int MostTaps(int size) => 4 * size + 8;

    /// <summary>For each new place the first old one that counts, and the weights from there on.</summary>
    private static (int First, double[] Weights)[] Axis(int size, int newSize, PositionRule rule)
    {
        double[] weights = new double[MostTaps(size)];
        return [.. Enumerable.Range(0, newSize).Select(place =>
        {
            int first = Taps(size, newSize, rule, place, weights, out int count);
            return (first, weights[..count]);
        })];
    }

    /// <summary>The first old place that counts for a new one.</summary>
    private static int Taps(int size, int newSize, PositionRule rule, int place, Span<double> weights, out int count)
    {
        bool isCubic = rule is PositionRule.Bicubic or PositionRule.BicubicAntialiased;
        bool smooths = rule is PositionRule.BicubicAntialiased or PositionRule.BilinearAntialiased;
        double scale = (double)size / newSize, stretch = smooths ? Math.Max(scale, 1) : 1, reach = (isCubic ? 2 : 1) * stretch;
        double centre = (place + 0.5) * scale, sum = 0;
        int first = (int)Math.Floor(centre - reach + 0.5), end = (int)Math.Floor(centre + reach + 0.5);
        if (smooths)
            (first, end) = (Math.Max(first, 0), Math.Min(end, size));
        count = end - first;
        for (int i = 0; i < count; i++)
        {
            double x = Math.Abs((first + i + 0.5 - centre) / stretch);
            weights[i] = isCubic ? Cubic(x, smooths ? -0.5 : -0.75) : Math.Max(0, 1 - x);
            sum += weights[i];
        }
        for (int i = 0; i < count; i++)
            weights[i] /= sum;
        return first;
    }

    private static double Cubic(double x, double a) => x switch
    {
        < 1 => ((a + 2) * x - (a + 3)) * x * x + 1,
        < 2 => a * (((x - 5) * x + 8) * x - 4),
        _ => 0,
    };
}

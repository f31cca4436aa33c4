using PureClip.Kernels;
using PureClip.Memory;

namespace PureClip.Tests.Kernels;

public sealed unsafe class TransposeTests
{
    private const float Untouched = -1f;

    [Fact]
    public void Rows_become_columns_and_nothing_else_is_written()
    {
        int[] sizes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 17, 65];
        foreach (int rows in sizes)
            foreach (int columns in sizes)
                foreach (int gap in (int[])[0, 3])
                    Check(rows, columns, gap);
    }

    private static void Check(int rows, int columns, int gap)
    {
        int fromStride = columns + gap, toStride = rows + gap;
        using AlignedBuffer from = new((long)rows * fromStride), to = new((long)columns * toStride + 16);
        Matrices.Random((int)from.Length, 1).CopyTo(new Span<float>(from.Pointer, (int)from.Length));
        new Span<float>(to.Pointer, (int)to.Length).Fill(Untouched);

        Transpose.Run(from.Pointer, fromStride, rows, columns, to.Pointer, toStride);

        for (int i = 0; i < to.Length; i++)
        {
            int column = toStride == 0 ? columns : i / toStride, row = toStride == 0 ? 0 : i % toStride;
            float expected = column < columns && row < rows ? from.Pointer[row * fromStride + column] : Untouched;
            Assert.True(expected == to.Pointer[i], $"{rows} x {columns}, gap {gap}: number {i} is {to.Pointer[i]}, not {expected}.");
        }
    }
}

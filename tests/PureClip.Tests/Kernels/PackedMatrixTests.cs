using PureClip.Kernels;

namespace PureClip.Tests.Kernels;

public unsafe class PackedMatrixTests
{
    [Theory]
    [InlineData(5, 7, 4, 3)]
    [InlineData(300, 40, 32, 256)]
    [InlineData(512, 16, 16, 256)]
    public void Both_orders_of_weights_pack_to_the_same_panels(int inputs, int outputs, int nr, int kc)
    {
        float[] weights = Matrices.Random(inputs * outputs, 1);
        float[] transposed = new float[weights.Length];
        for (int o = 0; o < outputs; o++)
            for (int i = 0; i < inputs; i++)
                transposed[i * outputs + o] = weights[o * inputs + i];
        using PackedMatrix a = new(inputs, outputs, 1, nr, kc), b = new(inputs, outputs, 1, nr, kc);
        a.SetWeights(0, weights, WeightOrder.OutputsByInputs);
        b.SetWeights(0, transposed, WeightOrder.InputsByOutputs);
        int length = inputs * a.PaddedColumns;
        TensorAssert.SameBits(new(a.Panel(0, 0), length), new(b.Panel(0, 0), length));
    }

    [Fact]
    public void A_panel_holds_its_columns_row_by_row_and_zeros_beyond_the_last()
    {
        using PackedMatrix b = new(inputs: 3, outputs: 5, parts: 1, nr: 4, kc: 2);
        b.SetWeights(0, [.. Enumerable.Range(0, 15).Select(i => (float)i)], WeightOrder.OutputsByInputs); // w[o, i] = 3·o + i
        Assert.Equal([0, 3, 6, 9, 1, 4, 7, 10], new Span<float>(b.Panel(0, 0), 8).ToArray());
        Assert.Equal([12, 0, 0, 0, 13, 0, 0, 0], new Span<float>(b.Panel(0, 1), 8).ToArray());
        Assert.Equal([2, 5, 8, 11], new Span<float>(b.Panel(2, 0), 4).ToArray());
        Assert.Equal([14, 0, 0, 0], new Span<float>(b.Panel(2, 1), 4).ToArray());
    }

    [Fact]
    public void Weights_or_biases_of_another_size_are_refused()
    {
        using PackedMatrix b = new(3, 5, 1, 4, 2);
        Assert.Throws<ArgumentException>(() => b.SetWeights(0, new float[14], WeightOrder.OutputsByInputs));
        Assert.Throws<ArgumentException>(() => b.SetBias(0, new float[6]));
    }
}

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
        using PackedMatrix a = new(inputs, outputs, 1, F32(nr, kc)), b = new(inputs, outputs, 1, F32(nr, kc));
        a.SetWeights(0, weights, WeightOrder.OutputsByInputs);
        b.SetWeights(0, transposed, WeightOrder.InputsByOutputs);
        int length = inputs * a.PaddedColumns;
        TensorAssert.SameBits(Floats(a.Panel(0, 0), length), Floats(b.Panel(0, 0), length));
    }

    [Fact]
    public void A_panel_holds_its_columns_row_by_row_and_zeros_beyond_the_last()
    {
        using PackedMatrix b = new(inputs: 3, outputs: 5, parts: 1, F32(nr: 4, kc: 2));
        b.SetWeights(0, [.. Enumerable.Range(0, 15).Select(i => (float)i)], WeightOrder.OutputsByInputs); // w[o, i] = 3·o + i
        Assert.Equal([0, 3, 6, 9, 1, 4, 7, 10], Floats(b.Panel(0, 0), 8));
        Assert.Equal([12, 0, 0, 0, 13, 0, 0, 0], Floats(b.Panel(0, 1), 8));
        Assert.Equal([2, 5, 8, 11], Floats(b.Panel(2, 0), 4));
        Assert.Equal([14, 0, 0, 0], Floats(b.Panel(2, 1), 4));
    }

    [Fact]
    public void Weights_or_biases_of_another_size_are_refused()
    {
        using PackedMatrix b = new(3, 5, 1, F32(4, 2));
        Assert.Throws<ArgumentException>(() => b.SetWeights(0, new float[14], WeightOrder.OutputsByInputs));
        Assert.Throws<ArgumentException>(() => b.SetBias(0, new float[6]));
    }

    [Fact]
    public void Sixteen_bit_panels_hold_the_rounded_numbers_of_their_halves_in_turn()
    {
        float[] weights = [1f, 1.00390625f, 1.01171875f, -3.1415927f]; // 1, 1 + 2^-8 (a tie in BF16: down), 1 + 3·2^-8 (a tie: up), -π
        using PackedMatrix bf16 = new(1, 4, 1, new(WeightType.BF16, 4, 2, 4)), f16 = new(1, 4, 1, new(WeightType.F16, 4, 2, 4));
        bf16.SetWeights(0, weights, WeightOrder.OutputsByInputs);
        f16.SetWeights(0, weights, WeightOrder.OutputsByInputs);
        Assert.Equal([0x3F80, 0x3F82, 0x3F80, 0xC049], new Span<ushort>(bf16.Panel(0, 0), 4).ToArray());
        Assert.Equal([0x3C00, 0x3C0C, 0x3C04, 0xC248], new Span<ushort>(f16.Panel(0, 0), 4).ToArray());
    }

    /// <summary>0x7FFFFFFF, rounded as a number, would become minus zero.</summary>
    [Theory]
    [InlineData(WeightType.BF16)]
    [InlineData(WeightType.F16)]
    [InlineData(WeightType.Int8)]
    public void A_nan_is_refused_where_weights_get_narrower(WeightType type)
    {
        using PackedMatrix matrix = new(1, 4, 1, new(type, 4, 4, 4, type == WeightType.Int8 ? 4 : 1));
        float[] weights = [1f, 2f, BitConverter.UInt32BitsToSingle(0x7FFFFFFF), 3f];
        Assert.Contains("a weight is NaN",
            Assert.Throws<InvalidDataException>(() => matrix.SetWeights(0, weights, WeightOrder.OutputsByInputs)).Message);
    }

    [Theory]
    [InlineData(2, 0)]
    [InlineData(4, 128)]
    public void Integer_panels_hold_groups_scales_and_sums(int group, int offset)
    {
        // Column 0: 1, -2, 4, 0, 3 with unit 4/127; column 1: zeros. KC 4, so the second block holds one row, padded to 4.
        using PackedMatrix b = new(5, 2, 1, new(WeightType.Int8, Nr: 2, Kc: 4, ColumnUnit: 2, group, offset));
        b.SetWeights(0, [1, -2, 4, 0, 3, 0, 0, 0, 0, 0], WeightOrder.OutputsByInputs);
        Assert.Equal(4f / 127, b.Scales[0]);
        Assert.Equal(0f, b.Scales[1]);
        sbyte[] expected = group == 4 ? [32, -64, 127, 0, 0, 0, 0, 0] : [32, -64, 0, 0, 127, 0, 0, 0];
        Assert.Equal(expected, new Span<sbyte>(b.Panel(0, 0), 8).ToArray());
        Assert.Equal([95, 0, 0, 0, 0, 0, 0, 0], new Span<sbyte>(b.Panel(4, 0), 8).ToArray());
        Assert.Equal(offset * 95, *(int*)b.OffsetSums(0));
        Assert.Equal(offset * 95, *(int*)b.OffsetSums(4));
    }

    private static PanelLayout F32(int nr, int kc) => new(WeightType.F32, nr, kc, nr);

    private static float[] Floats(byte* panel, int count) => new Span<float>(panel, count).ToArray();
}

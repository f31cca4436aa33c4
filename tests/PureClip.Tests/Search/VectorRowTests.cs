namespace PureClip.Tests.Search;

/// <summary>A vector survives being stored, to the precision of its type.</summary>
public sealed class VectorRowTests
{
    [Theory]
    [InlineData(VectorType.F32, 0f)]
    [InlineData(VectorType.F16, 1f / 2048)] // half a unit of an 11-bit mantissa, relative to the number
    [InlineData(VectorType.Int8, 0.5f / 127)] // half a step, relative to the largest number
    public void Numbers_come_back_within_half_a_step(VectorType type, float tolerance)
    {
        foreach (int width in (int[])[1, 2, 7, 16, 257, 512])
        {
            float[] vector = new float[width], back = new float[width];
            Random random = new(width);
            for (int i = 0; i < width; i++)
                vector[i] = random.NextSingle() * 2 - 1;
            byte[] row = new byte[VectorRow.Bytes(type, width)];
            VectorRow.Write(type, vector, row);
            VectorRow.Read(type, row, back);
            for (int i = 0; i < width; i++)
                Assert.InRange(MathF.Abs(back[i] - vector[i]), 0f, tolerance * 1.0001f);
        }
    }

    [Theory]
    [InlineData(VectorType.F32, 2048)]
    [InlineData(VectorType.F16, 1024)]
    [InlineData(VectorType.Int8, 516)]
    public void Rows_have_the_documented_bytes(VectorType type, int expected) => Assert.Equal(expected, VectorRow.Bytes(type, 512));

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        Assert.Contains("65536", Assert.Throws<ArgumentException>(() => VectorRow.Write(VectorType.F16, [1f, -65536f], new byte[4])).Message);
        Assert.Throws<ArgumentException>(() => VectorRow.Write(VectorType.F32, [1f], new byte[8]));
        Assert.Throws<ArgumentException>(() => VectorRow.Read(VectorType.Int8, new byte[4], new float[1]));
        Assert.Throws<OverflowException>(() => VectorRow.Bytes(VectorType.F32, int.MaxValue));
    }

    [Fact]
    public void A_vector_of_zeros_stays_one()
    {
        byte[] row = new byte[VectorRow.Bytes(VectorType.Int8, 3)];
        VectorRow.Write(VectorType.Int8, new float[3], row);
        float[] back = [1f, 1f, 1f];
        VectorRow.Read(VectorType.Int8, row, back);
        Assert.Equal(new float[3], back);
    }
}

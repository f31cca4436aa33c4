using PureClip.Convert.Mapping;
using PureClip.Convert.Output;
using PureClip.Convert.Tensors;
using PureClip.Convert.Tests.Support;
using PureClip.Files;

namespace PureClip.Convert.Tests.Output;

public sealed class WeightsFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_number_that_is_too_large_is_refused_with_its_tensor_and_another_type()
    {
        string message = Assert.Throws<InvalidDataException>(() => Write(WeightType.F16, 1f, 70_000f)).Message;
        Assert.Equal("'x' has the number 70000, which is too large for F16. Choose BF16 or F32.", message);
        Assert.Empty(Directory.GetFiles(_directory.Root));
    }

    [Theory]
    [InlineData(null, float.NaN, "NaN")]
    [InlineData(null, float.PositiveInfinity, "infinite")]
    [InlineData(WeightType.F32, float.NaN, "NaN")]
    [InlineData(WeightType.F16, float.NegativeInfinity, "infinite")]
    [InlineData(WeightType.BF16, float.NaN, "NaN")]
    [InlineData(WeightType.Int8, float.PositiveInfinity, "infinite")]
    public void What_is_no_number_is_refused_with_its_tensor_and_place(WeightType? type, float value, string what)
    {
        Assert.StartsWith($"'x': number 1 is {what}.", Assert.Throws<InvalidDataException>(() => Write(type, 1f, value)).Message);
        Assert.Empty(Directory.GetFiles(_directory.Root));
    }

    [Theory]
    [InlineData(1e300, "number 1 is 1E+300, too large for single precision")]
    [InlineData(double.NaN, "number 1 is NaN")]
    [InlineData(double.NegativeInfinity, "number 1 is infinite")]
    public void A_double_that_no_single_holds_is_refused_though_its_type_is_kept(double value, string message)
    {
        StridedTensor source = new("x", NumberType.F64, [2], Lease.FromBytes([.. BitConverter.GetBytes(1.0), .. BitConverter.GetBytes(value)]), 0);
        OutputTensor tensor = new("vision.blocks.3.ln_1.weight", "x", [2], source, 0);
        Assert.Contains(message, Assert.Throws<InvalidDataException>(() => new WeightsFile(null).Write(Path.Combine(_directory.Root, "w"), [tensor], null, default)).Message);
    }

    [Fact]
    public void The_largest_and_the_mean_error_are_those_of_the_formula()
    {
        RoundingError error = Write(WeightType.F16, 1f, 1 + 1f / 4096, 1 + 1f / 8192).Single(); // both go down to 1
        Assert.Equal(("vision.blocks.3", 1.0 / 4096, (1.0 / 4096 + 1.0 / 8192) / 3), (error.Group, error.Largest, error.Mean));
    }

    [Fact]
    public void A_scalar_is_not_narrowed()
    {
        StridedTensor scale = new("logit_scale", NumberType.F32, [], Lease.FromBytes(BitConverter.GetBytes(4.6051702f)), 0);
        string path = Path.Combine(_directory.Root, "w");
        new WeightsFile(WeightType.BF16).Write(path, [new OutputTensor("logit_scale", "logit_scale", [], scale, 0)], null, default);
        using SourceCheckpoint written = CheckpointOpener.OpenFile(path);
        Assert.Equal(NumberType.F32, written.Tensors.Single().Type);
    }

    [Fact]
    public void Blocks_are_listed_by_number() => Assert.Equal(
        ["text.blocks.2", "text.blocks.10", "vision"],
        new[] { "vision", "text.blocks.10", "text.blocks.2" }.Order(LayerOrder.Instance));

    private IEnumerable<RoundingError> Write(WeightType? dtype, params float[] values)
    {
        byte[] bytes = [.. values.SelectMany(BitConverter.GetBytes)];
        StridedTensor source = new("x", NumberType.F32, [values.Length], Lease.FromBytes(bytes), 0);
        WeightsFile file = new(dtype);
        file.Write(Path.Combine(_directory.Root, "w"), [new OutputTensor("vision.blocks.3.ln_1.weight", "x", [values.Length], source, 0)], null, default);
        return file.Errors;
    }
}

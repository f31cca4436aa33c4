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
    [InlineData(WeightType.F16)]
    [InlineData(WeightType.BF16)]
    public void What_is_no_number_is_refused_with_its_tensor_where_numbers_get_narrower(WeightType type)
    {
        Assert.StartsWith("'x': a weight is NaN.", Assert.Throws<InvalidDataException>(() => Write(type, 1f, float.NaN)).Message);
        Assert.Empty(Directory.GetFiles(_directory.Root));
        Assert.Empty(Write(WeightType.F32, 1f, float.NaN));
    }

    [Fact]
    public void Infinities_of_the_source_stay() => Assert.Equal(0, Write(WeightType.F16, 1f, float.PositiveInfinity).Single().Largest);

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

    private IEnumerable<RoundingError> Write(WeightType dtype, params float[] values)
    {
        byte[] bytes = [.. values.SelectMany(BitConverter.GetBytes)];
        StridedTensor source = new("x", NumberType.F32, [values.Length], Lease.FromBytes(bytes), 0);
        WeightsFile file = new(dtype);
        file.Write(Path.Combine(_directory.Root, "w"), [new OutputTensor("vision.blocks.3.ln_1.weight", "x", [values.Length], source, 0)], null, default);
        return file.Errors;
    }
}

namespace PureClip.Tests;

public class RuntimeTests
{
    [Fact]
    public void Models_share_one_runtime_unless_they_are_asked_to_have_their_own()
    {
        using Clip one = Clip.Load(ShippedModel.Path), other = Clip.Load(ShippedModel.Path),
            own = Clip.Load(ShippedModel.Path, new() { Threads = 3 });
        using Runtime given = new(2, VectorWidth.Scalar);
        using Clip guest = Clip.Load(ShippedModel.Path, new() { Runtime = given });
        Assert.Same(Runtime.Shared, one.Runtime);
        Assert.Same(Runtime.Shared, other.Runtime);
        Assert.Equal(3, own.Runtime.Threads);
        Assert.Same(given, guest.Runtime);
        Assert.Equal(VectorWidth.Scalar, guest.Runtime.Vectors);
    }

    [Fact]
    public void A_model_leaves_a_runtime_that_is_not_its_own()
    {
        using Runtime runtime = new(2);
        float[] expected;
        using (Clip first = Clip.Load(ShippedModel.Path, new() { Runtime = runtime }))
            expected = first.EncodeText("hat");
        using (Clip second = Clip.Load(ShippedModel.Path, new() { Runtime = runtime }))
            TensorAssert.SameBits(expected, second.EncodeText("hat"));
        Runtime.Shared.Dispose(); // belongs to all, so nobody ends it
        using Clip third = Clip.Load(ShippedModel.Path);
        TensorAssert.SameBits(expected, third.EncodeText("hat"));
    }

    [Fact]
    public void The_machine_and_the_reason_are_told()
    {
        Assert.Equal(VectorWidth.Scalar, Runtime.Available[^1]);
        Assert.Equal(Runtime.Available.OrderDescending(), Runtime.Available);
        using Runtime usual = new(), asked = new(1, VectorWidth.Scalar);
        Assert.Equal(Environment.ProcessorCount, usual.Threads);
        Assert.Contains(usual.Vectors, Runtime.Available);
        Assert.StartsWith("asked for: no vector hardware", asked.Reason);
        Assert.InRange(asked.MeasurePeak(TimeSpan.FromMilliseconds(20)), 0.01, 1e4);
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        Assert.Contains("1 to 1024", Assert.Throws<ArgumentException>(() => new Runtime(0)).Message);
        Assert.Contains("1 to 1024", Assert.Throws<ArgumentException>(() => new Runtime(1025)).Message);
        Assert.Contains("Scalar", Assert.Throws<ArgumentException>(() => new Runtime(vectors: (VectorWidth)9)).Message);
        Assert.Contains("Threads",
            Assert.Throws<ArgumentException>(() => Clip.Load(ShippedModel.Path, new() { Runtime = Runtime.Shared, Threads = 2 })).Message);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_disposed_runtime_says_so(int threads)
    {
        Runtime runtime = new(threads);
        using Clip clip = Clip.Load(ShippedModel.Path, new() { Runtime = runtime });
        clip.Warm();
        runtime.Dispose();
        Assert.Equal("PureClip.Runtime", Assert.Throws<ObjectDisposedException>(() => clip.EncodeText("hat")).ObjectName);
    }
}

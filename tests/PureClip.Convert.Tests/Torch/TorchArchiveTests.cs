using PureClip.Convert.Tests.Support;
using PureClip.Files;

namespace PureClip.Convert.Tests.Torch;

public sealed class TorchArchiveTests
{
    [Theory]
    [InlineData("views_zip.pt")]
    [InlineData("views_protocol4.pt")]
    [InlineData("big_endian.pt")]
    [InlineData("training_zip.pt")]
    [InlineData("module.pt")]
    [InlineData("script.pt")]
    public void Every_element_is_what_torch_reads(string name)
    {
        using SourceCheckpoint checkpoint = Fixture.Open(name);
        Fixture.Matches(name, checkpoint.Tensors);
    }

    [Fact]
    public void Archives_say_which_kind_they_are()
    {
        using SourceCheckpoint saved = Fixture.Open("views_zip.pt");
        using SourceCheckpoint script = Fixture.Open("script.pt");
        Assert.Equal("torch.save zip archive", saved.Container);
        Assert.Equal("TorchScript archive", script.Container);
    }

    [Fact]
    public void What_a_training_checkpoint_holds_beside_its_model_is_noted()
    {
        using SourceCheckpoint checkpoint = Fixture.Open("training_zip.pt");
        Assert.Contains(checkpoint.Notes, static n => n.Contains("'state_dict'") && n.Contains("optimizer") && n.Contains("args"));
        Assert.Contains(checkpoint.Notes, static n => n.Contains("'module.'"));
    }

    [Theory]
    [InlineData("ema")]
    [InlineData("params_ema")]
    [InlineData("state_dict_ema")]
    public void A_copy_that_was_averaged_is_taken_where_there_is_no_other(string key)
    {
        using Lease file = Lease.FromBytes(Archive(Pickles.Text(key) + Weights + "s" + Pickles.Text("epoch") + Pickles.Integer(3) + "s"));
        using SourceCheckpoint checkpoint = CheckpointOpener.Open(file);
        Assert.Equal("x", Assert.Single(checkpoint.Tensors).Name);
        Assert.Contains(checkpoint.Notes, note => note.Contains($"'{key}'") && note.Contains("epoch"));
    }

    [Fact]
    public void The_keys_that_hold_tensors_are_named_where_none_of_them_is_known()
    {
        byte[] file = Archive(Pickles.Text("student") + Weights + "s" + Pickles.Text("teacher") + Weights + "s" + Pickles.Text("epoch") + Pickles.Integer(3) + "s");
        Hostile.IsRefused(file, "Tensors are under \"student\" and \"teacher\": save the one that is the model by itself");
    }

    private static string Weights => "}" + Pickles.Text("x") + Pickles.Rebuild("FloatStorage", 4, 0, [4], [1]) + "s";

    private static byte[] Archive(string items) =>
        ZipBuilder.Torch(Pickles.Of("}" + items)).Add("archive/data/0", new byte[16]).Build();

    [Fact]
    public void A_file_on_disk_reads_as_its_bytes_do()
    {
        using SourceCheckpoint checkpoint = CheckpointOpener.OpenFile(Fixture.PathOf("views_zip.pt"));
        Fixture.Matches("views_zip.pt", checkpoint.Tensors);
    }

    [Fact]
    public void An_unknown_byte_order_is_refused()
    {
        byte[] file = ZipBuilder.Torch(Pickles.Tensor("FloatStorage", 4, 0, [4], [1]))
            .Add("archive/data/0", new byte[16]).Add("archive/byteorder", "middle"u8.ToArray()).Build();
        Hostile.IsRefused(file, "byte order");
    }

    [Fact]
    public void A_second_pickle_at_the_top_is_refused() =>
        Hostile.IsRefused(ZipBuilder.Torch(Pickles.Empty).Add("other/data.pkl", Pickles.Empty).Build(), "2 members");

    [Fact]
    public void A_missing_storage_is_refused() =>
        Hostile.IsRefused(ZipBuilder.Torch(Pickles.Tensor("FloatStorage", 4, 0, [4], [1])).Build(), "no member 'archive/data/0'");

    [Fact]
    public void A_compressed_storage_is_refused()
    {
        ZipBuilder zip = ZipBuilder.Torch(Pickles.Tensor("FloatStorage", 4, 0, [4], [1]));
        Hostile.IsRefused(zip.Add(new ZipBuilder.Member("archive/data/0", new byte[16]) { Method = 8 }).Build(), "compressed");
    }

    [Theory]
    [InlineData(4, 0, 4, 2, "reaches from element")] // strides beyond the storage
    [InlineData(4, 1, 4, 1, "reaches from element")] // an offset that does not fit
    [InlineData(4, -1, 1, 1, "reaches from element")]
    [InlineData(4, 0, 4, -1, "negative stride")]
    [InlineData(4, 0, -4, 1, "negative dimension")]
    [InlineData(5, 0, 4, 1, "has only 16 bytes")] // more elements than bytes
    [InlineData(4, 0, long.MaxValue, 1, "more than 2^40")]
    [InlineData(4, long.MaxValue, 4, 1, "reaches from element")]
    [InlineData(4, 0, 4, long.MaxValue, "beyond 2^40")]
    [InlineData(long.MaxValue, 0, 4, 1, "2^40")]
    public void A_tensor_outside_of_its_storage_is_refused(long elements, long offset, long size, long stride, string about)
    {
        byte[] pickle = Pickles.Tensor("FloatStorage", elements, offset, [size], [stride]);
        Hostile.IsRefused(ZipBuilder.Torch(pickle).Add("archive/data/0", new byte[16]).Build(), about);
    }

    [Fact]
    public void A_tensor_of_complex_numbers_is_left_out_and_noted()
    {
        byte[] pickle = Pickles.Tensors(("c", "ComplexFloatStorage"), ("x", "FloatStorage"));
        using SourceCheckpoint checkpoint = CheckpointOpener.Open(Lease.FromBytes(
            ZipBuilder.Torch(pickle).Add("archive/data/0", new byte[16]).Build()));
        Assert.Equal(["x"], checkpoint.Tensors.Select(static t => t.Name));
        Assert.Contains(checkpoint.Notes, static n => n.Contains("'c' was left out"));
    }

    [Fact]
    public void Numpy_archives_are_refused_by_name() =>
        Hostile.IsRefused(new ZipBuilder().Add("params.npy", [1, 2]).Build(), "numpy");
}

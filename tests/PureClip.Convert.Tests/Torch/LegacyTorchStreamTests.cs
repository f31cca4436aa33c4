using PureClip.Convert.Tests.Support;
using PureClip.Files;

namespace PureClip.Convert.Tests.Torch;

public sealed class LegacyTorchStreamTests
{
    private const string Magic = "\u0080\u0002\u008A\u000Al\u00FC\u009CF\u00F9 j\u00A8P\u0019.";
    private const string Version = "\u0080\u0002M\u00E9\u0003.";
    private const string System = "\u0080\u0002}.";

    [Theory]
    [InlineData("views_legacy.pt")]
    [InlineData("training_legacy.pt")]
    public void Every_element_is_what_torch_reads(string name)
    {
        using SourceCheckpoint checkpoint = Fixture.Open(name);
        Fixture.Matches(name, checkpoint.Tensors);
    }

    [Fact]
    public void A_plain_pickle_is_refused() => Hostile.IsRefused(Pickles.Empty, "not one that torch.save wrote");

    [Fact]
    public void Another_version_is_refused() => Hostile.IsRefused(Latin1(Magic + "\u0080\u0002K\u0001."), "another version");

    [Theory]
    [InlineData("]", 0, "not in the list of keys")]
    [InlineData("]X\u0001\0\0\09a", 0, "no tensor names it")]
    [InlineData("](X\u0001\0\0\00X\u0001\0\0\00e", 1, "twice")]
    [InlineData("]X\u0001\0\0\00a", -1, "claims -1 elements")]
    [InlineData("]X\u0001\0\0\00a", long.MaxValue, "claims 9223372036854775807 elements")]
    [InlineData("]X\u0001\0\0\00a", 1 << 20, "the file has")]
    [InlineData("}", 0, "must be a list")]
    public void Storage_sections_are_checked(string keys, long count, string about)
    {
        string model = Latin1Text(Pickles.Tensor("FloatStorage", 1, 0, [1], [1]));
        Bytes file = new Bytes().Text(Magic + Version + System + model + "\u0080\u0002" + keys + ".").U64((ulong)count).U32(0);
        Hostile.IsRefused(file.U64((ulong)count).U32(0).ToArray(), about);
    }

    [Fact]
    public void A_storage_with_two_element_sizes_is_refused()
    {
        string model = Latin1Text(Pickles.Tensors(("a", "FloatStorage"), ("b", "HalfStorage")));
        Hostile.IsRefused(Latin1(Magic + Version + System + model + "\u0080\u0002]X\u0001\0\0\00a."), "two element sizes");
    }

    [Fact]
    public void Streams_cut_short_anywhere_are_refused()
    {
        byte[] file = Fixture.Bytes("views_legacy.pt");
        for (int length = 2; length < file.Length; length += 11)
            Assert.Throws<InvalidDataException>(() => CheckpointOpener.Open(Lease.FromBytes(file.AsSpan(0, length))));
    }

    private static byte[] Latin1(string text) => new Bytes().Text(text).ToArray();

    private static string Latin1Text(byte[] bytes) => global::System.Text.Encoding.Latin1.GetString(bytes);
}

using PureClip.Convert.Tests.Support;
using PureClip.Convert.Torch;
using PureClip.Files;

namespace PureClip.Convert.Tests.Torch;

public sealed class ZipDirectoryTests
{
    [Fact]
    public void Members_are_found_through_the_directory_though_local_sizes_are_zero()
    {
        byte[] file = new ZipBuilder().Add("a/x", [1, 2, 3]).Add("a/y", [4]).Build();
        ZipDirectory zip = ZipDirectory.Read(Lease.FromBytes(file));
        Assert.Equal((byte)4, file[(int)zip.RequireStored("a/y").DataOffset]);
        Assert.Equal(3, zip.RequireStored("a/x").Length);
    }

    [Fact]
    public void A_comment_at_the_end_is_allowed() =>
        Assert.Single(ZipDirectory.Read(Lease.FromBytes(new ZipBuilder().Add("a", [1]).Build(comment: "PK\x05\x06 said"))).Entries);

    [Theory]
    [InlineData("../x")]
    [InlineData("a/../../x")]
    [InlineData("/etc/passwd")]
    [InlineData("a\\x")]
    [InlineData("C:x")]
    [InlineData("a\0x")]
    public void Names_that_could_leave_a_directory_are_refused(string name) => IsRefused(new ZipBuilder().Add(name, [1]).Build(), "member name");

    [Fact]
    public void Names_are_1_to_1024_bytes()
    {
        IsRefused(new ZipBuilder().Add("", [1]).Build(), "0 bytes");
        IsRefused(new ZipBuilder().Add(new string('a', 1025), [1]).Build(), "1025 bytes");
    }

    [Fact]
    public void Two_members_of_one_name_are_refused() => IsRefused(new ZipBuilder().Add("a", [1]).Add("a", [2]).Build(), "two members");

    [Fact]
    public void Members_that_overlap_are_refused()
    {
        ZipBuilder zip = new ZipBuilder().Add(new ZipBuilder.Member("a", new byte[40]) { Size = 100, CompressedSize = 100 }).Add("b", new byte[40]);
        IsRefused(zip.Build(), "overlap");
    }

    [Fact]
    public void Two_members_with_one_local_header_are_refused()
    {
        ZipBuilder zip = new ZipBuilder().Add("a", new byte[40]).Add(new ZipBuilder.Member("b", [1]) { HeaderOffset = 0 });
        IsRefused(zip.Build(), "another name");
    }

    [Fact]
    public void A_local_header_of_another_name_is_refused() =>
        IsRefused(new ZipBuilder().Add(new ZipBuilder.Member("a", [1]) { LocalName = "b" }).Build(), "another name");

    [Theory]
    [InlineData(1)] // encrypted
    [InlineData(0x40)] // strong encryption
    public void Encrypted_members_are_refused(ushort flags) =>
        IsRefused(new ZipBuilder().Add(new ZipBuilder.Member("a", [1]) { Flags = flags }).Build(), "encrypted");

    [Fact]
    public void Other_methods_than_stored_and_deflate_are_refused() =>
        IsRefused(new ZipBuilder().Add(new ZipBuilder.Member("a", [1]) { Method = 12 }).Build(), "method 12");

    [Fact]
    public void A_stored_member_whose_two_sizes_differ_is_refused() =>
        IsRefused(new ZipBuilder().Add(new ZipBuilder.Member("a", [1]) { Size = 1000 }).Build(), "should be 1000");

    [Fact]
    public void A_member_that_runs_into_the_directory_is_refused() =>
        IsRefused(new ZipBuilder().Add(new ZipBuilder.Member("a", [1]) { Size = 60, CompressedSize = 60 }).Build(), "runs into");

    [Fact]
    public void A_local_header_outside_of_the_file_is_refused() =>
        IsRefused(new ZipBuilder().Add(new ZipBuilder.Member("a", [1]) { HeaderOffset = 1 << 30 }).Build(), "the file has");

    [Theory]
    [InlineData(3, "cut short")]
    [InlineData(1, "ends at")]
    [InlineData(60_000, "cut short")]
    public void A_wrong_count_of_members_is_refused(int count, string about) => IsRefused(new ZipBuilder().Add("a", [1]).Add("b", [1]).Build(entryCount: count), about);

    [Fact]
    public void A_directory_outside_of_the_file_is_refused()
    {
        IsRefused(new ZipBuilder().Add("a", [1]).Build(directoryOffset: 1 << 20), "not inside");
        IsRefused(new ZipBuilder().Add("a", [1]).Build(directoryLength: 1 << 20), "not inside");
        IsRefused(new ZipBuilder().Add("a", [1]).Build(directoryOffset: uint.MaxValue), "not inside");
    }

    [Fact]
    public void A_saturated_size_without_its_64_bit_value_is_refused() =>
        IsRefused(new ZipBuilder().Add(new ZipBuilder.Member("a", [1]) { Size = uint.MaxValue, CompressedSize = uint.MaxValue }).Build(), "saturated");

    [Fact]
    public void Sizes_in_the_zip64_field_are_used()
    {
        byte[] extra = new Bytes().U16(1).U16(16).U64(3).U64(3).ToArray();
        byte[] file = new ZipBuilder().Add(new ZipBuilder.Member("a", [1, 2, 3]) { Size = uint.MaxValue, CompressedSize = uint.MaxValue, Extra = extra }).Build();
        Assert.Equal(3, ZipDirectory.Read(Lease.FromBytes(file)).RequireStored("a").Length);
    }

    [Fact]
    public void An_impossible_size_in_the_zip64_field_is_refused()
    {
        byte[] extra = new Bytes().U16(1).U16(16).U64(ulong.MaxValue).U64(ulong.MaxValue).ToArray();
        IsRefused(new ZipBuilder().Add(new ZipBuilder.Member("a", [1]) { Size = uint.MaxValue, CompressedSize = uint.MaxValue, Extra = extra }).Build(), "impossible");
    }

    [Fact]
    public void Torch_archives_cut_short_anywhere_are_refused()
    {
        byte[] file = Fixture.Bytes("views_zip.pt");
        for (int length = 4; length < file.Length; length += 13)
            Assert.Throws<InvalidDataException>(() => ZipDirectory.Read(Lease.FromBytes(file.AsSpan(0, length))));
    }

    private static void IsRefused(byte[] file, string about)
    {
        InvalidDataException exception = Assert.Throws<InvalidDataException>(() => ZipDirectory.Read(Lease.FromBytes(file)));
        Assert.Contains(about, exception.Message, StringComparison.OrdinalIgnoreCase);
    }
}

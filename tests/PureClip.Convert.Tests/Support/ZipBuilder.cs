using System.Text;

namespace PureClip.Convert.Tests.Support;

/// <summary>A zip archive in which every field can be a lie. As torch writes them: zero sizes in local headers.</summary>
internal sealed class ZipBuilder
{
    public sealed record Member(string Name, byte[] Data)
    {
        public string? LocalName { get; init; }

        public ushort Method { get; init; }

        public ushort Flags { get; init; } = 0x0808;

        public uint? Size { get; init; }

        public uint? CompressedSize { get; init; }

        public uint? HeaderOffset { get; init; }

        public byte[] Extra { get; init; } = [];
    }

    private readonly List<Member> _members = [];

    public ZipBuilder Add(string name, byte[] data) => Add(new Member(name, data));

    public ZipBuilder Add(Member member)
    {
        _members.Add(member);
        return this;
    }

    /// <summary>A torch archive with this pickle.</summary>
    public static ZipBuilder Torch(byte[] pickle) => new ZipBuilder().Add("archive/data.pkl", pickle);

    public byte[] Build(int? entryCount = null, uint? directoryOffset = null, uint? directoryLength = null, string comment = "")
    {
        Bytes file = new();
        List<uint> offsets = [];
        foreach (Member member in _members)
        {
            offsets.Add((uint)file.Length);
            byte[] name = Encoding.UTF8.GetBytes(member.LocalName ?? member.Name);
            file.Text("PK\x03\x04").U16(0).U16(member.Flags).U16(member.Method).U32(0).U32(0).U32(0).U32(0).U16(name.Length).U16(4).Add(name);
            file.Text("FB").U16(0).Add(member.Data);
        }
        uint start = (uint)file.Length;
        foreach ((Member member, uint offset) in _members.Zip(offsets))
        {
            byte[] name = Encoding.UTF8.GetBytes(member.Name);
            file.Text("PK\x01\x02").U16(0).U16(0).U16(member.Flags).U16(member.Method).U32(0).U32(0);
            file.U32(member.CompressedSize ?? (uint)member.Data.Length).U32(member.Size ?? (uint)member.Data.Length);
            file.U16(name.Length).U16(member.Extra.Length).U16(0).U16(0).U16(0).U32(0).U32(member.HeaderOffset ?? offset).Add(name).Add(member.Extra);
        }
        uint length = (uint)file.Length - start;
        int count = entryCount ?? _members.Count;
        file.Text("PK\x05\x06").U16(0).U16(0).U16(count).U16(count).U32(directoryLength ?? length).U32(directoryOffset ?? start).U16(comment.Length).Text(comment);
        return file.ToArray();
    }
}

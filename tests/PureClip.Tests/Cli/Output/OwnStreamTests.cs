using PureClip.Cli;
using PureClip.Cli.Output;

namespace PureClip.Tests.Cli.Output;

public sealed class OwnStreamTests
{
    public static TheoryData<Exception> Reasons =>
    [
        new UnauthorizedAccessException("Access to the path is denied."), // what the system says of a closed descriptor
        new IOException("No space left on device"),
        new NotSupportedException("Stream does not support writing."),
    ];

    [Theory]
    [MemberData(nameof(Reasons))]
    public void Messages_that_nobody_can_read_end_nothing(Exception reason)
    {
        using StringWriter output = new();
        using StreamWriter error = new(new OwnStream(new Failing(reason), mayFail: false)) { AutoFlush = true };
        Assert.Equal(1, Program.Run(["embed", "none.png"], TextReader.Null, output, error, default));
        Assert.Equal(2, Program.Run(["embed", "--no-such-option"], TextReader.Null, output, error, default));
        Assert.Equal(0, Program.Run(["search", "--help"], TextReader.Null, output, error, default));
        Assert.NotEmpty(output.ToString());
    }

    [Theory]
    [MemberData(nameof(Reasons))]
    public void Results_that_cannot_be_written_are_said_once(Exception reason)
    {
        foreach (string[] line in (string[][])[["tokenize", "a cat"], ["search", "--help"], ["info", "--format", "table"]])
        {
            using StringWriter error = new();
            using (StreamWriter output = new(new OwnStream(new Failing(reason), mayFail: true)))
            {
                Assert.Equal(1, Program.Run(line, TextReader.Null, output, error, default));
                output.Write("what is left in the buffer");
            }
            Assert.StartsWith("pureclip: Standard output cannot be written: ", error.ToString());
            Assert.Single(error.ToString().TrimEnd('\n').Split('\n'));
        }
    }

    [Fact]
    public void A_reader_that_has_gone_is_no_failure()
    {
        using StringWriter error = new();
        using StreamWriter output = new(new OwnStream(new Failing(new IOException("Broken pipe", 32)), mayFail: true));
        Assert.Equal(0, Program.Run(["tokenize", "a cat"], TextReader.Null, output, error, default));
        Assert.Empty(error.ToString());
    }

    [Fact]
    public void Bytes_go_through()
    {
        using MemoryStream bytes = new();
        using OwnStream stream = new(bytes, mayFail: true);
        stream.Write([1, 2, 3]);
        stream.Write([4, 5, 6], 1, 2);
        stream.Flush();
        Assert.Equal([1, 2, 3, 5, 6], bytes.ToArray());
    }

    private sealed class Failing(Exception reason) : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer) => throw reason;

        public override void Write(byte[] buffer, int offset, int count) => throw reason;
    }
}

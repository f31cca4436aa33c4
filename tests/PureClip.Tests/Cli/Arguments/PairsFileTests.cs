using System.Text;
using PureClip.Cli.Arguments;

namespace PureClip.Tests.Cli.Arguments;

public sealed class PairsFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_JSON_array_says_all_there_is_to_say()
    {
        PicturePair[] pairs = [.. Read("""
            [{"with":"a.png","without":"sub/b.png","attribute":"hat","art":"ink","trained":false},{"with":"c.png","without":"d.png"}]
            """)];
        Assert.Equal([new(_folder["a.png"], _folder["sub/b.png"], "hat", "ink", false), new(_folder["c.png"], _folder["d.png"])], pairs);
    }

    [Theory]
    [InlineData("with,without\n# a comment\n\na.png,b.png\nc.png , d.png,red hat\n")]
    [InlineData("with\twithout\tattribute\r\na.png\tb.png\r\nc.png\td.png\tred hat")]
    [InlineData("\uFEFFa.png\tb.png\nc.png,d.png,red hat")]
    [InlineData("with,without\ra.png,b.png\r\rc.png,d.png,red hat\r")]
    public void Lines_have_two_or_three_columns(string text) =>
        Assert.Equal([new(_folder["a.png"], _folder["b.png"]), new(_folder["c.png"], _folder["d.png"], "red hat")], Read(text));

    [Theory]
    [InlineData("", "no pair")]
    [InlineData("[]", "no pair")]
    [InlineData("{}", "no JSON array")]
    [InlineData("[1]", "no JSON array")]
    [InlineData("[{\"with\":\"a.png\"}]", "pair 1 has no \"without\"")]
    [InlineData("[{\"with\":\"a.png\",\"without\":\"b.png\",\"trained\":\"yes\"}]", "no JSON array")]
    [InlineData("a.png,b.png\nc.png", "line 2 has 1 columns")]
    [InlineData("a,b,c,d", "line 1 has 4 columns")]
    public void Anything_else_is_refused(string text, string message)
    {
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => Read(text));
        Assert.Contains(message, e.Message);
    }

    [Fact]
    public void A_damaged_file_is_read_or_refused_as_invalid_data()
    {
        byte[] original = Encoding.UTF8.GetBytes("""
            [{"with":"a.png","without":"b.png","attribute":"hat","art":"ink","trained":true},{"with":"c.png","without":"d.png"}]
            """);
        Random random = new(3);
        for (int i = 0; i < 500; i++)
        {
            string path = _folder.Write("pairs", Mutator.Mutate(original, random));
            try
            {
                Assert.NotEmpty(PairsFile.Read(path));
            }
            catch (InvalidDataException)
            {
            }
        }
    }

    private List<PicturePair> Read(string text) => PairsFile.Read(_folder.Write("pairs", Encoding.UTF8.GetBytes(text)));
}

using PureClip.Concepts;
using PureClip.Tests.Cli;

namespace PureClip.Tests.Concepts;

public sealed class ConceptFileTests : IDisposable
{
    private const string Fingerprint = "0123456789abcdef0123456789abcdef";
    private const int Mutants = 1000;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_concept_is_read_back_bit_for_bit()
    {
        ConceptVector concept = Random(width: 512);
        concept.Save(_folder["hat.json"]);
        ConceptVector read = ConceptVector.Load(_folder["hat.json"]);

        Assert.Equal(
            concept.Vector.ToArray().Select(BitConverter.SingleToInt32Bits), read.Vector.ToArray().Select(BitConverter.SingleToInt32Bits));
        Assert.Equal((concept.Space.Fingerprint, concept.Width), (read.Space.Fingerprint, read.Width));
        Assert.Equal(concept.Sources, read.Sources);
        Assert.Equal(["hat.json"], _folder.Names);
    }

    [Fact]
    public void The_file_is_what_it_is_documented_to_be()
    {
        ConceptVector.Sum(Model(2), new ConceptTerm(4, new float[] { 1, 0 }, "a.png"), new ConceptTerm(-3, new float[] { 0, 1 }, "b.png"))
            .Save(_folder["c.json"]);
        Assert.Equal(
            """{"format":"pureclip-concept","version":1,"fingerprint":"0123456789abcdef0123456789abcdef","width":2,"sources":["\u002B 4 a.png","- 3 b.png"],"vector":[0.8,-0.6],"checksum":"1de7cd8c"}""" + "\n",
            File.ReadAllText(_folder["c.json"]));
    }

    [Theory]
    [InlineData("0.8,", "0.80000001,")] // the same float
    [InlineData(",\"sources\"", ",\n  \"sources\"")]
    [InlineData(",\"checksum\":\"1de7cd8c\"", "")] // as older programs wrote it
    [InlineData("0.8,", "0.8000001,", "checksum")]
    [InlineData("- 3 b.png", "- 3 c.png", "checksum")]
    [InlineData("89abcdef\",\"width", "89abcdee\",\"width", "checksum")]
    [InlineData("4 a.png\",\"-", "4 a.png -", "checksum")]
    public void A_checksum_tells_damage_from_another_layout(string written, string found, string? refused = null)
    {
        ConceptVector.Sum(Model(2), new ConceptTerm(4, new float[] { 1, 0 }, "a.png"), new ConceptTerm(-3, new float[] { 0, 1 }, "b.png"))
            .Save(_folder["c.json"]);
        string text = File.ReadAllText(_folder["c.json"]);
        Assert.Contains(written, text);
        File.WriteAllText(_folder["c.json"], text.Replace(written, found, StringComparison.Ordinal));
        if (refused is null)
            Assert.Equal([0.8f, -0.6f], ConceptVector.Load(_folder["c.json"]).Vector.ToArray());
        else
            Assert.Contains(refused, Assert.Throws<InvalidDataException>(() => ConceptVector.Load(_folder["c.json"])).Message);
    }

    [Fact]
    public void Saving_replaces_a_file()
    {
        File.WriteAllText(_folder["c.json"], new string('x', 100_000));
        Random(width: 4).Save(_folder["c.json"]);
        Assert.Equal(4, ConceptVector.Load(_folder["c.json"]).Width);
    }

    [Fact]
    public void Saving_keeps_a_link()
    {
        if (OperatingSystem.IsWindows())
            return; // links need a privilege there
        File.CreateSymbolicLink(_folder["link"], _folder["c.json"]);
        File.WriteAllText(_folder["c.json"], "x");
        Random(width: 4).Save(_folder["link"]);
        Assert.Equal(_folder["c.json"], new FileInfo(_folder["link"]).LinkTarget);
        Assert.Equal(4, ConceptVector.Load(_folder["c.json"]).Width);
    }

    [Fact]
    public void A_place_that_cannot_be_written_to_is_an_error_and_leaves_nothing()
    {
        Directory.CreateDirectory(_folder["c.json"]);
        Assert.ThrowsAny<Exception>(() => Random(width: 4).Save(_folder["c.json"]));
        Assert.Equal(["c.json"], _folder.Names);
    }

    [Theory]
    [InlineData("", "JSON")]
    [InlineData("[]", "no concept")]
    [InlineData("{}", "no concept")]
    [InlineData("""{"format":"pureclip-concept","version":2}""", "version 2")]
    [InlineData("""{"format":"pureclip-concept","version":1}""", "fingerprint")]
    [InlineData("""{"format":"pureclip-concept","version":1,"fingerprint":"abc"}""", "32 hexadecimal")]
    [InlineData("""{"format":"pureclip-concept","version":1,"fingerprint":"0123456789abcdef0123456789abcdef","width":3,"sources":[],"vector":[0.6,0.8]}""", "width is 3")]
    [InlineData("""{"format":"pureclip-concept","version":1,"fingerprint":"0123456789abcdef0123456789abcdef","width":2,"sources":[],"vector":[6,8]}""", "length is 10")]
    [InlineData("""{"format":"pureclip-concept","version":1,"fingerprint":"0123456789abcdef0123456789abcdef","width":2,"sources":[],"vector":[1e60,0]}""", "length is")]
    [InlineData("""{"format":"pureclip-concept","version":1,"fingerprint":"0123456789abcdef0123456789abcdef","width":2,"sources":["\ud800"],"vector":[0.6,0.8]}""", "cannot be read")]
    [InlineData("""{"format":"pureclip-concept","version":1,"fingerprint":"0123456789abcdef0123456789abcdef","width":2,"sources":[null],"vector":[0.6,0.8]}""", "source is null")]
    public void What_is_no_concept_is_refused(string text, string message)
    {
        File.WriteAllText(_folder["c.json"], text);
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => ConceptVector.Load(_folder["c.json"]));
        Assert.Contains(message, e.Message);
        Assert.Contains(_folder["c.json"], e.Message);
    }

    [Fact]
    public void Bytes_that_are_not_UTF8_are_refused()
    {
        File.WriteAllBytes(_folder["c.json"], [.. "{\"format\":\""u8, 0xFF, .. "\"}"u8]);
        Assert.Throws<InvalidDataException>(() => ConceptVector.Load(_folder["c.json"]));
    }

    [Fact]
    public void A_damaged_file_is_read_or_refused_as_invalid_data()
    {
        Random(width: 16).Save(_folder["c.json"]);
        byte[] original = File.ReadAllBytes(_folder["c.json"]);
        Random random = new(4711);
        int read = 0;
        for (int i = 0; i < Mutants; i++)
        {
            byte[] mutant = Mutator.Mutate(original, random);
            File.WriteAllBytes(_folder["m.json"], mutant);
            try
            {
                Assert.Equal(1f, MathF.Sqrt(ConceptVector.Load(_folder["m.json"]).Vector.ToArray().Sum(number => number * number)), 1e-3f);
                read++;
            }
            catch (InvalidDataException)
            {
            }
        }
        Assert.InRange(read, 1, Mutants - 1); // a changed digit or letter of a source may pass
    }

    [Fact]
    public void What_is_known_of_its_space_is_kept_and_an_older_file_fits_any()
    {
        VectorSpace rules = new(Fingerprint, 2) { PictureRules = "exif=on", TextRules = "cleaning=openai", Weights = "int8" };
        VectorSpace space = rules with { ModelName = "large", IsNormalized = true };
        ConceptVector.Sum(space, new ConceptTerm(1, new float[] { 1, 0 }, "a.png")).Save(_folder["new.json"]);
        Assert.Equal(space, ConceptVector.Load(_folder["new.json"]).Space);
        ConceptVector.Sum(Model(2), new ConceptTerm(1, new float[] { 0, 1 }, "b.png")).Save(_folder["old.json"]);
        ConceptVector old = ConceptVector.Load(_folder["old.json"]);
        Assert.Equal(Model(2), old.Space);
        Assert.Equal(2, ConceptVector.Mean([ConceptVector.Load(_folder["new.json"]), old]).Width);
    }

    private static ConceptVector Random(int width)
    {
        Random random = new(7);
        float[] Embedding() => [.. Enumerable.Range(0, width).Select(_ => (float)random.NextDouble() - 0.5f)];
        return ConceptVector.Sum(
            Model(width), new ConceptTerm(1, Embedding(), "with \"hat\".png"), new ConceptTerm(-0.5f, Embedding(), "ohne größe 帽子.png"));
    }

    private static VectorSpace Model(int width) => new(Fingerprint, width);
}

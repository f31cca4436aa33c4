using System.Text.Json.Nodes;
using PureClip.Convert.Tests.Support;
using PureClip.Imaging;

namespace PureClip.Convert.Tests;

/// <summary>A conversion keeps every id, and every vector bit by bit.</summary>
public sealed class RoundTripTests : IDisposable
{
    private const int Texts = 1000;

    private readonly TemporaryDirectory _directory = new();

    private string Output => Path.Combine(_directory.Root, "result");

    public static TheoryData<int> Numbers => [.. Enumerable.Range(0, 30)];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_shipped_model_comes_out_as_it_went_in()
    {
        string report = Converter.Convert(MiniModel.Path, Output);
        Assert.Matches(@"Compared      with the source: \d+ texts have the same ids, 9 pictures the same pixels, 11 of them the same vectors", report);
        AssertSame(MiniModel.Path, Output, "the shipped model", Texts);
    }

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Whatever_its_configuration_says_a_model_comes_out_as_it_went_in(int number)
    {
        string source = Path.Combine(_directory.Root, "source"), what = $"{number}: {GeneratedModel.Write(source, number)}";
        (int exitCode, string report, string error) = Converter.Run(source, Output);
        Assert.True(exitCode == 0, $"{what}: {error}");
        Assert.Contains("of them the same vectors", report, StringComparison.Ordinal);
        AssertSame(source, Output, what, Texts);
    }

    [FixtureTheory("checkpoints/tiny")]
    [InlineData("tiny/hf")]
    [InlineData("tiny/hf16")]
    [InlineData("tiny/openclip")]
    [InlineData("tiny-gelu/hf")]
    [InlineData("tiny-gelu/openclip")]
    public void A_published_layout_that_the_library_opens_comes_out_as_it_went_in(string layout)
    {
        string source = Fixtures.PathOf($"checkpoints/{layout}");
        Converter.Convert(source, Output);
        AssertSame(source, Output, layout, Texts);
    }

    [FixtureTheory("checkpoints/tiny")]
    [InlineData("tiny/hfbin")]
    [InlineData("tiny/onnx")]
    [InlineData("tiny/openai/model_jit.pt")]
    [InlineData("tiny/openai/state_dict.pt")]
    [InlineData("tiny/openai/state_dict_legacy.pt")]
    [InlineData("tiny/openclip/open_clip_pytorch_model.bin")]
    [InlineData("tiny-gelu/openclip/open_clip_pytorch_model.bin")]
    public void What_the_library_cannot_open_is_compared_so_far_as_it_can_be(string source)
    {
        string report = Converter.Convert(Fixtures.PathOf($"checkpoints/{source}"), Output);
        Assert.Matches(@"\d+ texts have the same ids, 9 pictures the same pixels, vectors were not compared", report);
        using Clip clip = Clip.Load(Output, new() { Cleaning = TextCleaning.OpenAI, Truncation = Truncation.KeepEnd });
        JsonNode expected = JsonNode.Parse(File.ReadAllText(Fixtures.PathOf($"checkpoints/{source.Split('/')[0]}/expected.json")))!;
        Assert.All(expected["texts"]!.AsArray(), text => Assert.Equal(
            text!["ids"]!.AsArray().Select(static id => (int)id!).TakeWhile(static id => id != 0),
            clip.Tokenizer!.Encode((string)text["text"]!).Ids.ToArray()));
    }

    private static void AssertSame(string source, string result, string what, int vectors)
    {
        ClipOptions options = new() { Truncation = Truncation.KeepEnd };
        using Clip before = Clip.Load(source, options), after = Clip.Load(result, options);
        Assert.Equal((before.LogitScale, before.LogitBias), (after.LogitScale, after.LogitBias));
        if (before.Tokenizer is not null)
        {
            string[] texts = [.. SomeTexts().Take(Texts)];
            foreach (string text in texts)
                Assert.True(before.Tokenizer.Encode(text).Ids.Span.SequenceEqual(after.Tokenizer!.Encode(text).Ids.Span), $"{what}: {text}");
            texts = texts[^vectors..];
            float[][] expected = before.EncodeTexts(texts), found = after.EncodeTexts(texts);
            for (int i = 0; i < vectors; i++)
                Assert.True(expected[i].AsSpan().SequenceEqual(found[i]), $"{what}: {texts[i]}");
        }
        if (before.Preprocessor is not null)
            foreach (RasterImage picture in SomePictures())
                Assert.True(Encode(before, picture).AsSpan().SequenceEqual(Encode(after, picture)), $"{what}: {picture.Width} x {picture.Height} {picture.Mode}");
    }

    /// <summary>Empty where the rules do not take the picture.</summary>
    private static float[] Encode(Clip clip, RasterImage picture)
    {
        try
        {
            return clip.EncodeImage(ImageSource.FromPixels(picture));
        }
        catch (ArgumentException)
        {
            return [];
        }
    }

    /// <summary>Words, marks, capitals, accents, symbols and the strings of special tokens, put together at random.</summary>
    private static IEnumerable<string> SomeTexts()
    {
        string[] parts =
        [
            "cat", "dog", "Birthday", "HAPPY", "café", "Ünïcode", "naïve", "e\u0301", "ΣΊΣΥΦΟΣ", "straße", "日本語", "мир", "😀", "👩‍👧", "❤️", "!", "?!", "...", "—",
            "&amp;", "&", "<|startoftext|>", "<|endoftext|>", "<start_of_text>", "<end_of_text>", "<Cat-4096>", "<cat-4096>", "<Cat-4098>", "it's", "DON'T",
            "12", "3.5", "10:30", "#", "\t", "\n", "\u00A0", "ﬁ", "“quoted”", "x_y", "a", "the", "of a", "\0", "</w>",
        ];
        Random random = new(7);
        while (true)
            yield return string.Join(random.Next(4) == 0 ? "" : " ", Enumerable.Range(0, random.Next(9)).Select(_ => parts[random.Next(parts.Length)]));
    }

    private static IEnumerable<RasterImage> SomePictures()
    {
        Random random = new(8);
        PixelMode[] modes = [PixelMode.Rgb, PixelMode.Rgb, PixelMode.Rgba, PixelMode.Gray, PixelMode.GrayAlpha, PixelMode.Cmyk];
        foreach ((int width, int height) in ((int, int)[])[(32, 32), (24, 24), (64, 64), (100, 40), (41, 97), (9, 7), (37, 200)])
            foreach (PixelMode mode in modes)
            {
                byte[] pixels = new byte[width * height * RasterImage.ChannelsOf(mode)];
                random.NextBytes(pixels);
                yield return new RasterImage(mode, width, height, pixels);
            }
    }
}

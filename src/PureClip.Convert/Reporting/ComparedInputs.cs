using PureClip.Imaging;
using PureClip.Model;
using PureClip.Tokenization;

namespace PureClip.Convert.Reporting;

/// <summary>Texts and pictures with which two models are told apart that should be one.</summary>
/// <param name="Texts">Those that get vectors first.</param>
/// <param name="Pictures">Those that get vectors first.</param>
internal sealed record ComparedInputs(IReadOnlyList<string> Texts, IReadOnlyList<RasterImage> Pictures)
{
    /// <summary>Of how many texts and pictures vectors are compared: ids and pixels cost nothing, vectors of a large model seconds.</summary>
    public const int TextsWithVectors = 8, PicturesWithVectors = 3;

    // A picture's square is larger than most inputs and takes no time to prepare.
    private const int LargestEdge = 512;

    // The first have what tokenizers differ in most often.
    private static readonly string[] Usual =
    [
        "a photo of a cat", "happy birthday!", "It's 100% café — NAÏVE, isn't it?", "x", "", "a dog & a cat &amp; &lt;3 ❤️",
        "two red apples, one green pear; three (small) bananas and a very long list of other things that goes on and on until "
            + "it is longer than any context that there is: one two three four five six seven eight nine ten eleven twelve "
            + "thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty, and so forth until nobody reads it any more",
        "<|startoftext|>a cat<|endoftext|> behind", "!", "!!!", "wow!!! :-) #1 @home $5 50% ~x^y_z",
        "A PHOTO OF A CAT", "ÀÉÎÕÜ", "àéîõü", "a\u0301 e\u0301", "ΟΔΥΣΣΕΥΣ", "İstanbul ıspanak", "STRASSE straße",
        "ﬁne ﬂuﬀ", "ｆｕｌｌ ｗｉｄｔｈ",
        "  leading and trailing  ", "tab\tand\nline\r\nends", "non\u00A0breaking\u2003spaces\u200Bhere", "“curly” ‘quotes’ and … dots",
        "don't we'll they've I'm he'd you're it's", "DON'T WE'LL", "co-operate re-enter", "snake_case camelCase kebab-case",
        "1234567890 3.14 1,000,000 10:30 16:9", "😀 👩‍👧 🇩🇪 👍🏽", "日本語のテキスト", "한국어 텍스트", "مرحبا بالعالم", "สวัสดี", "हिन्दी",
        "<start_of_text>", "<end_of_text>", "<|startoftext|>", "<|endoftext|>", "<|EndOfText|> x", "a <|endoftext|>b",
        "<pad> [PAD] <unk> </s>",
        "schÃ¶n", "null\0byte", "lone \uD800 surrogate", "https://example.org/a?b=c&d=e", "e = mc² ½ ™ ©",
    ];

    /// <summary>Those for a model.</summary>
    /// <param name="config">Its architecture.</param>
    /// <param name="files">Its tokenizer; null without a text tower, or where it is not CLIP's own.</param>
    /// <param name="hasOwnTokenizer">Whether texts are compared although its tokenizer is not CLIP's own.</param>
    public static ComparedInputs For(ClipConfig config, TokenizerFiles? files, bool hasOwnTokenizer = false)
    {
        IEnumerable<string> own = files?.SpecialTokens.Select(static token => token.Content) ?? [];
        string[] texts = files is null ? hasOwnTokenizer ? Usual : []
            : [.. Usual, .. own.SelectMany(static token => (string[])[token, $"a {token} on a mat", $"A{token.ToUpperInvariant()}!"])];
        return new(texts, config.Vision is VisionConfig vision ? PicturesFor(Math.Min(vision.ImageSize, LargestEdge)) : []);
    }

    /// <summary>Shapes that every rule of resizing, cropping and padding treats otherwise, and modes that every order of steps does.</summary>
    private static RasterImage[] PicturesFor(int edge) =>
    [
        Draw(PixelMode.Rgb, edge, edge), Draw(PixelMode.Rgb, 2 * edge + 3, edge), Draw(PixelMode.Rgba, edge, edge + edge / 2 + 1),
        Draw(PixelMode.Rgb, edge / 2 + 1, edge / 3 + 1), Draw(PixelMode.Rgb, edge + 3, 3 * edge), Draw(PixelMode.Gray, edge + 1, edge + 4),
        Draw(PixelMode.Bilevel, 2 * edge, edge + 1), Draw(PixelMode.GrayAlpha, edge, 2 * edge + 1), Draw(PixelMode.Cmyk, edge + 2, edge),
    ];

    /// <summary>Waves with a sharp edge through them.</summary>
    private static RasterImage Draw(PixelMode mode, int width, int height)
    {
        int channels = RasterImage.ChannelsOf(mode);
        byte[] pixels = new byte[width * height * channels];
        for (int y = 0, at = 0; y < height; y++)
            for (int x = 0; x < width; x++)
                for (int c = 0; c < channels; c++, at++)
                {
                    double wave = 128 + 100 * Math.Sin((c + 3) * 5.0 * x / width + (4 - c) * 4.0 * y / height + c);
                    int value = (int)wave ^ (2 * x > width + y ? 64 : 0);
                    pixels[at] = (byte)(mode == PixelMode.Bilevel ? value < 128 ? 0 : 255 : value);
                }
        return new RasterImage(mode, width, height, pixels);
    }
}

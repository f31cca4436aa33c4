using System.Buffers.Binary;
using System.Diagnostics;
using System.Numerics.Tensors;
using System.Security.Cryptography;
using System.Text;
using PureClip.Cli;
using PureClip.Imaging;
using PureClip.Imaging.Png;
using PureClip.Tests.Cli;

namespace PureClip.Tests.Architecture;

/// <summary>
/// The picture of the result page in the README is what a browser shows of the page of today: the picture carries the hash of the page that
/// it was taken of, and what it shows is recognised. With PURECLIP_APPROVE=1 it is taken again, by Chromium.
/// </summary>
public sealed class ResultPagePictureTests
{
    private const int Width = 1240, Height = 492, Columns = 5;

    // Of the page's grid: its margin, the gap between cards, and their frame's line.
    private const double Margin = 24, Gap = 20, Line = 1, Top = 136;

    private static readonly string Place = Path.Combine(TestData.Root, "src", "PureClip.Cli", "results.png");

    [Fact]
    public void It_is_a_picture_of_todays_page()
    {
        using TemporaryFolder folder = new();
        string page = folder["page.html"];
        int code = Program.Run(
            ["search", "birthday cake", "tests/data/gallery", "--top", $"{Columns}", "--no-index", "--html", page],
            TextReader.Null, TextWriter.Null, TextWriter.Null, CancellationToken.None);
        Assert.Equal(0, code);
        string root = new Uri(TestData.Root).AbsoluteUri;
        string hash = System.Convert.ToHexStringLower(SHA256.HashData(
            Encoding.UTF8.GetBytes(File.ReadAllText(page).Replace(root, "", StringComparison.Ordinal))));
        if (Environment.GetEnvironmentVariable("PURECLIP_APPROVE") == "1")
            File.WriteAllBytes(Place, WithNote(Photograph(page, folder["page.png"]), hash));
        Assert.True(NoteOf(File.ReadAllBytes(Place)) == hash,
            $"The result page is another than the one that {Place} shows. PURECLIP_APPROVE=1 takes a new picture, with Chromium.");
    }

    [Fact]
    public void It_shows_the_pictures_that_are_found_in_their_order()
    {
        string[] found = ["birthday-cake", "coral", "frog", "crown", "falafel"];
        RasterImage shown = ImageFormats.Decode(File.ReadAllBytes(Place));
        Assert.Equal((Width, Height), (shown.Width, shown.Height));
        using Clip clip = Support.ShippedModel.Load();
        float[][] files = clip.EncodeImages([.. found.Select(name => ImageSource.FromFile(TestData.PathOf($"gallery/{name}.png")))]);
        for (int card = 0; card < Columns; card++)
        {
            float[] seen = clip.EncodeImage(ImageSource.FromPixels(Card(shown, card)));
            float[] scores = [.. files.Select(file => TensorPrimitives.Dot<float>(seen, file))];
            Assert.Equal(card, TensorPrimitives.IndexOfMax<float>(scores));
            Assert.InRange(scores[card], 0.85f, 1.001f);
        }
    }

    /// <summary>The square of a card that holds its picture.</summary>
    private static RgbImage Card(RasterImage page, int card)
    {
        double width = (Width - 2 * Margin - (Columns - 1) * Gap) / Columns;
        int side = (int)(width - 2 * Line), left = (int)Math.Ceiling(Margin + card * (width + Gap) + Line), top = (int)(Top + Line);
        byte[] pixels = new byte[side * side * 3];
        for (int y = 0; y < side; y++)
            for (int x = 0; x < side; x++)
                page.Pixels.AsSpan(((top + y) * page.Width + left + x) * page.Channels, 3).CopyTo(pixels.AsSpan((y * side + x) * 3));
        return new(side, side, pixels);
    }

    private static byte[] Photograph(string page, string picture)
    {
        ProcessStartInfo start = new("chromium",
        [
            "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--blink-settings=preferredColorScheme=1",
            $"--user-data-dir={picture}.profile", $"--window-size={Width},{Height}", $"--screenshot={picture}", new Uri(page).AbsoluteUri,
        ])
        { RedirectStandardError = true };
        using Process browser = Process.Start(start)!;
        string said = browser.StandardError.ReadToEnd();
        browser.WaitForExit();
        Assert.True(File.Exists(picture), said);
        return File.ReadAllBytes(picture);
    }

    // After the signature (8 bytes) and the header's chunk (25): a text, keyword and value with a zero between (PNG specification, 11.3.3.3).
    private const int PlaceOfNote = 33;

    private static ReadOnlySpan<byte> NoteType => "tEXtpage\0"u8;

    private static byte[] WithNote(byte[] png, string note)
    {
        byte[] text = [.. NoteType, .. Encoding.ASCII.GetBytes(note)], chunk = new byte[text.Length + 8];
        BinaryPrimitives.WriteInt32BigEndian(chunk, text.Length - 4);
        text.CopyTo(chunk, 4);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(4 + text.Length), Crc32.Compute(text));
        return [.. png.AsSpan(0, PlaceOfNote), .. chunk, .. png.AsSpan(PlaceOfNote)];
    }

    private static string NoteOf(ReadOnlySpan<byte> png) => png.Slice(PlaceOfNote + 4, NoteType.Length).SequenceEqual(NoteType)
        ? Encoding.ASCII.GetString(png.Slice(PlaceOfNote + 4 + NoteType.Length, 2 * SHA256.HashSizeInBytes))
        : "";
}

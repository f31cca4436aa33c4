using System.Text;
using System.Text.Json;
using PureClip.Imaging;
using PureClip.Imaging.Png;

namespace PureClip.TextToImage;

/// <summary>
/// A textual inversion inside of a picture, as A1111 saves it to be passed on: JSON in a text of the PNG, and once more in the low four
/// bits of two blocks of pixels, left and right of what is shown and parted from it by a black column each.
/// </summary>
/// <remarks>AUTOMATIC1111: modules/textual_inversion/image_embedding.py.</remarks>
internal static class InversionPicture
{
    private const string Tensors = "string_to_param", Numbers = "TORCHTENSOR", Name = "name";

    private const int MostBytes = 1 << 26;

    private const byte LowBits = 0x0F;

    private static ReadOnlySpan<byte> Keyword => "sd-ti-embedding"u8;

    /// <summary>Whether a file is a picture, by its first bytes.</summary>
    public static bool IsPicture(ReadOnlySpan<byte> head) => ImageFormats.Find(head) is not null;

    /// <summary>Reads a picture.</summary>
    /// <returns>The name that is inside, null for none; and the vectors, named as in A1111's other files.</returns>
    /// <exception cref="InvalidDataException">It holds no inversion, or is damaged.</exception>
    public static (string? Name, List<(string Key, List<float[]> Vectors)> Sets) Read(string path)
    {
        try
        {
            ReadOnlySpan<byte> file = ImageFormats.ReadFile(path).Span;
            byte[] json = OfText(file) ?? OfPixels(RgbConversion.ToRgb(ImageFormats.Decode(file), background: null))
                ?? throw new InvalidDataException(
                    "the picture holds no textual inversion, neither as text nor in its pixels. Take the file as it was published: saved "
                    + "once more, scaled or photographed from a screen, a picture loses it.");
            return Parse(json);
        }
        catch (Exception e) when (e is InvalidDataException or JsonException or FormatException)
        {
            throw new InvalidDataException(e is InvalidDataException
                ? $"{path}: {e.Message}"
                : $"{path}: the textual inversion inside of the picture is damaged. Download it again.", e);
        }
    }

    private static byte[]? OfText(ReadOnlySpan<byte> file)
    {
        if (!file.StartsWith(PngChunkReader.Signature))
            return null;
        PngChunkReader chunks = new(file);
        while (chunks.TryRead(verify: false, out PngChunk chunk))
            if (PngText.KeywordOf(chunk).SequenceEqual(Keyword))
                return System.Convert.FromBase64String(Encoding.ASCII.GetString(PngText.Of(chunk, MostBytes)));
        return null;
    }

    /// <summary>What the pixels hold; null where they hold nothing.</summary>
    private static byte[]? OfPixels(RgbImage image)
    {
        if (Shown(image) is not var (left, top, right, bottom))
            return null;
        int first = right, last = left - 1;
        for (int x = left; x < right; x++)
            if (IsEmpty(image, x, top, bottom))
                (first, last) = (Math.Min(first, x), x);
        int width = first - left;
        if (first >= last || width == 0 || right - (last + 1) != width)
            return null;
        byte[] data = new byte[width * (bottom - top) * 3];
        uint noise = 0;
        for (int i = 0; i < data.Length; i++)
        {
            noise = unchecked(1664525 * noise + 1013904223);
            int mask = (int)(noise % 255), row = top + i / (width * 3), column = i % (width * 3);
            int from = row * image.Width * 3 + column;
            int low = image.Pixels[from + left * 3] ^ mask, high = image.Pixels[from + (last + 1) * 3] ^ mask;
            data[i] = (byte)(((high & LowBits) << 4) | (low & LowBits));
        }
        ReadOnlySpan<byte> json = PngText.Inflate(data, MostBytes);
        return json.IsEmpty ? null : json.ToArray();
    }

    /// <summary>The smallest part outside of which no pixel has a number above 0 in every channel.</summary>
    private static (int Left, int Top, int Right, int Bottom)? Shown(RgbImage image)
    {
        (int left, int top, int right, int bottom) = (image.Width, image.Height, 0, 0);
        for (int y = 0, at = 0; y < image.Height; y++)
            for (int x = 0; x < image.Width; x++, at += 3)
                if (!image.Pixels.AsSpan(at, 3).Contains((byte)0))
                    (left, top, right, bottom) = (Math.Min(left, x), Math.Min(top, y), Math.Max(right, x + 1), y + 1);
        return right == 0 ? null : (left, top, right, bottom);
    }

    private static bool IsEmpty(RgbImage image, int x, int top, int bottom)
    {
        for (int y = top; y < bottom; y++)
            foreach (byte sample in image.Pixels.AsSpan((y * image.Width + x) * 3, 3))
                if ((sample & LowBits) != 0)
                    return false;
        return true;
    }

    private static (string? Name, List<(string Key, List<float[]> Vectors)> Sets) Parse(byte[] json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        JsonElement root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty(Tensors, out JsonElement all)
            || all.ValueKind != JsonValueKind.Object)
            throw new InvalidDataException($"the data inside of the picture has no {Tensors}, so it is no textual inversion.");
        List<(string, List<float[]>)> sets = [];
        foreach (JsonProperty tensor in all.EnumerateObject())
            if (tensor.Value.ValueKind == JsonValueKind.Object && tensor.Value.TryGetProperty(Numbers, out JsonElement numbers)
                && numbers.ValueKind == JsonValueKind.Array && numbers.GetArrayLength() > 0)
                sets.Add(($"{Tensors}.{tensor.Name}", numbers[0].ValueKind == JsonValueKind.Array
                    ? [.. numbers.EnumerateArray().Select(Row)]
                    : [Row(numbers)]));
        return (root.TryGetProperty(Name, out JsonElement name) && name.ValueKind == JsonValueKind.String ? name.GetString() : null, sets);
    }

    /// <summary>Its numbers; what is none is NaN, which is refused with the rest of its kind.</summary>
    private static float[] Row(JsonElement list) => list.ValueKind == JsonValueKind.Array
        ? [.. list.EnumerateArray().Select(static x => x.ValueKind == JsonValueKind.Number ? (float)x.GetDouble() : float.NaN)]
        : [float.NaN];
}

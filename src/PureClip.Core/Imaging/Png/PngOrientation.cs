namespace PureClip.Imaging.Png;

/// <summary>
/// The orientation of a PNG from all the places where Pillow 9.4 looks for it: EXIF data (the chunk eXIf, else a text "Raw profile type
/// exif" as ImageMagick writes it); where that has no such tag, XMP. Chunks may stand before or behind the pixels; of several of a kind the
/// last counts. A picture does not fail for any of them.
/// </summary>
internal sealed class PngOrientation
{
    // What a text may inflate to, as in Pillow: real ones have some kilobytes, and a few bytes can declare gigabytes.
    private const int MaxTextBytes = 1 << 20;

    private bool _hasExif;
    private int? _exif;
    private int? _rawProfile;
    private int? _xmp;

    /// <summary>1 to 8; 1 (as stored) where nothing says otherwise.</summary>
    public int Value => (_hasExif ? _exif : _rawProfile) ?? _xmp ?? 1;

    /// <summary>Looks into a chunk that may hold it.</summary>
    public void Read(PngChunk chunk)
    {
        switch (chunk.Type)
        {
            case PngChunk.Exif:
                _hasExif = true;
                _exif = FromExif(chunk.Body);
                break;
            case PngChunk.Text or PngChunk.CompressedText or PngChunk.InternationalText:
                ReadText(chunk);
                break;
        }
    }

    private void ReadText(PngChunk chunk)
    {
        ReadOnlySpan<byte> keyword = PngText.KeywordOf(chunk);
        if (keyword.SequenceEqual("Raw profile type exif"u8))
            _rawProfile = FromRawProfile(PngText.Of(chunk, MaxTextBytes));
        else if (keyword.SequenceEqual("XML:com.adobe.xmp"u8))
            _xmp = FromXmp(PngText.Of(chunk, MaxTextBytes));
    }

    private static int? FromExif(ReadOnlySpan<byte> body) =>
        ExifOrientation.Find(body.StartsWith("Exif\0\0"u8) ? body[6..] : body);

    // A line break, the profile's name, its length, then lines of hexadecimal digits.
    private static int? FromRawProfile(ReadOnlySpan<byte> text)
    {
        for (int line = 0; line < 3; line++)
        {
            int end = text.IndexOf((byte)'\n');
            if (end < 0)
                return null;
            text = text[(end + 1)..];
        }
        List<byte> digits = new(text.Length);
        foreach (byte c in text)
            if (!" \t\r\n\v\f"u8.Contains(c))
                digits.Add(c);
        byte[] profile = new byte[digits.Count / 2];
        return digits.Count % 2 == 0
            && Convert.FromHexString([.. digits], profile, out _, out _) == System.Buffers.OperationStatus.Done
                ? FromExif(profile)
                : null;
    }

    // The attribute tiff:Orientation="D" or the element tiff:Orientation>D, whichever comes first.
    private static int? FromXmp(ReadOnlySpan<byte> text)
    {
        for (int at = text.IndexOf("tiff:Orientation"u8); at >= 0; at = text.IndexOf("tiff:Orientation"u8))
        {
            text = text[(at + "tiff:Orientation".Length)..];
            int sign = text.StartsWith("=\""u8) ? 2 : text.StartsWith(">"u8) ? 1 : 0;
            if (sign > 0 && text.Length > sign && char.IsAsciiDigit((char)text[sign]))
                return text[sign] - '0' is >= 1 and <= 8 and int value ? value : 1;
        }
        return null;
    }
}

namespace PureClip.Server.Inputs;

/// <summary>One thing to embed: a text, a text's token ids, or the bytes of a picture file.</summary>
internal readonly struct Input
{
    private Input(string? text, int[]? tokens, ReadOnlyMemory<byte> picture, bool isPicture) =>
        (Text, Tokens, Picture, IsPicture) = (text, tokens, picture, isPicture);

    /// <summary>The text; null where it is something else.</summary>
    public string? Text { get; }

    /// <summary>The ids, without start and end; null where it is something else.</summary>
    public int[]? Tokens { get; }

    /// <summary>The bytes of a picture's file.</summary>
    public ReadOnlyMemory<byte> Picture { get; }

    /// <summary>Whether it is a picture.</summary>
    public bool IsPicture { get; }

    public static Input OfText(string text) => new(text, null, default, false);

    public static Input OfTokens(int[] tokens) => new(null, tokens, default, false);

    public static Input OfPicture(ReadOnlyMemory<byte> file) => new(null, null, file, true);
}

namespace PureClip.Cli.Arguments;

/// <summary>An argument that is a picture's path where such a file exists, else a text.</summary>
/// <param name="Value">What the user wrote.</param>
/// <param name="IsPicture">Which of the two it is.</param>
internal readonly record struct PictureOrText(string Value, bool IsPicture)
{
    /// <summary>"image" or "text".</summary>
    public string Kind => IsPicture ? "image" : "text";

    /// <summary>Looks whether there is such a file.</summary>
    /// <exception cref="FileNotFoundException">There is none, but it ends as a picture's name does: a slip rather than a text.</exception>
    public static PictureOrText Of(string argument)
    {
        bool isFile = File.Exists(argument);
        if (!isFile && PictureArguments.HasPictureExtension(argument))
            throw new FileNotFoundException($"{argument}: there is no such picture. (A text must not end as a picture's name does.)");
        return new(argument, isFile);
    }

    /// <summary>Its embedding.</summary>
    public float[] Encode(Clip clip)
    {
        if (!IsPicture)
            return clip.EncodeText(Value);
        try
        {
            return clip.EncodeImage(Value);
        }
        catch (IOException e)
        {
            throw new IOException(Failures.About(Value, e), e);
        }
    }
}

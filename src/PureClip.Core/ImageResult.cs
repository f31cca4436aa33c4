using System.Runtime.ExceptionServices;

namespace PureClip;

/// <summary>What became of one picture of many.</summary>
public sealed class ImageResult
{
    private readonly float[]? _embedding;

    internal ImageResult(int index, ImageSource source, float[]? embedding, Exception? error)
    {
        Index = index;
        Source = source;
        _embedding = embedding;
        Error = error;
    }

    /// <summary>Its position among the pictures.</summary>
    public int Index { get; }

    /// <summary>The picture.</summary>
    public ImageSource Source { get; }

    /// <summary>What messages call the picture.</summary>
    public string Name => Source.Name;

    /// <summary>
    /// Why it has no embedding; null where it has one. An <see cref="InvalidDataException"/> where the picture is damaged, an
    /// <see cref="IOException"/> where its file cannot be read, or whatever its stream or a decoder of one's own threw.
    /// </summary>
    public Exception? Error { get; }

    /// <summary>Whether it has no embedding.</summary>
    public bool IsError => Error is not null;

    /// <summary>
    /// Its embedding, as <see cref="Clip.EncodeImage(ImageSource)"/> gives it. Throws <see cref="Error"/> where there is one.
    /// </summary>
    public float[] Embedding
    {
        get
        {
            if (Error is not null)
                ExceptionDispatchInfo.Throw(Error);
            return _embedding!;
        }
    }

    /// <inheritdoc/>
    public override string ToString() => IsError ? $"{Index}: {Name}: {Error!.Message}" : $"{Index}: {Name}";
}

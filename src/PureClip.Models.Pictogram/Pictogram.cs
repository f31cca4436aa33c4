namespace PureClip.Models;

/// <summary>
/// pictogram-mini, a small CLIP for trials and tests: 64 x 64 pixels, 256 numbers a vector, 10.8 MB. It was trained on emoji, icons and
/// simple drawings and knows those; it is not for photographs.
/// </summary>
/// <example><code>
/// using Clip clip = Pictogram.Load();
/// float[] vector = clip.EncodeText("birthday cake");
/// </code></example>
public static class Pictogram
{
    /// <summary>
    /// The model's directory, beside the program: the build of a program that refers to this package puts it there, and publishing takes it
    /// along.
    /// </summary>
    /// <exception cref="DirectoryNotFoundException">It is not there.</exception>
    public static string Directory => DirectoryBeside(AppContext.BaseDirectory);

    /// <summary>Opens the model; see <see cref="Clip.Load"/>.</summary>
    /// <param name="options">Threads, rules for pictures and texts; null for the defaults.</param>
    /// <param name="cancellationToken">Looked at before files are opened.</param>
    /// <exception cref="DirectoryNotFoundException">The model's directory is not beside the program.</exception>
    /// <exception cref="InvalidDataException">A file of the model is damaged.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public static Clip Load(ClipOptions? options = null, CancellationToken cancellationToken = default) =>
        Clip.Load(Directory, options, cancellationToken);

    /// <summary>
    /// As <see cref="Load"/>, and reads the towers, all on a thread of the pool: nothing is left to do for the first call.
    /// </summary>
    /// <inheritdoc cref="Load"/>
    public static Task<Clip> LoadAsync(ClipOptions? options = null, CancellationToken cancellationToken = default) =>
        Clip.LoadAsync(Directory, options, cancellationToken);

    internal static string DirectoryBeside(string program)
    {
        string directory = Path.Combine(program, "weights", "pictogram-mini");
        return System.IO.Directory.Exists(directory)
            ? directory
            : throw new DirectoryNotFoundException(
                $"{directory} is not there. The build of a program that refers to PureClip.Models.Pictogram puts the model's files there: "
                + "copy the folder weights with the program, or load a model from elsewhere with Clip.Load.");
    }
}

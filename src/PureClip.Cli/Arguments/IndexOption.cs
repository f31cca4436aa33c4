using System.CommandLine;
using PureClip.Search;

namespace PureClip.Cli.Arguments;

/// <summary><c>--index</c>: which index.</summary>
internal sealed class IndexOption
{
    /// <summary>The environment variable that names the index where <c>--index</c> does not.</summary>
    public const string EnvironmentVariable = "PURECLIP_INDEX";

    /// <summary>The index that is used where none is named, in the current folder.</summary>
    public const string Default = "pureclip.index";

    private readonly Option<string?> _index = Values.Text("--index", "DIR",
        $"The index, a folder. [default: {EnvironmentVariable}, else {Default}, here or in a folder above]");

    private readonly Shell _shell;

    public IndexOption(ShellCommand command)
    {
        _shell = command.Shell;
        command.Add(_index);
    }

    /// <summary>The folder of an index that is to be written.</summary>
    public string Directory(ParseResult line) => Explicit(line) ?? Default;

    /// <summary>The folder of an index that is to be read: where none is named, the nearest, here or above.</summary>
    public string DirectoryToRead(ParseResult line)
    {
        if (Explicit(line) is string named)
            return named;
        string path = Default;
        for (string? folder = Environment.CurrentDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (EmbeddingIndex.Exists(path))
                return path;
            path = Path.Combine("..", path);
        }
        return Default;
    }

    /// <summary>Opens the index without a model.</summary>
    /// <exception cref="FileNotFoundException">There is none; the message says how to make one.</exception>
    public FolderIndex Open(ParseResult line, Runtime? runtime = null)
    {
        string directory = DirectoryToRead(line), maker = $"'pureclip index FOLDER --index {Failures.Quoted(directory)}'";
        return EmbeddingIndex.Exists(directory)
            ? Failures.Advise(() => FolderIndex.Open(directory, new() { Runtime = runtime }), $"{maker} makes one.")
            : throw new FileNotFoundException(Explicit(line) is null
                ? $"{directory}: there is no index in this folder or above it. Make one with {maker}, or name the folders to search."
                : $"{directory}: there is no index. Make one with {maker}.");
    }

    /// <summary>Whether the command line itself names an index.</summary>
    public bool IsGiven(ParseResult line) => line.GetValue(_index) is { Length: > 0 };

    /// <summary>The folder that the user named, by option or environment, or null.</summary>
    public string? Explicit(ParseResult line)
    {
        if (line.GetValue(_index) is { Length: > 0 } named)
            return named;
        string? fromEnvironment = _shell.Variable(EnvironmentVariable);
        return string.IsNullOrEmpty(fromEnvironment) ? null : fromEnvironment;
    }
}

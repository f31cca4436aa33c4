using System.CommandLine;
using PureClip.Search;

namespace PureClip.Cli.Arguments;

/// <summary>FOLDER and <c>--index</c>: the pictures of folders, or without any, or with <c>--index</c>, those of an index.</summary>
internal sealed class PictureChoice
{
    private readonly Argument<string[]> _folders = new("FOLDER")
    {
        Description = PictureArguments.Description,
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly IndexOption _index;
    private readonly Shell _shell;

    public PictureChoice(ShellCommand command)
    {
        _shell = command.Shell;
        command.Add(_folders);
        _index = new(command);
    }

    /// <summary>The folders and files that are named; beside an index they choose what lies below them.</summary>
    public string[] Folders(ParseResult line) => line.GetValue(_folders) ?? [];

    /// <summary>Whether the pictures are those of an index.</summary>
    public bool IsIndex(ParseResult line) => Folders(line).Length == 0 || _index.IsGiven(line);

    /// <summary>What the pictures are called: their folders, else the index.</summary>
    public string[] Names(ParseResult line) => Folders(line) is { Length: > 0 } folders ? folders : [_index.DirectoryToRead(line)];

    /// <summary>The choice as it is typed.</summary>
    public string Typed(ParseResult line) => IsIndex(line)
        ? $"--index {Failures.Quoted(_index.DirectoryToRead(line))}"
        : string.Join(' ', Folders(line).Select(Failures.Quoted));

    /// <summary>The files of the folders; empty for an index. False where there are none, which has been reported.</summary>
    public bool TryFind(ParseResult line, out List<string> paths)
    {
        paths = IsIndex(line) ? [] : PictureArguments.Expand(Folders(line), _shell);
        return paths.Count > 0 || IsIndex(line);
    }

    /// <summary>Opens the index, before anything takes time; null for folders.</summary>
    public FolderIndex? OpenIndex(ParseResult line, Runtime runtime) => IsIndex(line) ? _index.Open(line, runtime) : null;

    /// <summary>The chosen entries of the index, which has to be of the model.</summary>
    public PictureSet Of(ParseResult line, FolderIndex index, Clip clip)
    {
        index.Index.RequireSpace(clip.Space, VectorKinds.None);
        return PictureSet.Of(index, Folders(line), _shell);
    }
}

using System.CommandLine;
using PureClip.Cli.Output;
using PureClip.Concepts;
using PureClip.Tokenization;

namespace PureClip.Cli.Arguments;

/// <summary><c>--words</c>, <c>--template</c> and <c>--cache</c>: the words that directions are named with.</summary>
internal sealed class WordOptions
{
    // Hundreds of texts take seconds on a large model; shorter lists are not worth a file.
    private const int FewestToKeep = 500;

    private readonly Option<string?> _words;
    private readonly string[]? _usual;

    private readonly Option<PromptTemplate?> _template = Values.Template("--template",
        "A sentence with {} where the word goes. [default: the bare word]");

    private readonly CacheFolder _cache;

    /// <param name="command">The command.</param>
    /// <param name="usual">The words where the user names none; null for those of the model's vocabulary.</param>
    public WordOptions(ShellCommand command, string[]? usual = null)
    {
        _usual = usual;
        string where = usual is null ? "the whole words of the model's own vocabulary" : $"{usual.Length} words for what pictures show";
        _words = Values.Text("--words", "FILE",
            $"The words to choose from, one a line; blank lines and lines that begin with # are skipped. [default: {where}]");
        command.Add(_words);
        command.Add(_template);
        _cache = new(command);
    }

    /// <summary>The words of the user's file, else the command's own; null where there is neither.</summary>
    public string[]? Listed(ParseResult line) => line.GetValue(_words) is string file ? Read(file) : _usual;

    /// <summary>The prompt of every word.</summary>
    public PromptTemplate Template(ParseResult line) => line.GetValue(_template) ?? PromptTemplate.Bare;

    /// <summary>The words to choose from: those listed, else those of the model's vocabulary.</summary>
    /// <exception cref="InvalidDataException">
    /// The model has no text tower, so that no word can be embedded; or a listed word is longer than it takes.
    /// </exception>
    public string[] Of(ParseResult line, Clip clip, string[]? listed)
    {
        ITokenizer tokenizer = clip.Tokenizer ?? throw new InvalidDataException(
            $"{clip.Source} holds a vision tower only, so it knows no words. Name a model with a text tower.");
        foreach (string word in listed ?? [])
            TruncateOption.RequireThatItFits(clip, Template(line).Fill(word), $"The word \"{TextLines.Beginning(word)}\"");
        return listed ?? VocabularyWords.Of(tokenizer);
    }

    /// <summary>Words with their embeddings, which are kept where there are many.</summary>
    public WordTable Table(ParseResult line, Clip clip, string[] words, Shell shell)
    {
        PromptTemplate template = Template(line);
        using ProgressLine progress = shell.StartProgress(words.Length, "words", streams: false);
        return words.Length >= FewestToKeep && _cache.Of(line) is string folder
            ? WordTable.CreateCached(clip, words, folder, template, progress, shell.Cancellation)
            : WordTable.Create(clip, words, template, progress, shell.Cancellation);
    }

    /// <summary>Words, one a line; blank lines and lines that begin with # are skipped.</summary>
    public static string[] In(IEnumerable<string> lines) =>
        [.. lines.Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#').Distinct(StringComparer.Ordinal)];

    private static string[] Read(string file)
    {
        string[] words = In(File.ReadLines(file));
        return words.Length >= 2
            ? words
            : throw new InvalidDataException(
                $"{file} has {words.Length} words; there must be two at least, one a line: a word is told by how it differs from the "
                    + "others.");
    }
}

/// <summary><c>--cache</c>: where what took long to compute is kept between runs.</summary>
internal sealed class CacheFolder
{
    /// <summary>The environment variable that names the folder where <c>--cache</c> does not.</summary>
    public const string EnvironmentVariable = "PURECLIP_CACHE";

    private readonly Option<string?> _folder = Values.Text("--cache", "DIR",
        $"Where embeddings of long word lists are kept; can be deleted at any time. [default: {EnvironmentVariable}, else a folder of the "
            + "user's]");

    private readonly Shell _shell;

    public CacheFolder(ShellCommand command)
    {
        _shell = command.Shell;
        command.Add(_folder);
    }

    /// <summary>The folder; null where the user has none.</summary>
    public string? Of(ParseResult line) => line.GetValue(_folder) is { Length: > 0 } named ? named : Usual(_shell);

    /// <summary>The folder where the command line names none; null where the user has none.</summary>
    public static string? Usual(Shell shell)
    {
        if (shell.Variable(EnvironmentVariable) is { Length: > 0 } fromEnvironment)
            return fromEnvironment;
        return UsersCaches(shell) is string caches ? Path.Combine(caches, "pureclip") : null;
    }

    private static string? UsersCaches(Shell shell)
    {
        if (OperatingSystem.IsWindows())
            return Folder(Environment.SpecialFolder.LocalApplicationData);
        if (shell.Variable("XDG_CACHE_HOME") is string caches && Path.IsPathRooted(caches))
            return caches;
        return Folder(Environment.SpecialFolder.UserProfile) is string home
            ? Path.Combine(home, OperatingSystem.IsMacOS() ? "Library/Caches" : ".cache")
            : null;
    }

    private static string? Folder(Environment.SpecialFolder folder) =>
        Environment.GetFolderPath(folder) is { Length: > 0 } path ? path : null;
}

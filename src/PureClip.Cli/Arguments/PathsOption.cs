using System.CommandLine;

namespace PureClip.Cli.Arguments;

/// <summary><c>--paths</c> and <c>-0</c>: nothing but paths, for another program.</summary>
internal sealed class PathsOption
{
    private readonly Option<bool> _paths = Values.Flag("--paths", "Write paths alone, one a line.");

    private readonly Option<bool> _null = Values.Flag("--null", "Write paths alone, a NUL byte behind each, for xargs -0.");

    public PathsOption(Command command)
    {
        _null.Aliases.Add("-0");
        command.Add(_paths);
        command.Add(_null);
    }

    /// <summary>What ends a path; null where more than paths is to be written.</summary>
    public char? Of(ParseResult line)
    {
        if (line.GetValue(_null))
            return '\0';
        return line.GetValue(_paths) ? '\n' : null;
    }

    /// <summary>Refuses a format beside these.</summary>
    /// <exception cref="UsageException">Both were given.</exception>
    public void RequireNoFormat(ParseResult line, FormatOption format)
    {
        if (Of(line) is not null && format.Explicit(line) is not null)
            throw new UsageException("--paths and --null write paths alone; leave --format away.");
    }
}

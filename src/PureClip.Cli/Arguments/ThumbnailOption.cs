using System.CommandLine;
using PureClip.Cli.Output;

namespace PureClip.Cli.Arguments;

/// <summary>Whether pictures are shown in the terminal.</summary>
internal enum ThumbnailChoice
{
    /// <summary>Where the terminal can.</summary>
    Auto,

    /// <summary>Never.</summary>
    Off,

    /// <summary>By the Kitty graphics protocol.</summary>
    Kitty,

    /// <summary>As sixels.</summary>
    Sixel,
}

/// <summary><c>--thumbnails</c>: the pictures themselves above the table, in terminals that can show them.</summary>
internal sealed class ThumbnailOption
{
    private readonly Option<ThumbnailChoice?> _choice = Values.Choice("--thumbnails",
        "Show the pictures above the table: kitty and sixel are the two ways in which terminals take pictures; auto finds out, and shows "
            + "nothing where the terminal cannot. Nothing is shown in a pipe or a file. [default: auto]",
        ("auto", ThumbnailChoice.Auto), ("off", ThumbnailChoice.Off), ("kitty", ThumbnailChoice.Kitty), ("sixel", ThumbnailChoice.Sixel));

    private readonly Shell _shell;

    public ThumbnailOption(ShellCommand command)
    {
        _shell = command.Shell;
        command.Add(_choice);
    }

    /// <summary>Shows pictures, where results are a table in a terminal.</summary>
    /// <param name="line">What the user wrote.</param>
    /// <param name="format">How results are written.</param>
    /// <param name="pictures">The pictures' paths, and what stands below each.</param>
    public void Show(ParseResult line, OutputFormat format, IEnumerable<(string Path, string Words)> pictures)
    {
        if (format != OutputFormat.Table || !_shell.OutputIsTerminal || !_shell.ObeysEscapes)
            return;
        TerminalAbilities abilities = (line.GetValue(_choice) ?? ThumbnailChoice.Auto) switch
        {
            ThumbnailChoice.Off => new(GraphicsProtocol.None),
            ThumbnailChoice.Kitty => new(GraphicsProtocol.Kitty),
            ThumbnailChoice.Sixel => new TerminalAbilities(GraphicsProtocol.Sixel),
            _ => TerminalAbilities.Find(_shell.Variable, _shell.AskTerminal),
        };
        if (abilities.Protocol != GraphicsProtocol.None)
            ThumbnailSheet.Write(_shell.Out, abilities, _shell.Width, pictures);
    }
}

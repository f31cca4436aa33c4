using System.CommandLine;
using System.CommandLine.Help;
using PureClip.Cli.Commands;
using PureClip.Cli.Output;

namespace PureClip.Cli;

/// <summary>The program: its commands.</summary>
internal static class Program
{
    private const string Name = "pureclip";

    private const int WidthOfHelpInAFile = 100;

    public static int Main(string[] args) => Host.Start(Name, shell =>
    {
        shell.AskTerminal = TerminalAbilities.AskTerminal;
        return Run(args, shell);
    });

    /// <summary>Runs a command line with redirected streams.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(string[] args, TextReader stdin, TextWriter stdout, TextWriter stderr, CancellationToken cancellationToken) =>
        Run(args, new Shell(stdin, stdout, stderr, Name) { Cancellation = cancellationToken });

    /// <summary>Runs a command line.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(string[] args, Shell shell)
    {
        RootCommand root = new(
            "CLIP on the command line: pictures and texts become vectors of one space, so that pictures can be found by describing them.")
        {
            new SearchCommand(shell),
            new GetCommand(shell),
            new ModelsCommand(shell),
            new DuplicatesCommand(shell),
            new GroupsCommand(shell),
            new IndexCommand(shell),
            new ClassifyCommand(shell),
            new ConceptCommand(shell),
            new TrainProbeCommand(shell),
            new FineTuneCommand(shell),
            new EvaluateCommand(shell),
            new DrawCommand(shell),
            new SimilarityCommand(shell),
            new EmbedCommand(shell),
            new TokenizeCommand(shell),
            new PreprocessCommand(shell),
            new ConvertCommand(shell),
            new InspectCommand(shell),
            new VerifyCommand(shell),
            new InfoCommand(shell),
            new BenchCommand(shell),
            new CompletionCommand(shell),
        };
        root.Add(new CompleteCommand(shell, root));
        root.Directives.Clear();
        HelpOption help = root.Options.OfType<HelpOption>().Single();
        HelpAction usual = (HelpAction)help.Action!;
        usual.MaxWidth = Math.Max(HelpWithExamples.Narrowest, shell.OutputWidth ?? WidthOfHelpInAFile);
        HelpWithExamples action = new(usual);
        help.Action = action;
        root.SetAction(action.Invoke);
        return Host.Run(root, args, shell);
    }
}

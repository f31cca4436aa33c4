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

    /// <summary>The commands: what is typed, and how each is made.</summary>
    internal static IReadOnlyList<(string Name, Func<Shell, ShellCommand> Make)> Commands { get; } =
    [
        ("search", static shell => new SearchCommand(shell)),
        ("get", static shell => new GetCommand(shell)),
        ("models", static shell => new ModelsCommand(shell)),
        ("duplicates", static shell => new DuplicatesCommand(shell)),
        ("groups", static shell => new GroupsCommand(shell)),
        ("map", static shell => new MapCommand(shell)),
        ("index", static shell => new IndexCommand(shell)),
        ("merge", static shell => new MergeCommand(shell)),
        ("export", static shell => new ExportCommand(shell)),
        ("classify", static shell => new ClassifyCommand(shell)),
        ("concept", static shell => new ConceptCommand(shell)),
        ("train-probe", static shell => new TrainProbeCommand(shell)),
        ("finetune", static shell => new FineTuneCommand(shell)),
        ("evaluate", static shell => new EvaluateCommand(shell)),
        ("explain", static shell => new ExplainCommand(shell)),
        ("draw", static shell => new DrawCommand(shell)),
        ("condition", static shell => new ConditionCommand(shell)),
        ("similarity", static shell => new SimilarityCommand(shell)),
        ("embed", static shell => new EmbedCommand(shell)),
        ("tokenize", static shell => new TokenizeCommand(shell)),
        ("preprocess", static shell => new PreprocessCommand(shell)),
        ("convert", static shell => new ConvertCommand(shell)),
        ("inspect", static shell => new InspectCommand(shell)),
        ("verify", static shell => new VerifyCommand(shell)),
        ("info", static shell => new InfoCommand(shell)),
        ("bench", static shell => new BenchCommand(shell)),
        ("completion", static shell => new CompletionCommand(shell)),
    ];

    /// <summary>Runs a command line.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(string[] args, Shell shell) => Host.Run(Root(args, shell), args, shell);

    /// <summary>The command that a command line begins with, or all of them, with their help.</summary>
    internal static RootCommand Root(string[] args, Shell shell)
    {
        RootCommand root = new(
            "CLIP on the command line: pictures and texts become vectors of one space, so that pictures can be found by describing them.");
        // Who has typed a command's name needs no other, and who asks for the version none: to declare all of them takes longer than many a
        // command's work.
        Func<Shell, ShellCommand>? asked = args.Length > 0 ? Commands.FirstOrDefault(command => command.Name == args[0]).Make : null;
        if (asked is not null)
            root.Add(asked(shell));
        else if (args is not ["--version"])
        {
            foreach ((_, Func<Shell, ShellCommand> make) in Commands)
                root.Add(make(shell));
            root.Add(new CompleteCommand(shell, root));
        }
        root.Directives.Clear();
        HelpOption help = root.Options.OfType<HelpOption>().Single();
        HelpAction usual = (HelpAction)help.Action!;
        usual.MaxWidth = Math.Max(HelpWithExamples.Narrowest, shell.OutputWidth ?? WidthOfHelpInAFile);
        HelpWithExamples action = new(usual);
        help.Action = action;
        root.SetAction(action.Invoke);
        return root;
    }
}

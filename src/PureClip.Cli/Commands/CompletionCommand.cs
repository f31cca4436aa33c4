using System.CommandLine;
using System.CommandLine.Completions;
using PureClip.Cli.Hub;
using PureClip.Convert;

namespace PureClip.Cli.Commands;

/// <summary><c>pureclip completion</c>: a script by which a shell completes commands, options and names of models.</summary>
internal sealed class CompletionCommand : ShellCommand
{
    private static readonly (string Shell, string Script)[] Scripts =
    [
        ("bash", """
            _pureclip() {
                local IFS=$'\n' cur="${COMP_WORDS[COMP_CWORD]}"
                COMPREPLY=($(compgen -W "$(pureclip complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2> /dev/null)" -- "$cur"))
                [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$cur"))
            }
            complete -o filenames -F _pureclip pureclip

            """),
        ("zsh", """
            #compdef pureclip
            _pureclip() {
                local -a found
                found=("${(@f)$(pureclip complete -- "${(@)words[2,CURRENT]}" 2> /dev/null)}")
                if [[ -n "$found" ]]; then compadd -a found; else _files; fi
            }
            compdef _pureclip pureclip

            """),
        ("fish", """
            complete -c pureclip -a '(pureclip complete -- (commandline -opc)[2..-1] (commandline -ct) 2> /dev/null)'

            """),
        ("powershell", """
            Register-ArgumentCompleter -Native -CommandName pureclip -ScriptBlock {
                param($word, $line, $position)
                $words = @($line.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
                if ($word -eq '') { $words += '' }
                pureclip complete -- @words 2> $null | ForEach-Object {
                    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
                }
            }

            """),
    ];

    private readonly Argument<string> _shell = new("SHELL") { Description = "bash, zsh, fish or powershell (pwsh)." };

    public CompletionCommand(Shell shell)
        : base(shell, "completion", "Write a script by which a shell completes what is typed.",
            ["Commands, options, values of options and names of models are completed; files by the shell itself."],
            new("source <(pureclip completion bash)", "For bash; in ~/.bashrc it lasts"),
            new("pureclip completion zsh > ~/.zfunc/_pureclip", "For zsh, in a folder of fpath"),
            new("pureclip completion fish > ~/.config/fish/completions/pureclip.fish", "For fish"),
            new("pureclip completion powershell | Out-String | Invoke-Expression", "For PowerShell; in $PROFILE it lasts"))
    {
        _shell.CompletionSources.Add([.. Scripts.Select(script => script.Shell)]);
        Add(_shell);
    }

    protected override void Run(ParseResult line)
    {
        string asked = line.GetValue(_shell)!;
        string name = asked.Equals("pwsh", StringComparison.OrdinalIgnoreCase) ? "powershell" : asked; // as its program is called
        string? script = Array.Find(Scripts, script => script.Shell.Equals(name, StringComparison.OrdinalIgnoreCase)).Script;
        Shell.Out.Write(script?.ReplaceLineEndings("\n")
            ?? throw new UsageException($"completion: '{asked}' is unknown; choose "
                + $"{string.Join(" or ", Scripts.Select(one => one.Shell))}."));
        Shell.Out.Flush();
    }
}

/// <summary><c>pureclip complete -- WORD...</c>: what may stand for the last word, a line each. Scripts call it, not people.</summary>
internal sealed class CompleteCommand : Command
{
    private readonly Argument<string[]> _words = new("WORD") { Arity = ArgumentArity.ZeroOrMore };

    public CompleteCommand(Shell shell, RootCommand root)
        : base("complete", "What may stand for the last word of a line.")
    {
        Hidden = true;
        Add(_words);
        SetAction(line =>
        {
            foreach (string word in Complete(root, line.GetValue(_words) ?? [], shell))
                shell.Out.Write(word + "\n");
            return ExitCode.Success;
        });
    }

    private static IEnumerable<string> Complete(RootCommand root, string[] words, Shell shell)
    {
        string typed = words.Length > 0 ? words[^1] : "", before = words.Length > 1 ? words[^2] : "";
        IEnumerable<string> found = before == "--model" ? ModelsHere(shell)
            : words is ["get", _] && !typed.StartsWith('-') ? PublishedModels.All.Select(model => model.Name)
            : Parsed(root, words, typed);
        return found.Where(word => word.StartsWith(typed, StringComparison.Ordinal)).Distinct().Order(StringComparer.Ordinal);
    }

    private static IEnumerable<string> ModelsHere(Shell shell)
    {
        ModelStore store = new(shell.Variable);
        return PublishedModels.All.Where(model => store.Find(model.Repository) is not null).Select(model => model.Name);
    }

    private static IEnumerable<string> Parsed(RootCommand root, string[] words, string typed)
    {
        // The words of the line as they are, and the last one as it is typed so far.
        string line = string.Join(' ', words.Select(static word => word.Contains(' ', StringComparison.Ordinal) ? $"\"{word}\"" : word));
        IEnumerable<CompletionItem> items = root.Parse(line).GetCompletions(line.Length);
        return items.Select(item => item.Label).Where(label => label.Length > 2 && (typed.StartsWith('-') || !label.StartsWith('-')));
    }
}

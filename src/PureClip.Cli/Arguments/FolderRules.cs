using System.CommandLine;

namespace PureClip.Cli.Arguments;

/// <summary>
/// <c>--exclude-dir</c>, <c>--include-hidden</c> and <c>--strict</c>, on every command that reads pictures: which of a folder's, and what
/// it means where some cannot be read.
/// </summary>
internal sealed class FolderRules
{
    private readonly Option<string[]?> _excluded = Values.Texts("--exclude-dir", "NAME",
        "Pass over folders of this name, however deep; may have * and ?, and may be given several times.");

    private readonly Option<bool> _hidden = Values.Flag("--include-hidden", "Look into hidden folders, and at hidden files, too.");

    private readonly Option<bool> _strict = Values.Flag("--strict",
        "End with exit code 1 where any picture cannot be read. Without it, that is so only where none can, or one is "
            + $"larger than {Failures.MaxPixels} or {Failures.MaxBytes}.");

    public FolderRules(ShellCommand command)
    {
        command.Add(_excluded);
        command.Add(_hidden);
        command.Add(_strict);
        command.Before += line =>
        {
            string[] excluded = line.GetValue(_excluded) ?? [];
            if (excluded.FirstOrDefault(name => name.Length == 0 || name.AsSpan().ContainsAny('/', '\\')) is string path)
                throw new UsageException($"--exclude-dir '{path}' is no name of a folder; give the name alone, such as 'node_modules'.");
            command.Shell.ExcludedFolders = excluded;
            command.Shell.IncludesHidden = line.GetValue(_hidden);
            command.Shell.IsStrict = line.GetValue(_strict);
        };
    }
}

using System.CommandLine;
using PureClip.Labels;

namespace PureClip.Cli.Arguments;

/// <summary><c>--head</c>: names that stand for what a head has learnt of them, in place of what the text tower knows.</summary>
internal sealed class HeadOption
{
    private const string FileName = "head.safetensors";

    private readonly Option<string?> _head = Values.Text("--head", "FILE",
        "A head that 'finetune' wrote, or the folder with it: a text that is one of its names stands for what was learnt of it.");

    public HeadOption(Command command) => command.Add(_head);

    /// <summary>The head in a folder that 'finetune' wrote, or the file itself.</summary>
    public static string FileOf(string given) =>
        Directory.Exists(given) && File.Exists(Path.Combine(given, FileName)) ? Path.Combine(given, FileName) : given;

    /// <summary>Reads it; null where none is given.</summary>
    public Classifier? Load(ParseResult line, Clip clip) => line.GetValue(_head) is string given
        ? Failures.Advise(() => Classifier.Load(FileOf(given), clip), "Heads are written by 'pureclip finetune'.")
        : null;
}

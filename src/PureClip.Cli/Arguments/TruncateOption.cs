using System.CommandLine;
using PureClip.Cli.Output;

namespace PureClip.Cli.Arguments;

/// <summary><c>--truncate</c>, on every command that a text goes into: what becomes of one that the model cannot take whole.</summary>
internal sealed class TruncateOption
{
    private readonly Option<bool> _truncate = Values.Flag("--truncate",
        "Cut texts that have more tokens than the model takes; otherwise that is an error.");

    public TruncateOption(Command command) => command.Add(_truncate);

    /// <summary>Puts it into the library's options.</summary>
    public Func<ClipOptions, ClipOptions> Apply(ParseResult line) => options =>
        options with { Truncation = line.GetValue(_truncate) ? Truncation.KeepEnd : Truncation.Error };

    /// <summary>Before work is done for nothing: a text must fit, unless it is to be cut.</summary>
    /// <param name="clip">The model; one without a text tower says so itself.</param>
    /// <param name="text">What it is to read.</param>
    /// <param name="subject">What messages call it; null for the beginning of the text.</param>
    /// <exception cref="InvalidDataException">It does not fit.</exception>
    public static void RequireThatItFits(Clip clip, string text, string? subject = null)
    {
        if (clip.Tokenizer is not { DefaultTruncation: Truncation.Error } tokenizer)
            return;
        int tokens = tokenizer.EncodeWithoutSpecials(text).Length, most = tokenizer.MaxTextTokens;
        if (tokens > most)
        {
            subject ??= $"The text \"{TextLines.Beginning(text)}\"";
            throw new InvalidDataException(
                $"{subject} has {tokens} tokens and the model takes {most}. Shorten it, or cut it with --truncate.");
        }
    }
}

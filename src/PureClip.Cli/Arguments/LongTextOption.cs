using System.CommandLine;
using PureClip.Cli.Output;

namespace PureClip.Cli.Arguments;

/// <summary>
/// <c>--long-texts</c>, <c>--overlap</c> and <c>--context-length</c>: what a command does with texts that have more tokens than the model
/// takes,
/// beside cutting them.
/// </summary>
internal sealed class LongTextOption
{
    private const int MostContextLength = 4096;

    private readonly Option<LongTextPooling?> _pooling;

    private readonly Option<long?> _overlap = Values.OptionalInteger("--overlap",
        "Tokens that a window has in common with the one before. [default: 15]", 0, 1000);

    private readonly Option<long?> _contextLength = Values.OptionalInteger("--context-length",
        "Most tokens of a text, where it is to be more than the model's own: its positions are stretched as Long-CLIP does it.", 3,
        MostContextLength);

    private readonly bool _takesBest;

    /// <param name="command">The command.</param>
    /// <param name="takesBest">Whether it can use several vectors of a text.</param>
    public LongTextOption(Command command, bool takesBest)
    {
        _takesBest = takesBest;
        (string, LongTextPooling)[] choices =
        [
            ("mean", LongTextPooling.Mean), ("token-mean", LongTextPooling.TokenMean), ("max", LongTextPooling.Max),
            ("first", LongTextPooling.First),
        ];
        _pooling = Values.Choice<LongTextPooling>("--long-texts",
            "Encode texts that have more tokens than the model takes in windows, and pool their vectors"
                + (takesBest ? "; best keeps all, and the nearest to a picture counts." : "."),
            takesBest ? [.. choices, ("best", LongTextPooling.Best)] : choices);
        command.Add(_pooling);
        command.Add(_overlap);
        command.Add(_contextLength);
    }

    /// <summary>What the user asks for; null for nothing.</summary>
    /// <exception cref="UsageException">An overlap of what is not cut into windows.</exception>
    public LongTextOptions? Of(ParseResult line)
    {
        if (line.GetValue(_pooling) is not LongTextPooling pooling)
            return line.GetValue(_overlap) is null
                ? null
                : throw new UsageException("--overlap is of the windows of long texts; name a pooling with --long-texts.");
        return new() { Pooling = pooling, Overlap = (int)(line.GetValue(_overlap) ?? new LongTextOptions().Overlap) };
    }

    /// <summary>Puts it into the library's options, behind what else a command asks for.</summary>
    public Func<ClipOptions, ClipOptions> Apply(ParseResult line, Func<ClipOptions, ClipOptions> before)
    {
        LongTextOptions? asked = Of(line);
        // Of a text whose windows all count there is no one vector; whoever takes them asks for them.
        LongTextOptions? pooled = asked?.Pooling == LongTextPooling.Best ? asked with { Pooling = LongTextPooling.First } : asked;
        return options => before(options) with { LongTexts = pooled, ContextLength = (int?)line.GetValue(_contextLength) };
    }

    /// <summary>Says of long texts in how many windows they were encoded, and what was made of them.</summary>
    public void Tell(ParseResult line, Shell shell, Clip clip, IEnumerable<string> texts)
    {
        if (Of(line) is not LongTextOptions options || clip.Tokenizer is null)
            return;
        foreach (string text in texts)
            if (clip.CutText(text, options.Overlap) is { Count: > 1 } windows)
                shell.Note($"\"{TextLines.Beginning(text)}\" has {clip.Tokenizer.EncodeWithoutSpecials(text).Length} tokens: "
                    + $"{windows.Count} windows of at most {clip.Tokenizer.MaxTextTokens}, {WordsFor(options.Pooling)}.");
    }

    private static string WordsFor(LongTextPooling pooling) => pooling switch
    {
        LongTextPooling.Mean => "of whose vectors the mean was taken",
        LongTextPooling.TokenMean => "of whose vectors the mean was taken, each as often as it has tokens",
        LongTextPooling.Max => "of whose vectors the largest numbers were taken",
        LongTextPooling.First => "of which the first counts",
        _ => "of which the one nearest to a picture counts",
    };
}

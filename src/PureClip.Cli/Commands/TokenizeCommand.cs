using System.CommandLine;
using PureClip.Cli.Arguments;
using PureClip.Cli.Output;
using PureClip.Tokenization;

namespace PureClip.Cli.Commands;

/// <summary><c>pureclip tokenize</c>: texts to the ids that the text tower takes.</summary>
internal sealed class TokenizeCommand : ShellCommand
{
    private enum Vocabulary
    {
        Model,
        Clip,
    }

    private static readonly Report<Tokenized> Texts = new(
        new("text", row => row.Text),
        new("count", row => row.Ids.Length) { Title = "tokens", Shown = Shown.InTables },
        new("ids", row => Array.ConvertAll(row.Ids, id => (long)id)),
        new("tokens", row => row.Tokens));

    private readonly Argument<string[]> _texts = new("TEXT") { Description = "Texts to tokenize.", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<bool> _jsonLines = Values.Flag("--json-lines", "Read texts from standard input, one JSON string a line.");

    private readonly Option<TextCleaning?> _cleaning = Values.Choice("--cleaning",
        "What is done to a text first. [default: what the model says; openai with --vocabulary clip]",
        ("openai", TextCleaning.OpenAI), ("huggingface", TextCleaning.HuggingFace), ("whitespace", TextCleaning.Whitespace),
        ("canonicalize", TextCleaning.Canonical), ("lower-case", TextCleaning.LowerCase));

    private readonly Option<bool> _noSpecial = Values.Flag("--no-special", "Leave out the start and the end.");

    private readonly Option<Vocabulary?> _vocabulary = Values.Choice("--vocabulary",
        "The model's own vocabulary, or the 49,408 tokens of CLIP, for which no model is needed. [default: model]",
        ("model", Vocabulary.Model), ("clip", Vocabulary.Clip));

    private readonly FormatOption _format;
    private readonly ModelOptions _model;

    public TokenizeCommand(Shell shell)
        : base(shell, "tokenize",
            "Show the tokens of texts.",
            ["A token is shown by its id and as the vocabulary spells it: bytes as visible characters, </w> at the end of a word.",
                "All tokens are shown; a note on standard error says where a text has more of them than the model takes.",
                "jsonl: {\"text\",\"ids\",\"tokens\"}"],
            new("pureclip tokenize \"a photo of a cat\"", "The ids that the model sees"),
            new("pureclip tokenize --json-lines --format jsonl < texts.jsonl", "Many texts, of any content, in order"))
    {
        Add(_texts);
        Add(_jsonLines);
        Add(_cleaning);
        Add(_noSpecial);
        Add(_vocabulary);
        _format = new(this);
        _model = new(this, threads: false, weights: false);
    }

    protected override void Run(ParseResult line)
    {
        string[] texts = line.GetValue(_texts) ?? [];
        bool fromInput = line.GetValue(_jsonLines);
        if (texts.Length == 0 && !fromInput)
            throw new UsageException("tokenize: no text; give one, or --json-lines to read them from standard input.");

        ITokenizer tokenizer = TokenizerOf(line);
        if (tokenizer is not BpeTokenizer)
            Shell.Note($"note: {tokenizer.Kind}, cleaning {tokenizer.Cleaning}");
        bool special = !line.GetValue(_noSpecial);
        IEnumerable<string> all = fromInput ? texts.Concat(ReadLines()) : texts;
        Texts.Write(Shell, _format.Of(line, Shell), all.Select(text => Tokenize(tokenizer, text, special)));
    }

    private ITokenizer TokenizerOf(ParseResult line)
    {
        TextCleaning? cleaning = line.GetValue(_cleaning);
        bool isClips = line.GetValue(_vocabulary) == Vocabulary.Clip;
        if (isClips && _model.Given(line) is not null)
            throw new UsageException("tokenize: --vocabulary clip is that of no model; leave --model or --vocabulary away.");
        if (isClips)
            return BpeTokenizer.CreateClip(new() { Cleaning = cleaning ?? TextCleaning.OpenAI });
        using Clip clip = _model.Load(line, change: options => options with { Threads = 1, Cleaning = cleaning });
        return clip.Tokenizer ?? throw new InvalidDataException(
            $"{clip.Source} holds a vision tower only, so it has no tokenizer. Name a model with a text tower, or use --vocabulary clip.");
    }

    private IEnumerable<string> ReadLines()
    {
        for (int number = 1; ReadLine() is string line; number++)
            yield return Parse(line, number);
    }

    /// <summary>Waiting for input must not make the program deaf to an interruption.</summary>
    private string? ReadLine() => Task.Run(Shell.In.ReadLine, Shell.Cancellation).WaitAsync(Shell.Cancellation).GetAwaiter().GetResult();

    private static string Parse(string line, int number)
    {
        try
        {
            return JsonString.Parse(line);
        }
        catch (FormatException e)
        {
            throw new InvalidDataException(
                $"Line {number} of standard input cannot be used: {e.Message}. Each line has to be one JSON string, such as \"a cat\".");
        }
    }

    private Tokenized Tokenize(ITokenizer tokenizer, string text, bool special)
    {
        int[] ids = tokenizer.EncodeWithoutSpecials(text);
        int most = tokenizer.MaxTextTokens;
        if (ids.Length > most)
            Shell.Note($"note: a text has {ids.Length} tokens and the model takes {most}: \"{TextLines.Beginning(text)}\"");
        int[] all = special ? [.. tokenizer.StartId is int start ? [start] : Array.Empty<int>(), .. ids, tokenizer.EndId] : ids;
        return new(text, all, Array.ConvertAll(all, tokenizer.Token));
    }

    private sealed record Tokenized(string Text, int[] Ids, string[] Tokens);
}

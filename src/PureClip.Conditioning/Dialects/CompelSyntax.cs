using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace PureClip.TextToImage;

/// <summary>A text, or several with a factor.</summary>
internal sealed record CompelNode(string? Text, double Factor, IReadOnlyList<CompelNode> Children);

/// <summary>What compel makes of a prompt.</summary>
/// <param name="Parts">Each with its weight.</param>
internal sealed record CompelPrompt(IReadOnlyList<CompelPart> Parts);

/// <summary>A part of a conjunction.</summary>
/// <param name="Weight">Its weight.</param>
/// <param name="Of">Its text as fragments; several where they are blended.</param>
/// <param name="Blend">A weight for each; null for no blend.</param>
/// <param name="IsNormalized">Whether these are divided by their sum.</param>
internal sealed record CompelPart(double Weight, IReadOnlyList<IReadOnlyList<PromptPiece>> Of, double[]? Blend, bool IsNormalized);

/// <summary>
/// compel's grammar, a recursive descent with the same order of alternatives and the same blanks between symbols as its own parser.
/// </summary>
/// <remarks>damian0815/compel: src/compel/prompt_parser.py.</remarks>
internal sealed partial class CompelSyntax
{
    private const double More = 1.1, Less = 0.9;
    private const string Symbols = "()\",.+-=", Signs = "+-";
    private const int MostLevels = 64;

    private readonly string _text;

    // What stands in brackets or quotes is asked for by several rules: read once, so that time stays linear.
    private readonly Dictionary<int, (List<CompelNode>? Nodes, int End)> _brackets = [], _quotes = [];
    private int _at, _level;

    private CompelSyntax(string text, int level) => (_text, _level) = (text, level);

    /// <summary>Reads a prompt.</summary>
    /// <exception cref="ArgumentException">It is written so that compel refuses it, or with what only a pipeline can do.</exception>
    public static CompelPrompt Read(string prompt)
    {
        if (string.IsNullOrWhiteSpace(prompt))
            return new([new(1, [[new("", 1)]], null, IsNormalized: true)]);
        CompelSyntax syntax = new(SpaceAfterCommas().Replace(prompt, ", "), 0);
        if (syntax.Operator(".and", ".add") is ({ } texts, _, { } weights))
            return new([.. texts.Select((text, i) => new CompelPart(weights[i], [Flatten(text)], null, IsNormalized: true))]);
        syntax._at = 0;
        if (syntax.Operator(".blend") is ({ } mixed, bool isNormalized, { } shares))
        {
            syntax.SkipBlanks();
            return syntax._at == syntax._text.Length
                ? new([new(1, [.. mixed.Select(Flatten)], shares, isNormalized)])
                : throw new ArgumentException(
                    $"compel has no meaning for what follows .blend(): \"{syntax._text[syntax._at..]}\". Write it into the texts that are "
                    + "blended.", nameof(prompt));
        }
        syntax._at = 0;
        return new([new(1, [Flatten(syntax.WholePrompt())], null, IsNormalized: true)]);
    }

    /// <summary>("a", "b").blend(0.7, 0.3)</summary>
    private (List<List<CompelNode>> Texts, bool IsNormalized, double[] Weights)? Operator(params string[] names)
    {
        List<List<CompelNode>> texts = [];
        if (!Symbol("("))
            return null;
        do
        {
            if ((Target() ?? Quoted(static syntax => syntax.WholePrompt())) is not { } text)
                return null;
            texts.Add(text);
        }
        while (Symbol(","));
        if (!Symbol(")") || !Array.Exists(names, Symbol) || !Symbol("("))
            return null;
        List<string> options = [];
        if (Option() is string first)
            for (string? option = first; option is not null; option = Symbol(",") ? Option() : null)
                options.Add(option);
        if (!Symbol(")"))
            return null;
        bool isNormalized = options.Count == 0 || options[^1] != "no_normalize";
        if (!isNormalized)
            options.RemoveAt(options.Count - 1);
        double[] weights = [.. options.Select(WeightOf)];
        if (weights.Length > 0 && weights.Length != texts.Count)
            throw new ArgumentException($"{names[0]}() has {weights.Length} weights for {texts.Count} texts; give one for each, or none.");
        return (texts, isNormalized, weights.Length == 0 ? [.. texts.Select(static _ => 1.0)] : weights);
    }

    private static double WeightOf(string option) =>
        double.TryParse(option, NumberStyles.Float, CultureInfo.InvariantCulture, out double weight)
            ? weight
            : throw new ArgumentException($"\"{option}\" is no weight; .blend() and .and() take numbers, and no_normalize last.");

    /// <summary>A whole prompt: what has marks, and anything else word by word.</summary>
    private List<CompelNode> WholePrompt()
    {
        List<CompelNode> nodes = [];
        while (true)
        {
            SkipBlanks();
            if (_at == _text.Length)
                return nodes;
            RefuseWhatNeedsThePipeline();
            if ((Weighted() ?? Quoted() ?? Bracketed()) is { } marked)
            {
                nodes.AddRange(marked);
                continue;
            }
            int start = _at;
            while (_at < _text.Length && !char.IsWhiteSpace(_text[_at]))
                _at++;
            nodes.Add(Leaf(_text[start.._at]));
        }
    }

    /// <summary>What may stand in brackets or quotes: full stops and commas are words of their own.</summary>
    private List<CompelNode> Inside()
    {
        List<CompelNode> nodes = [];
        while (true)
        {
            SkipBlanks();
            RefuseWhatNeedsThePipeline();
            if ((Weighted() ?? Bracketed() ?? Quoted() ?? Word()) is { } found)
                nodes.AddRange(found);
            else if (Symbol(",") || Symbol("."))
                nodes.Add(Leaf(_text[_at - 1].ToString()));
            else
                return nodes;
        }
    }

    /// <summary>(some words)1.2, "some words"++, word--, (some words).attend(1.2)</summary>
    private List<CompelNode>? Weighted()
    {
        int start = _at;
        if (Target() is { } attended && Symbol(".attend") && Symbol("(") && Factor() is double asked && Symbol(")"))
            return [new(null, asked, attended)];
        _at = start;
        if ((Quoted() ?? Bracketed()) is { } group && IsGlued && Factor() is double factor)
            return [new(null, factor, group)];
        _at = start;
        if (Word() is { } word && IsGlued && Sign() is double signed)
            return [new(null, signed, word)];
        _at = start;
        return null;
    }

    private List<CompelNode>? Target() => Quoted() ?? Bracketed() ?? Word();

    private bool IsGlued => _at < _text.Length && !char.IsWhiteSpace(_text[_at]);

    private List<CompelNode>? Bracketed() => Once(_brackets, static syntax =>
    {
        if (syntax._level == MostLevels || !syntax.Symbol("("))
            return null;
        syntax._level++;
        List<CompelNode> nodes = syntax.Inside();
        syntax._level--;
        return syntax.Symbol(")") ? nodes : null;
    });

    private List<CompelNode>? Quoted() => Once(_quotes, static syntax => syntax.Quoted(static inner => inner.Inside()));

    private List<CompelNode>? Quoted(Func<CompelSyntax, List<CompelNode>> read)
    {
        int start = _at;
        SkipBlanks();
        if (_level < MostLevels && InQuotes().Match(_text, _at) is { Success: true } match)
        {
            _at += match.Length;
            string text = match.Value[1..^1].Replace("\\\"", "\"", StringComparison.Ordinal);
            if (string.IsNullOrWhiteSpace(text))
                return [Leaf("")];
            CompelSyntax inner = new(text.Replace("\"", "\\\"", StringComparison.Ordinal), _level + 1);
            List<CompelNode> nodes = read(inner);
            inner.SkipBlanks();
            if (inner._at == inner._text.Length)
                return nodes;
        }
        _at = start;
        return null;
    }

    /// <summary>What a rule reads at this place; the place stays where it reads nothing.</summary>
    private List<CompelNode>? Once(
        Dictionary<int, (List<CompelNode>? Nodes, int End)> known, Func<CompelSyntax, List<CompelNode>?> read)
    {
        int start = _at;
        if (!known.TryGetValue(start, out (List<CompelNode>? Nodes, int End) found))
        {
            List<CompelNode>? nodes = read(this);
            known[start] = found = (nodes, nodes is null ? start : _at);
        }
        _at = found.End;
        return found.Nodes;
    }

    /// <summary>A word without marks: a sign inside of it is a part of it.</summary>
    private List<CompelNode>? Word()
    {
        int start = _at;
        SkipBlanks();
        StringBuilder word = new();
        while (_at < _text.Length && !char.IsWhiteSpace(_text[_at]))
        {
            char c = _text[_at];
            int length = c == '\\' && _at + 1 < _text.Length && IsSymbol(_text[_at + 1]) ? 2
                : !IsSymbol(c) || (IsSign(c) && IsInsideWord(_at + 1)) ? 1
                : 0;
            if (length == 0)
                break;
            word.Append(_text, _at, length);
            _at += length;
        }
        if (word.Length > 0)
            return [Leaf(word.ToString())];
        _at = start;
        return null;
    }

    private bool IsInsideWord(int at) =>
        at < _text.Length && !char.IsWhiteSpace(_text[at]) && !IsSymbol(_text[at]);

    private static bool IsSymbol(char c) => Symbols.Contains(c, StringComparison.Ordinal);

    private static bool IsSign(char c) => Signs.Contains(c, StringComparison.Ordinal);

    private double? Factor() => Sign() ?? Number();

    /// <summary>+, ++, -, --: a power of 1.1 or 0.9.</summary>
    private double? Sign()
    {
        SkipBlanks();
        int length = 0;
        while (_at + length < _text.Length && IsSign(_text[_at + length]) && _text[_at + length] == _text[_at])
            length++;
        if (length == 0)
            return null;
        double factor = Math.Pow(_text[_at] == '+' ? More : Less, length);
        _at += length;
        return factor;
    }

    private double? Number()
    {
        SkipBlanks();
        if (NumberText().Match(_text, _at) is not { Success: true } match)
            return null;
        _at += match.Length;
        return double.Parse(match.ValueSpan, NumberStyles.Float, CultureInfo.InvariantCulture);
    }

    private string? Option()
    {
        SkipBlanks();
        Match match = NumberText().Match(_text, _at);
        if (!match.Success)
            match = Keyword().Match(_text, _at);
        if (!match.Success)
            return null;
        _at += match.Length;
        return match.Value;
    }

    private void RefuseWhatNeedsThePipeline()
    {
        int start = _at;
        bool needs = (Target() is not null && Symbol(".swap") && Symbol("("))
            || LoraWord().Match(_text, start) is { Success: true };
        _at = start;
        if (needs)
            throw new ArgumentException(
                "compel's .swap() and withLora() act while a picture is drawn, so they cannot become conditioning tensors. Take them "
                + "out of "
                + "the prompt; a text encoder's LoRA can be named when the encoders are loaded.");
    }

    private bool Symbol(string symbol)
    {
        int start = _at;
        SkipBlanks();
        if (_text.AsSpan(_at).StartsWith(symbol, StringComparison.Ordinal))
        {
            _at += symbol.Length;
            return true;
        }
        _at = start;
        return false;
    }

    private void SkipBlanks()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at]))
            _at++;
    }

    private static CompelNode Leaf(string text) => new(text, 1, []);

    /// <summary>Factors multiply from outside in; neighbours of one weight are joined by a blank.</summary>
    private static IReadOnlyList<PromptPiece> Flatten(List<CompelNode> nodes)
    {
        List<PromptPiece> pieces = [];
        foreach (CompelNode node in nodes)
            Add(node, 1);
        return pieces.Count == 0 ? [new("", 1)] : pieces;

        void Add(CompelNode node, double scale)
        {
            foreach (CompelNode child in node.Children)
                Add(child, scale * node.Factor);
            if (node.Text is null)
                return;
            string text = Unescape(node.Text);
            if (pieces.Count > 0 && pieces[^1].Weight == scale)
                pieces[^1] = new(Unescape($"{pieces[^1].Text} {text}"), scale);
            else
                pieces.Add(new(text, scale));
        }
    }

    private static string Unescape(string text) => text
        .Replace("\\(", "(", StringComparison.Ordinal).Replace("\\)", ")", StringComparison.Ordinal)
        .Replace("\\\"", "\"", StringComparison.Ordinal);

    [GeneratedRegex(@",(?=\S)")]
    private static partial Regex SpaceAfterCommas();

    [GeneratedRegex("\\G\"(?:\\\\\"|[^\"\\n\\r])*\"")]
    private static partial Regex InQuotes();

    [GeneratedRegex(@"\G(?:[+-]?(?:[0-9]+\.[0-9]*|\.[0-9]+)|-?[0-9]+)")]
    private static partial Regex NumberText();

    [GeneratedRegex(@"\G[A-Za-z0-9_-]+")]
    private static partial Regex Keyword();

    [GeneratedRegex(@"\G\s*(?:useLora|withLora)\s*\(\s*[A-Za-z0-9_-]+\s*(?:,\s*[+-]?[0-9.]+\s*)?\)")]
    private static partial Regex LoraWord();
}

using System.Globalization;
using System.Text.RegularExpressions;

namespace PureClip.TextToImage;

/// <summary>
/// AUTOMATIC1111's prompts: <c>(more)</c>, <c>[less]</c>, <c>(so much:1.3)</c>, escapes, BREAK; chunks of 75 tokens, of which one that is
/// full
/// ends at its last comma if that is near.
/// </summary>
/// <remarks>AUTOMATIC1111/stable-diffusion-webui: modules/prompt_parser.py, sd_hijack_clip.py.</remarks>
internal static partial class A1111Dialect
{
    private const double More = 1.1, Less = 1 / 1.1;
    private const string Break = "BREAK";

    // ",</w>" of CLIP's vocabulary.
    private const int Comma = 267;

    /// <summary>The pieces of a prompt. A BREAK is a piece of weight -1.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="allowBlanks">Whether blanks may stand around the number of a weight.</param>
    /// <param name="notes">Gets what may have been meant otherwise.</param>
    public static List<PromptPiece> Pieces(string prompt, bool allowBlanks, List<string> notes)
    {
        List<PromptPiece> pieces = [];
        List<int> round = [], square = [];
        Regex weight = allowBlanks ? WeightWithBlanks() : Weight();
        for (int position = 0; position < prompt.Length;)
        {
            char c = prompt[position];
            if (c == '\\')
            {
                position++;
                if (position < prompt.Length && prompt[position] is '(' or ')' or '[' or ']' or '\\')
                    pieces.Add(new(prompt[position++].ToString(), 1));
            }
            else if (c is '(' or '[')
            {
                (c == '(' ? round : square).Add(pieces.Count);
                position++;
            }
            else if (c == ':' && weight.Match(prompt, position) is { Success: true } match)
            {
                bool isNumber = double.TryParse(
                    match.Groups[1].ValueSpan, NumberStyles.Float, CultureInfo.InvariantCulture, out double factor);
                if (!isNumber)
                    notes.Add($"\"{match.Value}\" is no weight, since {match.Groups[1].Value} is no number; it is read as text.");
                if (isNumber && round.Count > 0)
                    Close(round, factor);
                else
                    pieces.Add(new(match.Value, 1));
                position += match.Length;
            }
            else if (c == ')' && round.Count > 0)
            {
                Close(round, More);
                position++;
            }
            else if (c == ']' && square.Count > 0)
            {
                Close(square, Less);
                position++;
            }
            else
            {
                int end = position + 1;
                if (c is not (')' or ']' or ':'))
                    end = prompt.AsSpan(position).IndexOfAny("\\()[]:") is >= 0 and int length ? position + length : prompt.Length;
                AddText(prompt[position..end]);
                position = end;
            }
        }
        foreach (int first in round)
            Multiply(first, More);
        foreach (int first in square)
            Multiply(first, Less);
        return pieces.Count == 0 ? [new("", 1)] : Join(pieces);

        void AddText(string text)
        {
            string[] between = BreakWord().Split(text);
            for (int i = 0; i < between.Length; i++)
            {
                if (i > 0)
                    pieces.Add(new(Break, -1));
                pieces.Add(new(between[i], 1));
            }
        }

        void Close(List<int> open, double factor)
        {
            Multiply(open[^1], factor);
            open.RemoveAt(open.Count - 1);
        }

        void Multiply(int first, double factor)
        {
            for (int i = first; i < pieces.Count; i++)
                pieces[i] = pieces[i] with { Weight = pieces[i].Weight * factor };
        }
    }

    /// <summary>The chunks of a prompt.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="vocabulary">The encoder's.</param>
    /// <param name="options">How.</param>
    /// <param name="count">Tokens as A1111 counts them: 75 for each chunk but the last.</param>
    public static PromptReading Read(string prompt, PromptVocabulary vocabulary, PromptOptions options, out int count)
    {
        List<string> notes = [];
        List<PromptPiece> pieces = options.Emphasis == A1111Emphasis.None
            ? [new(prompt, 1)]
            : Pieces(prompt, options.AllowBlanksInWeights, notes);
        if (Schedule().Match(prompt) is { Success: true } schedule && options.Emphasis != A1111Emphasis.None)
            notes.Add(
                $"\"{schedule.Value.Trim()}\" is read as text: A1111 makes schedules and several prompts of [from:to:when], [a|b] and "
                + "AND, " +
                "which the program that draws has to do.");
        List<PromptChunk> chunks = [];
        List<PromptToken> chunk = [];
        int lastComma = -1, closed = 0;
        foreach ((string text, double weight) in pieces)
        {
            if (text == Break && weight == -1)
            {
                CloseChunk();
                continue;
            }
            int[] ids = vocabulary.Words(text);
            double each = options.Emphasis == A1111Emphasis.Ignore ? 1 : weight;
            for (int i = 0; i < ids.Length;)
            {
                if (ids[i] == Comma)
                    lastComma = chunk.Count;
                else if (chunk.Count == PromptVocabulary.Limit && lastComma != -1 && options.CommaReach > 0
                    && chunk.Count - lastComma <= options.CommaReach)
                    MoveBehindComma();
                if (chunk.Count == PromptVocabulary.Limit)
                    CloseChunk();
                int[]? vectors = vocabulary.NameAt(ids, i, out int length);
                if (vectors is null)
                {
                    chunk.Add(new(ids[i++], each));
                    continue;
                }
                if (chunk.Count + vectors.Length > PromptVocabulary.Limit)
                    CloseChunk();
                chunk.AddRange(vectors.Select(id => new PromptToken(id, each)));
                i += length;
            }
        }
        count = closed * PromptVocabulary.Limit + chunk.Count;
        if (chunk.Count > 0 || chunks.Count == 0)
            CloseChunk();
        return PromptReading.Of(chunks, notes);

        void CloseChunk()
        {
            chunks.Add(vocabulary.Chunk(chunk));
            chunk = [];
            lastComma = -1;
            closed++;
        }

        void MoveBehindComma()
        {
            List<PromptToken> moved = chunk[(lastComma + 1)..];
            chunk.RemoveRange(lastComma + 1, moved.Count);
            CloseChunk();
            chunk = moved;
        }
    }

    /// <summary>Neighbours of one weight are one piece: words may go on across a bracket.</summary>
    private static List<PromptPiece> Join(List<PromptPiece> pieces)
    {
        List<PromptPiece> joined = [pieces[0]];
        foreach (PromptPiece piece in pieces.Skip(1))
            if (piece.Weight == joined[^1].Weight)
                joined[^1] = new(joined[^1].Text + piece.Text, piece.Weight);
            else
                joined.Add(piece);
        return joined;
    }

    [GeneratedRegex(@"\G:\s*([+-]?[.\d]+)\s*\)")]
    private static partial Regex WeightWithBlanks();

    [GeneratedRegex(@"\G:([+-]?[.\d]+)\)")]
    private static partial Regex Weight();

    [GeneratedRegex(@"\s*\bBREAK\b\s*")]
    private static partial Regex BreakWord();

    [GeneratedRegex(@"\[[^\[\]]*[:|][^\[\]]*\]|\bAND\b")]
    private static partial Regex Schedule();
}

using System.Text;

namespace PureClip.Tokenization;

/// <summary>
/// The unigram model: of all ways to cut a piece into tokens, that with the largest sum of scores (log probabilities), found by Viterbi's
/// algorithm over the code points. Of equal sums the path found first stays. Time is the length times the longest token.
/// </summary>
/// <remarks>Kudo 2018; sentencepiece/unigram_model.cc, <c>EncodeOptimized</c>; Hugging Face tokenizers, <c>unigram/model.rs</c>.</remarks>
internal sealed class Unigram : SubwordModel
{
    private const double UnknownPenalty = 10;

    private readonly PieceTrie _trie; // token → id
    private readonly double[] _scores; // by id
    private readonly UnigramRules _rules;
    private readonly double _unknownScore;
    private readonly double _highest;

    /// <param name="trie">Tokens that stand in texts, with their ids.</param>
    /// <param name="scores">[highest id + 1]</param>
    /// <param name="rules">What the two dialects differ in.</param>
    public Unigram(PieceTrie trie, double[] scores, UnigramRules rules)
    {
        (_trie, _scores, _rules) = (trie, scores, rules);
        _highest = rules.HighestScore;
        _unknownScore = Round(rules.LowestScore - UnknownPenalty);
    }

    public override string Name => "unigram";

    public override void Encode(CodePoints text, int start, int end, TokenSequence result, SubwordScratch scratch)
    {
        UnigramPath path = scratch.Path;
        path.Reset(end - start);
        FillPath(text.Values[start..end], path);
        int tokens = path.Trace(end - start, _rules.UnknownId);
        for (int i = tokens - 1; i >= 0; i--)
            Add(text, start, path.Step(i), result);
    }

    private void FillPath(ReadOnlySpan<int> piece, UnigramPath path)
    {
        for (int i = 0; i < piece.Length; i++)
        {
            int node = PieceTrie.Root;
            bool isCovered = false;
            double here = path.Score(i);
            for (int j = i; j < piece.Length && _trie.TryStep(ref node, piece[j]); j++)
            {
                int id = _trie.Value(node);
                if (id == PieceTrie.None)
                    continue;
                path.Offer(j + 1, i, id, Round(here + Score(id, piece[i..(j + 1)])));
                isCovered |= j == i;
            }
            if (!isCovered)
                path.Offer(i + 1, i, _rules.UnknownId, Round(here + _unknownScore));
        }
    }

    // SentencePiece gives what users define a score that nothing else reaches.
    private double Score(int id, ReadOnlySpan<int> letters)
    {
        if (_rules.UserDefined?.Contains(id) != true)
            return _scores[id];
        int bytes = 0;
        foreach (int letter in letters)
            bytes += new Rune(letter).Utf8SequenceLength;
        return Round((bytes * _highest) - 0.1);
    }

    // SentencePiece adds in single precision, the other library in double.
    private double Round(double score) => _rules.IsSingle ? (float)score : score;

    private void Add(CodePoints text, int offset, (int Start, int End, int Id) step, TokenSequence result)
    {
        if (step.Id != _rules.UnknownId || _rules.Bytes?.Cover(text.Values[(offset + step.Start)..(offset + step.End)]) != true)
            result.Add(step.Id, offset + step.Start, offset + step.End);
        else
            for (int i = offset + step.Start; i < offset + step.End; i++)
                _rules.Bytes.Add(text[i], i, result);
    }
}

/// <summary>What tells one unigram model from another, beside the tokens.</summary>
/// <param name="UnknownId">Id of what no token covers; a run of it is one token.</param>
/// <param name="LowestScore">Of tokens that stand in texts.</param>
/// <param name="HighestScore">Of the same.</param>
/// <param name="IsSingle">Whether scores are added in single precision, as SentencePiece does.</param>
/// <param name="UserDefined">Ids of tokens that are never split; null where there are none.</param>
/// <param name="Bytes">The tokens of bytes, which stand for what is unknown; null where there are none.</param>
internal sealed record UnigramRules(
    int UnknownId, double LowestScore, double HighestScore, bool IsSingle, HashSet<int>? UserDefined, ByteTokens? Bytes);

/// <summary>The best way to each place of a piece.</summary>
internal sealed class UnigramPath
{
    private const int None = -1;

    private double[] _scores = new double[64];
    private int[] _starts = new int[64]; // where the token that ends here begins
    private int[] _ids = new int[64];
    private int[] _ends = new int[64]; // of the traced tokens, from the last to the first

    /// <summary>Forgets everything.</summary>
    /// <param name="length">Code points of the piece.</param>
    public void Reset(int length)
    {
        if (length >= _scores.Length)
        {
            int size = (int)Math.Min(Math.Max(length + 1L, 2L * _scores.Length), Array.MaxLength);
            _scores = new double[size];
            _starts = new int[size];
            _ids = new int[size];
            _ends = new int[size];
        }
        _scores[0] = 0;
        _starts.AsSpan(0, length + 1).Fill(None);
    }

    /// <summary>The sum of scores up to a place that a token leads to.</summary>
    public double Score(int place) => _scores[place];

    /// <summary>A token that leads to a place; the best stays.</summary>
    public void Offer(int place, int start, int id, double score)
    {
        if (_starts[place] == None || score > _scores[place])
            (_scores[place], _starts[place], _ids[place]) = (score, start, id);
    }

    /// <summary>Goes back from the end; runs of unknown tokens become one.</summary>
    /// <returns>How many tokens there are.</returns>
    public int Trace(int end, int unknownId)
    {
        int count = 0;
        for (int place = end; place > 0;)
        {
            int start = _starts[place];
            while (_ids[place] == unknownId && start > 0 && _ids[start] == unknownId)
                start = _starts[start];
            (_ends[count], _starts[place]) = (place, start);
            count++;
            place = start;
        }
        return count;
    }

    /// <summary>A traced token, 0 being the last.</summary>
    public (int Start, int End, int Id) Step(int index) => (_starts[_ends[index]], _ends[index], _ids[_ends[index]]);
}

/// <summary>The 256 tokens that stand for bytes: <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c>.</summary>
internal sealed class ByteTokens
{
    private const int Missing = -1;

    private readonly int[] _ids;

    private ByteTokens(int[] ids) => _ids = ids;

    /// <summary>Those of a vocabulary; null where it has none. Gemma's has a tab itself in place of the byte 9.</summary>
    public static ByteTokens? Find(TokenTable tokens)
    {
        int[] ids = new int[256];
        for (int i = 0; i < ids.Length; i++)
            if (!tokens.TryGetId(NameOf(i), out ids[i]))
                ids[i] = Missing;
        return Array.TrueForAll(ids, static id => id == Missing) ? null : new(ids);
    }

    /// <summary>Those of a vocabulary that spells bytes as visible characters, as GPT-2's does; null where it has none.</summary>
    public static ByteTokens? FindVisible(TokenTable tokens)
    {
        int[] ids = new int[256];
        for (int i = 0; i < ids.Length; i++)
            if (!tokens.TryGetId([ByteToUnicode.ToCharacter((byte)i)], out ids[i]))
                ids[i] = Missing;
        return Array.TrueForAll(ids, static id => id == Missing) ? null : new(ids);
    }

    /// <summary>Whether every byte has a token.</summary>
    public bool AreAll => Array.IndexOf(_ids, Missing) < 0;

    /// <summary>Whether all bytes of some characters have tokens; else the characters are unknown.</summary>
    public bool Cover(ReadOnlySpan<int> points)
    {
        Span<byte> utf8 = stackalloc byte[4];
        foreach (int point in points)
            foreach (byte value in utf8[..new Rune(point).EncodeToUtf8(utf8)])
                if (_ids[value] == Missing)
                    return false;
        return true;
    }

    /// <summary>How the token of a byte is spelled.</summary>
    public static string NameOf(int value) => $"<0x{value:X2}>";

    /// <summary>The byte that a token stands for.</summary>
    public static bool TryParse(ReadOnlySpan<char> token, out byte value)
    {
        value = 0;
        return token.Length == 6 && token.StartsWith("<0x") && token[5] == '>'
            && byte.TryParse(token[3..5], System.Globalization.NumberStyles.AllowHexSpecifier, null, out value);
    }

    /// <summary>The token of a byte.</summary>
    public int this[int value] => _ids[value];

    /// <summary>Appends the tokens of a character.</summary>
    public void Add(int point, int index, TokenSequence result)
    {
        Span<byte> utf8 = stackalloc byte[4];
        int length = new Rune(point).EncodeToUtf8(utf8);
        foreach (byte value in utf8[..length])
            result.Add(_ids[value], index, index + 1);
    }
}

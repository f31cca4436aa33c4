namespace PureClip.Tokenization;

/// <summary>
/// WordPiece: of a word the longest token that begins it, then the longest that goes on, and so on; where nothing goes on, or the word is
/// too long, the whole word is unknown.
/// </summary>
/// <remarks>Wu et al. 2016; Devlin et al. 2019, <c>WordpieceTokenizer</c>; Hugging Face tokenizers, <c>wordpiece/mod.rs</c>.</remarks>
internal sealed class WordPiece(PieceTrie begins, PieceTrie continues, int unknownId, int mostLetters) : SubwordModel
{
    public override string Name => "WordPiece";

    public override void Encode(CodePoints text, int start, int end, TokenSequence result, SubwordScratch scratch)
    {
        int first = result.Ids.Count;
        PieceTrie trie = begins;
        for (int i = start; i < end; trie = continues)
        {
            int length = 0;
            int id = end - start > mostLetters ? PieceTrie.None : trie.Longest(text.Values[i..end], out length);
            if (id == PieceTrie.None)
            {
                result.Remove(first, result.Ids.Count - first);
                result.Add(unknownId, start, end);
                return;
            }
            result.Add(id, i, i + length);
            i += length;
        }
    }
}

using System.Globalization;

namespace PureClip.Tokenization;

/// <summary>How BERT prepares a text: the steps of <c>BertNormalizer</c> and <c>BertPreTokenizer</c>.</summary>
/// <remarks>Devlin et al. 2019, <c>BasicTokenizer</c>; Hugging Face tokenizers, <c>normalizers/bert.rs</c>.</remarks>
internal static class BertText
{
    /// <summary>The steps that rewrite a text.</summary>
    /// <param name="cleans">Control characters dropped, white space to blanks.</param>
    /// <param name="spacesIdeographs">Blanks around CJK ideographs, which are words of their own then.</param>
    /// <param name="stripsAccents">Nonspacing marks dropped, those inside letters too.</param>
    /// <param name="lowersCase">Lower case of each character by itself.</param>
    public static ITextStep[] Steps(bool cleans, bool spacesIdeographs, bool stripsAccents, bool lowersCase)
    {
        List<ITextStep> steps = [];
        if (cleans || spacesIdeographs)
            steps.Add(new Clean(cleans, spacesIdeographs));
        if (stripsAccents)
            steps.AddRange(new Normalize(Composed: false), new StripMarks());
        if (lowersCase)
            steps.Add(new ToLowerCase());
        return [.. steps];
    }

    /// <summary>The steps that cut it: white space is dropped, punctuation stands alone.</summary>
    public static ITextStep[] Cuts() =>
        [new SplitAt(CharacterClasses.IsSpace, Separators.Removed), new SplitAt(IsPunctuation, Separators.Isolated)];

    /// <summary>ASCII signs, and what Unicode calls punctuation.</summary>
    public static bool IsPunctuation(int point) => point < 0x80
        ? SiglipText.IsPunctuation((char)point)
        : CharUnicodeInfo.GetUnicodeCategory(point) is >= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherPunctuation;

    /// <summary>What Unicode calls a number.</summary>
    public static bool IsDigit(int point) => CharUnicodeInfo.GetUnicodeCategory(point)
        is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    private static bool IsIdeograph(int point) => point is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF)
        or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F) or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B820 and <= 0x2CEAF)
        or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);

    // Unassigned code points stay.
    private static bool IsControl(int point) => point is not ('\t' or '\n' or '\r')
        && (point == 0xFFFD || CharUnicodeInfo.GetUnicodeCategory(point)
            is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate);

    private sealed class Clean(bool cleans, bool spacesIdeographs) : ITextStep
    {
        public void Run(CodePoints text, int start, int end, Pieces target)
        {
            for (int i = start; i < end; i++)
            {
                int point = text[i];
                if (cleans && IsControl(point))
                    continue;
                bool isAlone = spacesIdeographs && IsIdeograph(point);
                if (isAlone)
                    target.Text.Add(' ', text.SourceStart(i), text.SourceStart(i));
                target.Text.AddFrom(text, i, cleans && CharacterClasses.IsSpace(point) ? ' ' : point);
                if (isAlone)
                    target.Text.Add(' ', text.SourceEnd(i), text.SourceEnd(i));
            }
        }
    }
}

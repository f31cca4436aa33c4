using PureClip.Tokenization;

namespace PureClip.Cli.Verification;

/// <summary>Published token ids of CLIP's vocabulary, each under the cleaning that it was made with.</summary>
internal static class TokenizerGoldens
{
    // transformers.js tests/models/clip/test_tokenization_clip.js and tests/models/test_strings.js: Hugging Face's fast tokenizer.
    private static readonly (string Text, int[] Ids)[] HuggingFace =
    [
        ("How are you doing?", [829, 631, 592, 1960, 286]),
        ("You should've done this", [592, 1535, 1200, 1700, 589]),
        ("The company was founded in 2016.", [518, 2634, 739, 12240, 530, 273, 271, 272, 277, 269]),
        ("A\n'll !!to?'d''d of, can't.", [320, 1342, 748, 531, 13610, 323, 8445, 323, 539, 267, 753, 713, 269]),
        ("def main():\n\tpass", [11649, 2623, 7, 4143, 3511]),
        ("UNwantéd,running", [569, 18356, 3459, 323, 267, 2761]),
        ("生活的真谛是", [33375, 162, 112, 119, 163, 248, 226, 41570, 164, 108, 249, 42891, 363]),
        ("test $1 R2 #3 €4 £5 ¥6 ₣7 ₹8 ₱9 test",
            [1628, 259, 272, 337, 273, 258, 274, 6309, 275, 1950, 276, 20199, 277, 5227, 352, 278, 21777, 279, 5227, 365, 280, 1628]),
        ("weird ～ edge ～ case", [5613, 171, 121, 508, 5461, 171, 121, 508, 2068]),
        ("you…  ", [592, 959]),
    ];

    // openai/CLIP clip/simple_tokenizer.py with ftfy 6.3.1.
    private static readonly (string Text, int[] Ids)[] OpenAi =
    [
        ("a photo of a cat", [320, 1125, 539, 320, 2368]),
        ("a diagram", [320, 22697]),
        ("IT'S 2024!!", [585, 568, 273, 271, 273, 275, 748]),
        ("don’t “quote”", [847, 713, 257, 4020, 257]),
        ("naïve café résumé", [1097, 35689, 563, 15304, 29106, 7054, 4166]),
        ("ﬁancée", [27752, 13489]),
        ("&lt;b&gt;bold&lt;/b&gt; &amp;amp; more", [283, 321, 285, 8911, 34308, 321, 285, 261, 750]),
        ("  lots\tof\n whitespace ", [2958, 539, 4699, 2138]),
        ("ΟΔΟΣ", [138, 123, 138, 112, 138, 123, 139, 480]),
        ("İstanbul", [328, 16384, 11231]),
        ("", []),
    ];

    /// <summary>Compares a model's tokenizer with the published ids, under both cleanings.</summary>
    /// <param name="clip">The model.</param>
    public static IEnumerable<Check> Run(Clip clip)
    {
        if (clip.Tokenizer is not BpeTokenizer tokenizer)
            yield return new Check("tokenizer", Outcome.Skipped, "the model has no text tower");
        else if (!IsClips(tokenizer))
            yield return new Check("tokenizer", Outcome.Skipped, $"its vocabulary of {tokenizer.VocabularySize} tokens is not CLIP's, for which ids are published");
        else
        {
            yield return Compare(clip, TextCleaning.HuggingFace, HuggingFace, "tokenizer, Hugging Face's ids");
            yield return Compare(clip, TextCleaning.OpenAI, OpenAi, "tokenizer, OpenAI's ids");
        }
    }

    /// <summary>All tokens but the two special strings, which OpenAI and OpenCLIP spell differently.</summary>
    private static bool IsClips(BpeTokenizer tokenizer)
    {
        BpeTokenizer clips = BpeTokenizer.CreateClip();
        return tokenizer.VocabularySize == clips.VocabularySize
            && Enumerable.Range(0, clips.StartId).All(id => tokenizer.Token(id) == clips.Token(id));
    }

    private static Check Compare(Clip clip, TextCleaning cleaning, (string Text, int[] Ids)[] goldens, string name)
    {
        BpeTokenizer tokenizer = BpeTokenizer.FromDirectory(clip.Source, new() { Cleaning = cleaning });
        foreach ((string text, int[] ids) in goldens)
        {
            int[] found = tokenizer.EncodeWithoutSpecials(text);
            if (!found.AsSpan().SequenceEqual(ids))
                return new Check(name, Outcome.Failed, $"\"{text}\" gives {string.Join(' ', found)}, published is {string.Join(' ', ids)}");
        }
        return new Check(name, Outcome.Passed, $"{goldens.Length} texts");
    }
}

using System.Text.Json;

namespace PureClip.Tokenization;

/// <summary>Opens the tokenizer of a model directory, of whatever kind it is.</summary>
public static class Tokenizers
{
    private const string Siglip = "SiglipTokenizer", Roberta = "RobertaTokenizer";

    /// <summary>
    /// The tokenizer that a directory's files describe: <c>tokenizer.json</c> (CLIP's BPE and GPT-2's, unigram, BPE of characters, WordPiece);
    /// where there is none <c>sentencepiece.bpe.model</c>, <c>spiece.model</c> or <c>tokenizer.model</c> (SentencePiece), <c>vocab.txt</c>
    /// (WordPiece), <c>vocab.json</c> with <c>merges.txt</c> (CLIP). <c>spiece.model</c> comes first where <c>tokenizer_class</c> is
    /// SiglipTokenizer: the two files give other ids for some texts, and that class reads this one.
    /// </summary>
    /// <param name="directory">The directory.</param>
    /// <param name="options">Cleaning, length; null for <see cref="TokenizerOptions.Default"/>.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such directory.</exception>
    /// <exception cref="FileNotFoundException">It has no vocabulary, and the options do not allow CLIP's own.</exception>
    /// <exception cref="InvalidDataException">
    /// A file is damaged, or describes what is not supported; the message says which and what.
    /// </exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static ITokenizer FromDirectory(string directory, TokenizerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(directory);
        options ??= TokenizerOptions.Default;
        return ReadSubwords(directory) is SubwordProgram program
            ? new SubwordTokenizer(program, options)
            : BpeTokenizer.FromDirectory(directory, options);
    }

    /// <summary>Whether a directory's tokenizer is CLIP's own, or there is none; its files are looked at, not checked.</summary>
    internal static bool IsClip(string directory)
    {
        string json = Path.Combine(directory, TokenizerJson.FileName);
        if (!Directory.Exists(directory) || (HasClipFiles(directory) && !MayBeAnothers(directory)))
            return true;
        if (SentencePieceFile.Names.Any(name => File.Exists(Path.Combine(directory, name))))
            return false;
        using JsonDocument? document = TokenizerConfig.ReadObject(json);
        return document is null
            ? !File.Exists(Path.Combine(directory, BertVocabulary.FileName))
            : !TokenizerJson.IsSubwords(document.RootElement);
    }

    /// <summary>What a directory's tokenizer is, where it is not CLIP's own; null where it is, or there is none.</summary>
    internal static SubwordProgram? ReadSubwords(string directory)
    {
        string json = Path.Combine(directory, TokenizerJson.FileName), words = Path.Combine(directory, BertVocabulary.FileName);
        if (!Directory.Exists(directory) || (HasClipFiles(directory) && !MayBeAnothers(directory)))
            return null;
        TokenizerSettings settings = TokenizerSettings.Read(directory);
        string? pieces = Array.Find(SentencePieceFile.Names, name => File.Exists(Path.Combine(directory, name)));
        if (pieces is not null && (settings.Class == Siglip || !File.Exists(json)))
            return SentencePieceVocabulary.Read(SentencePieceFile.Read(Path.Combine(directory, pieces)), settings);
        using JsonDocument? document = TokenizerConfig.ReadObject(json);
        if (document is not null)
            return TokenizerJson.IsSubwords(document.RootElement) ? TokenizerJson.Read(document.RootElement, json, settings) : null;
        return File.Exists(words) ? BertVocabulary.Read(words, settings) : null;
    }

    /// <summary>RoBERTa's files have the names of CLIP's; tokenizer.json, where no class is named, tells which they are.</summary>
    private static bool MayBeAnothers(string directory)
    {
        bool hasJson = File.Exists(Path.Combine(directory, TokenizerJson.FileName));
        return TokenizerSettings.ClassOf(directory) switch
        {
            "CLIPTokenizer" or "CLIPTokenizerFast" => false,
            Roberta or Roberta + "Fast" when !hasJson => throw new InvalidDataException(
                $"{directory} has {Roberta}'s vocab.json and merges.txt without tokenizer.json, which is what is read of it. Download that too."),
            _ => hasJson,
        };
    }

    private static bool HasClipFiles(string directory) =>
        File.Exists(Path.Combine(directory, "vocab.json")) && File.Exists(Path.Combine(directory, "merges.txt"));
}

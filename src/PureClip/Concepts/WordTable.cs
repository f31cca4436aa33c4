using System.Globalization;
using System.Numerics.Tensors;
using PureClip.Tokenization;

namespace PureClip.Concepts;

/// <summary>
/// Words and their embeddings, centred: the mean over all words is taken from each, and the rest has length 1. Texts of a CLIP model all
/// lie in one corner of its space, away from the pictures; what is left says how a word differs from the others. Immutable.
/// </summary>
/// <remarks>Liang et al. 2022, "Mind the Gap: Understanding the Modality Gap in Multi-modal Contrastive Representation Learning".</remarks>
public sealed class WordTable
{
    private readonly float[] _centred;
    private readonly float[] _mean;

    private WordTable(VectorSpace space, string template, string[] words, float[] embeddings)
    {
        Space = space;
        Template = template;
        Words = words;
        _mean = new float[Width];
        _centred = embeddings;
        for (int i = 0; i < words.Length; i++)
            TensorPrimitives.MultiplyAdd(Row(i), 1f / words.Length, _mean, _mean);
        for (int i = 0; i < words.Length; i++)
            Centre(_centred.AsSpan(i * Width, Width));
    }

    /// <summary>The words, each once.</summary>
    public IReadOnlyList<string> Words { get; }

    /// <summary>The prompt that every word stood in; <c>{}</c> is the bare word.</summary>
    public string Template { get; }

    /// <summary>What the embeddings are of: <see cref="Clip.Space"/> of the model that made them.</summary>
    public VectorSpace Space { get; }

    /// <summary>Numbers of an embedding.</summary>
    public int Width => Space.Width;

    /// <summary>The mean embedding that was taken from every word.</summary>
    public ReadOnlyMemory<float> Mean => _mean;

    /// <summary>Embeds words.</summary>
    /// <param name="clip">A model with a text tower.</param>
    /// <param name="words">
    /// At least two different ones, since a word is told by how it differs from the others; doublets are dropped.
    /// </param>
    /// <param name="template">The prompt of every word; null for the bare word.</param>
    /// <param name="progress">Told the number of words done so far.</param>
    /// <param name="cancellationToken">Checked between rounds of some hundred tokens a thread.</param>
    /// <exception cref="ArgumentException">There are fewer than two words, or one is empty or longer than the model takes.</exception>
    public static WordTable Create(
        Clip clip, IEnumerable<string> words, PromptTemplate? template = null, IProgress<int>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(clip);
        return Create(clip, Distinct(words), template ?? PromptTemplate.Bare, progress, cancellationToken, cache: null);
    }

    /// <summary>
    /// As <see cref="Create(Clip, IEnumerable{string}, PromptTemplate?, IProgress{int}?, CancellationToken)"/>, but keeps the embeddings in
    /// a folder and takes them from there the next time.
    /// </summary>
    /// <param name="clip">A model with a text tower.</param>
    /// <param name="words">At least two different ones.</param>
    /// <param name="cacheFolder">
    /// Made if it is not there. A file in it that is damaged, or does not belong to these words and this model, is made anew; one that
    /// cannot be written is done without.
    /// </param>
    /// <param name="template">The prompt of every word; null for the bare word.</param>
    /// <param name="progress">Told the number of words done so far; never told where they were in the folder.</param>
    /// <param name="cancellationToken">Checked between rounds of some hundred tokens a thread.</param>
    public static WordTable CreateCached(
        Clip clip, IEnumerable<string> words, string cacheFolder, PromptTemplate? template = null, IProgress<int>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(clip);
        ArgumentException.ThrowIfNullOrEmpty(cacheFolder);
        string[] distinct = Distinct(words);
        template ??= PromptTemplate.Bare;
        return Create(clip, distinct, template, progress, cancellationToken, WordCache.For(cacheFolder, clip, distinct, template));
    }

    /// <summary>A centred word, of length 1.</summary>
    /// <param name="index">From 0 to the number of words.</param>
    public ReadOnlySpan<float> this[int index] => index >= 0 && index < Words.Count
        ? Row(index)
        : throw new ArgumentOutOfRangeException(nameof(index), index, $"There are {Words.Count} words.");

    /// <summary>From embeddings that exist already, a row a word; takes the array over.</summary>
    internal static WordTable FromEmbeddings(VectorSpace space, string template, string[] words, float[] embeddings)
    {
        if (words.Length < 2 || embeddings.LongLength != (long)words.Length * space.Width)
            throw new ArgumentException($"{words.Length} words and {embeddings.Length} numbers were given; there must be two words at "
                + $"least, with {space.Width} numbers each.", nameof(words));
        return new(space, template, words, embeddings);
    }

    private static WordTable Create(
        Clip clip, string[] words, PromptTemplate template, IProgress<int>? progress, CancellationToken cancellationToken, WordCache? cache)
    {
        float[]? embeddings = cache?.Read();
        if (embeddings is null)
        {
            embeddings = Embed(clip, words, template, progress, cancellationToken);
            cache?.Write(embeddings, cancellationToken);
        }
        return FromEmbeddings(clip.Space, template.Text, words, embeddings);
    }

    private static float[] Embed(
        Clip clip, string[] words, PromptTemplate template, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        float[] embeddings = new float[checked(words.Length * clip.EmbeddingWidth)];
        float[][] rows = clip.EncodeTexts([.. words.Select(template.Fill)], progress, cancellationToken);
        for (int i = 0; i < rows.Length; i++)
            TensorPrimitives.Divide(
                rows[i], TensorPrimitives.Norm(rows[i]), embeddings.AsSpan(i * clip.EmbeddingWidth, clip.EmbeddingWidth));
        return embeddings;
    }

    private static string[] Distinct(IEnumerable<string> words)
    {
        ArgumentNullException.ThrowIfNull(words);
        string[] distinct = [.. words.Distinct(StringComparer.Ordinal)];
        if (distinct.Length < 2 || distinct.Any(string.IsNullOrWhiteSpace))
            throw new ArgumentException($"{distinct.Length} different words were given; there must be two at least, and none may be "
                + "empty: a word is told by how it differs from the others.", nameof(words));
        return distinct;
    }

    private Span<float> Row(int index) => _centred.AsSpan(index * Width, Width);

    private void Centre(Span<float> row)
    {
        TensorPrimitives.Subtract(row, _mean, row);
        float norm = TensorPrimitives.Norm(row);
        if (norm > 0f)
            TensorPrimitives.Divide(row, norm, row);
    }
}

/// <summary>The words that a tokenizer knows whole: a list to name things with that every model brings along.</summary>
public static class VocabularyWords
{
    // Shorter ones are mostly abbreviations and syllables: "hat" is in, "xo" is out.
    private const int FewestLetters = 3;

    /// <summary>
    /// Whole words of the vocabulary in the order of their ids, frequent ones first: tokens that end a word and consist of three letters or
    /// more.
    /// </summary>
    /// <param name="tokenizer">A model's tokenizer. CLIP's own has about 35,000 such words.</param>
    public static string[] Of(ITokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        List<string> words = [];
        for (int id = 0; id < tokenizer.VocabularySize; id++)
            if (tokenizer.WordOrNull(id) is string word && IsWord(word))
                words.Add(word);
        return [.. words.Distinct(StringComparer.Ordinal)];
    }

    private static bool IsWord(string text) =>
        text.EnumerateRunes().All(rune => System.Text.Rune.IsLetter(rune)) && new StringInfo(text).LengthInTextElements >= FewestLetters;
}

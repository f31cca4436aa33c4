using PureClip.Server.Hosting;
using PureClip.Server.Inputs;
using PureClip.Server.Load;
using PureClip.Tokenization;

namespace PureClip.Server.Models;

/// <summary>What became of a request's texts and pictures.</summary>
/// <param name="Vectors">[inputs][width], in their order, of length 1.</param>
/// <param name="Tokens">What the towers computed: tokens with start and end, patches and class tokens.</param>
internal readonly record struct Embedded(float[][] Vectors, long Tokens);

/// <summary>
/// Texts and pictures to vectors, for all protocols. The model itself joins those that wait into rounds: the same input gives the same
/// bits, whatever company it is in.
/// </summary>
internal sealed class Embedder(Admission admission, Telemetry telemetry, ServerOptions options)
{
    // Pictures of one request whose pixels are in memory at the same time: the model prepares a few rounds ahead and no more.
    private const int PicturesAhead = 64;

    /// <summary>Embeds.</summary>
    /// <param name="model">The model.</param>
    /// <param name="inputs">At least one.</param>
    /// <param name="truncation">What becomes of texts that are too long.</param>
    /// <param name="cancellation">The request's: once it is gone, so are its places in the queue.</param>
    /// <param name="field">What the inputs are called in the request, for messages.</param>
    /// <exception cref="RequestException">There is nothing to embed, or too much, a text is too long, there is no place.</exception>
    /// <exception cref="InvalidDataException">A picture is damaged or too large; the message says which.</exception>
    public async Task<Embedded> EmbedAsync(
        ServedModel model, IReadOnlyList<Input> inputs, Truncation truncation, CancellationToken cancellation, string field = "input")
    {
        RequireCount(inputs.Count, field);
        int pictures = inputs.Count(input => input.IsPicture);
        Telemetry.Call call = telemetry.Begin("embeddings", model.Name);
        try
        {
            using IDisposable places = Take(() => admission.TakeInputs(inputs.Count));
            long pixels = pictures == 0 ? 0
                : (long)Math.Min(pictures, PicturesAhead) * BytesOfPixels(model.Clip.Preprocessor?.OutputLength ?? 0);
            using IDisposable? memory = pixels == 0 ? null : Take(() => admission.TakeBytes(pixels));
            float[][] vectors = new float[inputs.Count][];
            (ReadOnlyMemory<int>[] texts, Dictionary<int, string> longTexts, long tokens, int windows) =
                Tokenise(model, inputs, truncation, field);
            using IDisposable? placesOfWindows = windows == 0 ? null : Take(() => admission.TakeInputs(windows));
            Task<float[][]> ofTexts = texts.Length == 0
                ? Task.FromResult<float[][]>([])
                : model.Clip.EncodeTokensAsync(texts, cancellation);
            Task<float[][]> ofLongTexts = longTexts.Count == 0
                ? Task.FromResult<float[][]>([])
                : model.Clip.EncodeTextsAsync([.. longTexts.Values], cancellationToken: cancellation);
            Task<float[][]> ofPictures = EncodePicturesAsync(model, inputs, pictures, field, cancellation);
            await Task.WhenAll(ofTexts, ofLongTexts, ofPictures).ConfigureAwait(false);
            int text = 0, longText = 0, picture = 0;
            for (int i = 0; i < vectors.Length; i++)
                vectors[i] = inputs[i].IsPicture ? ofPictures.Result[picture++]
                    : longTexts.ContainsKey(i) ? ofLongTexts.Result[longText++]
                    : ofTexts.Result[text++];
            if (pictures > 0)
                tokens += (long)pictures * model.Vision.Tokens;
            call.Succeed(texts.Length + longTexts.Count, pictures, tokens);
            return new(vectors, tokens);
        }
        catch (Exception e)
        {
            call.Fail(e);
            throw;
        }
    }

    /// <summary>Takes places for something that is computed elsewhere.</summary>
    public IDisposable Take(int inputs) => Take(() => admission.TakeInputs(inputs));

    /// <summary>Takes room for bytes that are held elsewhere.</summary>
    public IDisposable TakeBytes(long bytes) => Take(() => admission.TakeBytes(bytes));

    /// <summary>How often the tower runs for a text: once, or for each window of one that is too long, where such are pooled.</summary>
    /// <exception cref="RequestException">It is too long.</exception>
    public int WindowsOf(ServedModel model, string text, string place)
    {
        ITokenizer tokenizer = model.Tokenizer;
        if (IsPooled(tokenizer, text, Truncation.Error))
            return Cut(model, text, place).Count;
        _ = Tokenise(tokenizer, text, Truncation.Error, place);
        return 1;
    }

    /// <summary>Refuses requests with nothing in them, or too much.</summary>
    public void RequireCount(int count, string field)
    {
        if (count == 0)
            throw RequestException.Bad($"'{field}' is empty; give at least one text or picture.", field);
        if (count > options.MaxInputs)
            throw RequestException.Bad(
                $"'{field}' has {count} texts and pictures; this server takes {options.MaxInputs} a request. Send them in several.", field);
    }

    /// <summary>The ids of a text as the tower takes them.</summary>
    /// <exception cref="RequestException">It is too long.</exception>
    public static TokenizedText Tokenise(ITokenizer tokenizer, string text, Truncation truncation, string place)
    {
        try
        {
            return tokenizer.Encode(text, truncation);
        }
        catch (ArgumentException)
        {
            int tokens = tokenizer.EncodeWithoutSpecials(text).Length;
            throw RequestException.Bad(
                $"{place} has {tokens} tokens; this model takes {tokenizer.MaxTextTokens}. Shorten it, or split it into several.", place);
        }
    }

    /// <summary>Bytes that a picture's numbers take: they lie in arrays of a pool, whose lengths are powers of two.</summary>
    private static long BytesOfPixels(int numbers) => sizeof(float) * (long)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)numbers);

    private IDisposable Take(Func<IDisposable> take)
    {
        try
        {
            return take();
        }
        catch (RequestException)
        {
            telemetry.CountRefusal();
            throw;
        }
    }

    private static async Task<float[][]> EncodePicturesAsync(
        ServedModel model, IReadOnlyList<Input> inputs, int count, string field, CancellationToken cancellation)
    {
        if (count == 0)
            return [];
        _ = model.Vision;
        List<ImageSource> sources = new(count);
        for (int i = 0; i < inputs.Count; i++)
            if (inputs[i].IsPicture)
                sources.Add(ImageSource.FromBytes(inputs[i].Picture, inputs.Count == 1 ? field : $"{field}[{i}]"));
        return count == 1
            ? [await model.Clip.EncodeImageAsync(sources[0], cancellation).ConfigureAwait(false)]
            : await model.Clip.EncodeImagesAsync(sources, cancellationToken: cancellation).ConfigureAwait(false);
    }

    private bool IsPooled(ITokenizer tokenizer, string text, Truncation truncation) =>
        options.LongTexts is not null && truncation == Truncation.Error
            && tokenizer.EncodeWithoutSpecials(text).Length > tokenizer.MaxTextTokens;

    private IReadOnlyList<TextWindow> Cut(ServedModel model, string text, string place)
    {
        IReadOnlyList<TextWindow> windows = model.Clip.CutText(text);
        return windows.Count <= options.MaxInputs
            ? windows
            : throw RequestException.Bad(
                $"{place} is a text of {windows.Count} windows; this server takes {options.MaxInputs} a request. Send it in several.",
                place);
    }

    /// <summary>Ids of the texts that fit, and by their places those that do not and are pooled, with how many windows they have.</summary>
    private (ReadOnlyMemory<int>[] Texts, Dictionary<int, string> LongTexts, long Tokens, int Windows) Tokenise(
        ServedModel model, IReadOnlyList<Input> inputs, Truncation truncation, string field)
    {
        List<ReadOnlyMemory<int>> texts = [];
        Dictionary<int, string> longTexts = []; // in their order
        long tokens = 0;
        int windows = 0;
        for (int i = 0; i < inputs.Count; i++)
        {
            if (inputs[i].IsPicture)
                continue;
            string place = inputs.Count == 1 ? field : $"{field}[{i}]";
            if (inputs[i].Text is string text && IsPooled(model.Tokenizer, text, truncation))
            {
                IReadOnlyList<TextWindow> parts = Cut(model, text, place);
                longTexts.Add(i, text);
                windows += parts.Count;
                tokens += parts.Sum(part => part.Tokens + 2L); // with start and end
                continue;
            }
            ReadOnlyMemory<int> ids = inputs[i].Tokens is int[] given
                ? Framed(model.Tokenizer, given, truncation, place)
                : Tokenise(model.Tokenizer, inputs[i].Text!, truncation, place).Ids;
            texts.Add(ids);
            tokens += ids.Length;
        }
        return ([.. texts], longTexts, tokens, windows);
    }

    /// <summary>Ids as a client counts them, with the start and the end that the tower needs.</summary>
    private static int[] Framed(ITokenizer tokenizer, int[] ids, Truncation truncation, string place)
    {
        if (ids.Length == 0)
            throw RequestException.Bad($"{place} has no token ids.", place);
        int wrong = Array.FindIndex(ids, id => id >= tokenizer.VocabularySize);
        if (wrong >= 0)
            throw RequestException.Bad(
                $"{place} has the token id {ids[wrong]}, and this model's vocabulary ends with {tokenizer.VocabularySize - 1}. "
                + "Ids of another model's tokenizer mean something else: send texts.", place);
        bool isFramed = ids[^1] == tokenizer.EndId && (tokenizer.StartId is not int first || ids[0] == first);
        int[] framed = isFramed ? ids
            : tokenizer.StartId is int start ? [start, .. ids, tokenizer.EndId]
            : [.. ids, tokenizer.EndId];
        if (framed.Length <= tokenizer.ContextLength)
            return framed;
        if (truncation == Truncation.KeepEnd)
            return [.. framed.AsSpan(0, tokenizer.ContextLength - 1), tokenizer.EndId];
        throw RequestException.Bad(
            $"{place} has {framed.Length} token ids with start and end; this model takes {tokenizer.ContextLength}.", place);
    }
}

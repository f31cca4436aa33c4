namespace PureClip.TextToImage;

/// <summary>A prompt as one encoder understands it: states of its tokens with the weights of its dialect, and one vector.</summary>
/// <remarks>
/// Weights act on states: A1111 multiplies them and brings the mean back; ComfyUI and compel move them away from those of the empty prompt;
/// compel encodes what counts less once more without it.
/// </remarks>
internal sealed class PromptEncoder(TextEncoderModel model, PromptOptions options)
{
    // What a weight of 0 counts as: the tangent of a right angle is infinite.
    private const double Least = 1e-5;

    private readonly PromptChunk _empty = model.Vocabulary.Chunk([]);

    /// <summary>Reads a prompt.</summary>
    public PromptReading Read(string prompt) => options.Dialect switch
    {
        PromptDialect.A1111 => A1111Dialect.Read(prompt, model.Vocabulary, options, out _),
        PromptDialect.ComfyUI => ComfyDialect.Read(prompt, model.Vocabulary, byWord: false),
        PromptDialect.ComfyUIByWord => ComfyDialect.Read(prompt, model.Vocabulary, byWord: true),
        PromptDialect.Compel => CompelDialect.Read(prompt, model.Vocabulary, model.Tokenizer, options.Truncate),
        _ => PlainDialect.Read(prompt, model.Vocabulary),
    };

    /// <summary>The states of a prompt's tokens.</summary>
    /// <param name="reading">The prompt.</param>
    /// <param name="skip">Blocks that are left out at the end.</param>
    /// <returns>[77 · chunks, width]</returns>
    public float[] States(PromptReading reading, int skip)
    {
        RequireFinite(reading);
        bool isWeighted = reading.Chunks.Any(static chunk => chunk.IsWeighted);
        return options.Dialect switch
        {
            PromptDialect.A1111 => [.. reading.Chunks.SelectMany(chunk => Scaled(chunk, skip))],
            PromptDialect.ComfyUI or PromptDialect.ComfyUIByWord =>
                [.. reading.Chunks.SelectMany(chunk => isWeighted ? Moved(chunk, skip, null) : model.States(chunk, skip))],
            PromptDialect.Compel => [.. reading.Parts.SelectMany(part => Part(part, skip))],
            _ => [.. reading.Chunks.SelectMany(chunk => model.States(chunk, skip))],
        };
    }

    /// <summary>The vector of the whole prompt: its first chunk's, without weights; compel's is of the text as it is written.</summary>
    public float[] Pooled(PromptReading reading, string prompt) => model.Pooled(
        options.Dialect == PromptDialect.Compel ? PlainDialect.Read(prompt, model.Vocabulary).Chunks.First() : reading.Chunks.First());

    /// <summary>Appends empty prompts until there are so many chunks.</summary>
    public float[] Lengthen(float[] states, int chunks, int skip)
    {
        int size = model.Length * model.Width;
        if (states.Length == chunks * size)
            return states;
        float[] longer = new float[chunks * size], empty = model.States(_empty, skip);
        states.CopyTo(longer, 0);
        for (int at = states.Length; at < longer.Length; at += size)
            empty.CopyTo(longer, at);
        return longer;
    }

    /// <summary>A1111: z · w, then times what brings the mean over all numbers of the chunk back.</summary>
    private float[] Scaled(PromptChunk chunk, int skip)
    {
        float[] states = model.States(chunk, skip);
        if (!chunk.IsWeighted)
            return states;
        double before = Mean(states);
        int width = model.Width;
        double[] scaled = [.. states.Select(static x => (double)x)];
        for (int token = 0; token < chunk.Weights.Count; token++)
            for (int i = 0; i < width; i++)
                scaled[(token + 1) * width + i] *= chunk.Weights[token];
        double after = scaled.Average();
        double factor = options.Emphasis == A1111Emphasis.Original && after != 0 ? before / after : 1;
        return [.. scaled.Select(x => (float)(x * factor))];
    }

    /// <summary>ComfyUI and compel: z₀ + (z − z₀) · w, with z₀ the empty prompt's at the same place.</summary>
    private float[] Moved(PromptChunk chunk, int skip, Range? unseen)
    {
        float[] states = model.States(chunk, skip, unseen);
        if (!chunk.IsWeighted)
            return states;
        float[] empty = model.States(_empty, skip);
        int width = model.Width;
        for (int token = 0; token < chunk.Weights.Count; token++)
            if (chunk.Weights[token] is double weight && weight != 1)
                Move(states.AsSpan((token + 1) * width, width), empty.AsSpan((token + 1) * width, width), weight);
        return states;
    }

    /// <summary>A part of compel's prompt: a text, or a mixture.</summary>
    private float[] Part(PromptPart part, int skip)
    {
        float[][] texts = [.. part.Mixed.Select(variant => Faded(variant, skip))];
        int size = model.Length * model.Width, chunks = texts.Max(text => text.Length / size);
        double sum = part.IsNormalized ? part.Mixed.Sum(static variant => variant.Share) : 1;
        if (sum == 0)
            throw new ArgumentException(
                "The weights of .blend() sum to 0, so they cannot be divided by it. Add no_normalize, or change one.");
        double[] mixed = new double[chunks * size];
        for (int text = 0; text < texts.Length; text++)
        {
            float[] states = Lengthen(texts[text], chunks, skip);
            double share = part.Mixed[text].Share / sum;
            for (int i = 0; i < mixed.Length; i++)
                mixed[i] += share * states[i];
        }
        float[] result = [.. mixed.Select(static x => (float)x)];
        if (part.Weight == 1)
            return result;
        float[] empty = model.States(_empty, skip);
        for (int at = 0; at < result.Length; at += size)
            Move(result.AsSpan(at, size), empty, part.Weight);
        return result;
    }

    /// <summary>
    /// For each fragment that counts w &lt; 1 the text once more, in which nobody sees it; all are mixed, those with tan((1 − w) · π/2).
    /// </summary>
    private float[] Faded(PromptVariant variant, int skip)
    {
        double[] mixed = [.. Without(null).Select(static x => (double)x)];
        double shares = 1;
        foreach (FadedFragment fragment in variant.Faded)
        {
            double share = Math.Tan((1 - Math.Max(fragment.Weight, Least)) * Math.PI / 2);
            float[] without = [.. Without(fragment)];
            for (int i = 0; i < mixed.Length; i++)
                mixed[i] += share * without[i];
            shares += share;
        }
        return [.. mixed.Select(x => (float)(x / shares))];

        IEnumerable<float> Without(FadedFragment? fragment)
        {
            int first = 0;
            foreach (PromptChunk chunk in variant.Chunks)
            {
                int from = Math.Max(0, (fragment?.First ?? 0) - first);
                int to = Math.Min(chunk.Tokens.Count, (fragment?.First + fragment?.Count ?? 0) - first);
                foreach (float x in Moved(chunk, skip, from < to ? from..to : null))
                    yield return x;
                first += chunk.Tokens.Count;
            }
        }
    }

    private static void Move(Span<float> states, ReadOnlySpan<float> empty, double weight)
    {
        for (int i = 0; i < states.Length; i++)
            states[i] = (float)(empty[i] + (states[i] - (double)empty[i]) * weight);
    }

    private static double Mean(float[] numbers)
    {
        double sum = 0;
        foreach (float x in numbers)
            sum += x;
        return sum / numbers.Length;
    }

    private static void RequireFinite(PromptReading reading)
    {
        foreach (double weight in reading.Chunks.SelectMany(static chunk => chunk.Weights))
            if (!double.IsFinite(weight))
                throw new ArgumentException($"The prompt gives a weight of {weight}, with which nothing can be computed. Give a number.");
    }
}

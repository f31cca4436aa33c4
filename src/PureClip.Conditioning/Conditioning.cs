using System.Globalization;
using PureClip.Checkpoints;

namespace PureClip.TextToImage;

/// <summary>How text encoders are loaded.</summary>
public sealed record ConditioningOptions
{
    /// <summary>Which generator it is; null to find out.</summary>
    public ConditioningPreset? Preset { get; init; }

    /// <summary>The threads and vectors to compute with; null for those that the program shares.</summary>
    public Runtime? Runtime { get; init; }

    /// <summary>
    /// How weight matrices lie in memory; null for as they are stored, but F32 where LoRAs are added, whose sums would be rounded
    /// otherwise.
    /// </summary>
    public WeightType? Weights { get; init; }

    /// <inheritdoc cref="ClipOptions.ReadWeights"/>
    public bool ReadWeights { get; init; }

    /// <summary>
    /// Files of textual inversions, pictures with one inside included. In prompts stands the file's name without extension, or the name
    /// that is inside; in ComfyUI's dialect behind <c>embedding:</c>.
    /// </summary>
    public IReadOnlyList<string> Inversions { get; init; } = [];

    /// <summary>LoRAs that are added to the encoders, in turn; with the textual inversions that they bring along, by their names.</summary>
    public IReadOnlyList<LoraUse> Loras { get; init; } = [];
}

/// <summary>
/// Prompts to the tensors that a generator of pictures takes in their place: Stable Diffusion 1 and 2, SDXL, SD3, FLUX, Stable Cascade,
/// Kandinsky 2. Layer, norm, padding and pooled vector are those of each; prompts may be written in the dialects of diffusers,
/// AUTOMATIC1111,
/// ComfyUI and compel. Thread-safe: one call encodes at a time, on all threads of the runtime.
/// </summary>
/// <example>
/// <code>
/// using Conditioning encoders = Conditioning.Load("stable-diffusion-xl-base-1.0");
/// ConditioningTensors tensors = encoders.Encode("a (red:1.3) car", "blurry", new() { Dialect = PromptDialect.A1111 });
/// tensors.Save("cond.safetensors"); // prompt_embeds, pooled_prompt_embeds, and both of the negative prompt
/// </code>
/// </example>
public sealed class Conditioning : IDisposable
{
    private const string Negative = "negative_";

    private readonly Lock _lock = new();
    private readonly TextEncoderModel[] _models;
    private bool _isDisposed;

    private Conditioning(string source, ConditioningPreset preset, TextEncoderModel[] models, IReadOnlyList<string> notes) =>
        (Source, Preset, _models, Notes) = (source, preset, models, notes);

    /// <summary>The directory or file that it was loaded from.</summary>
    public string Source { get; }

    /// <summary>What is taken of which encoder.</summary>
    public ConditioningPreset Preset { get; }

    /// <summary>What was assumed or left out when it was loaded: a sentence each.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>Loads the text encoders of a generator.</summary>
    /// <param name="path">
    /// A directory as diffusers keeps it (with <c>model_index.json</c>), or a safetensors file that holds the whole generator or its
    /// encoders;
    /// of such a file only the encoders are read.
    /// </param>
    /// <param name="options">LoRAs, textual inversions, threads; null for the defaults.</param>
    /// <exception cref="FileNotFoundException">There is no such directory or file, or none of a LoRA or textual inversion.</exception>
    /// <exception cref="InvalidDataException">
    /// It holds no text encoders of a generator that is known, or is damaged; or a LoRA or textual inversion does not fit. The message says
    /// what and what to do.
    /// </exception>
    public static Conditioning Load(string path, ConditioningOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new();
        (ConditioningPreset preset, EncoderSource[] sources) =
            Directory.Exists(path) ? PipelineFolder.Open(path, options.Preset)
            : File.Exists(path) ? SingleFile.Open(path, options.Preset)
            : throw new FileNotFoundException(
                $"There is neither a directory nor a file {path}. Give a generator's directory in diffusers' layout, or its "
                + "safetensors file.",
                path);
        List<string> notes = [];
        TextualInversion[] inversions = [.. options.Inversions.SelectMany(TextualInversion.Load)];
        Checkpoint[] checkpoints = [];
        List<TextEncoderModel> models = [];
        LoraSource[] loras = [];
        try
        {
            loras = [.. options.Loras.Select(LoraSource.Open)];
            inversions = [.. inversions, .. loras.SelectMany(static lora => lora.Inversions)];
            RequireThatInversionsFit(inversions, sources);
            checkpoints = [.. sources.Select(source => source.Open(options.ReadWeights))];
            foreach (LoraSource lora in loras)
            {
                for (int i = 0; i < sources.Length; i++)
                    lora.Apply(checkpoints[i], sources[i].Rule, isOnly: sources.Length == 1);
                if (lora.Rest() is string rest)
                    notes.Add(rest);
            }
            WeightType? weights = options.Weights ?? (loras.Length > 0 ? WeightType.F32 : null);
            for (int i = 0; i < sources.Length; i++)
                models.Add(new(sources[i], checkpoints[i], options.Runtime ?? Runtime.Shared, inversions, weights));
            return new(path, preset, [.. models], notes);
        }
        catch
        {
            Array.ForEach(checkpoints, static checkpoint => checkpoint.Dispose());
            throw;
        }
        finally
        {
            Array.ForEach(loras, static lora => lora.Dispose());
        }
    }

    /// <summary>Encodes a prompt and, where the generator takes one, a negative prompt; both with equally many tokens.</summary>
    /// <param name="prompt">The prompt; an empty one has tensors too.</param>
    /// <param name="negative">
    /// The negative prompt. Null for none: <see cref="ConditioningPreset.Negative"/> says what stands for it. An empty one that is given is
    /// encoded, but by A1111's dialect for SDXL, which takes zeros for it.
    /// </param>
    /// <param name="options">Dialect and clip skip; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of its range, or the prompt is one that the dialect refuses.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public ConditioningTensors Encode(string prompt, string? negative = null, PromptOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        options ??= PromptOptions.Default;
        options.Validate();
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            Array.ForEach(_models, model => model.RequireSkip(options.ClipSkip));
            return EncodeBoth(prompt, negative, options);
        }
    }

    /// <summary>How a prompt is cut into chunks and weighted, as the first encoder gets it.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="options">The dialect; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of its range, or the prompt is one that the dialect refuses.</exception>
    public IReadOnlyList<PromptChunk> Cut(string prompt, PromptOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        options ??= PromptOptions.Default;
        options.Validate();
        return [.. new PromptEncoder(_models[0], options).Read(prompt).Chunks];
    }

    /// <summary>Frees the encoders; waits for a call that encodes.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
            Array.ForEach(_models, static model => model.Dispose());
        }
    }

    private ConditioningTensors EncodeBoth(string prompt, string? negative, PromptOptions options)
    {
        PromptEncoder[] encoders = [.. _models.Select(model => new PromptEncoder(model, options))];
        List<string> notes = [];
        Side given = Encode(encoders, prompt, options.ClipSkip, notes);
        bool isAbsent = negative is null
            || (negative.Length == 0 && options.Dialect == PromptDialect.A1111 && Preset.Negative == AbsentNegative.Zeros);
        AbsentNegative absent = isAbsent ? Preset.Negative : AbsentNegative.EmptyText;
        Side? other = absent == AbsentNegative.EmptyText
            ? Encode(encoders, negative ?? "", Preset.SkipsForNegative ? options.ClipSkip : 0, notes)
            : null;
        int chunks = Math.Max(given.Chunks, other?.Chunks ?? 0);
        List<ConditioningTensor> tensors = [.. Tensors("", given, chunks)];
        if (other is not null)
            tensors.AddRange(Tensors(Negative, other, chunks));
        else if (absent == AbsentNegative.Zeros)
            tensors.AddRange(Tensors("", given, chunks).Select(static one =>
                one with { Name = Negative + one.Name, Values = new float[one.Values.Length] }));
        Dictionary<string, string> metadata = new()
        {
            ["generator"] = Preset.Name,
            ["dialect"] = options.Dialect.ToString(),
            ["prompt"] = prompt,
            ["negative_prompt"] = negative ?? "",
            ["clip_skip"] = options.ClipSkip.ToString(CultureInfo.InvariantCulture),
        };
        return new(tensors, [.. notes.Distinct()], metadata);
    }

    private Side Encode(PromptEncoder[] encoders, string prompt, int skip, List<string> notes)
    {
        PromptReading[] readings = [.. encoders.Select(encoder => encoder.Read(prompt))];
        notes.AddRange(readings.SelectMany(static reading => reading.Notes));
        float[][] states = Preset.StatesName is null ? [] : [.. encoders.Select((encoder, i) => encoder.States(readings[i], skip))];
        float[][] pooled = Preset.PooledName is null ? [] : [.. encoders.Select((encoder, i) => encoder.Pooled(readings[i], prompt))];
        int chunks = states.Length == 0 ? 1 : states.Select((one, i) => one.Length / (_models[i].Length * _models[i].Width)).Max();
        int[] tokens = [.. readings[0].Chunks.Select(static chunk => chunk.Tokens.Count + 2)];
        return new(encoders, states, pooled, tokens, chunks, skip);
    }

    private IEnumerable<ConditioningTensor> Tensors(string before, Side side, int chunks)
    {
        int rows = chunks * _models[0].Length;
        if (Preset.StatesName is string statesName)
        {
            int width = Math.Max(Preset.StatesWidth, _models.Sum(static model => model.Width));
            float[] joined = new float[(long)rows * width];
            for (int i = 0, column = 0; i < _models.Length; column += _models[i++].Width)
            {
                float[] states = side.Encoders[i].Lengthen(side.States[i], chunks, side.Skip);
                for (int row = 0; row < rows; row++)
                    states.AsSpan(row * _models[i].Width, _models[i].Width).CopyTo(joined.AsSpan(row * width + column));
            }
            yield return new(before + statesName, [1, rows, width], joined);
        }
        if (Preset.PooledName is string pooledName)
        {
            float[] pooled = [.. side.Pooled.SelectMany(static one => one)];
            yield return new(before + pooledName, Preset.IsPooledARow ? [1, 1, pooled.Length] : [1, pooled.Length], pooled);
        }
        if (Preset.MaskName is string maskName)
        {
            float[] mask = new float[rows];
            for (int chunk = 0; chunk < chunks; chunk++)
                mask.AsSpan(chunk * _models[0].Length, chunk < side.Tokens.Length ? side.Tokens[chunk] : 2).Fill(1);
            yield return new(before + maskName, [1, rows], mask);
        }
    }

    private static void RequireThatInversionsFit(TextualInversion[] inversions, EncoderSource[] sources)
    {
        foreach (TextualInversion inversion in inversions)
            if (!Array.Exists(sources, source => inversion.VectorsFor(source.Rule.Key, source.Config.Text!.Transformer.Width) is not null))
                throw new InvalidDataException(
                    $"{inversion.Path} has vectors of {inversion.Widths} numbers, and the generator's encoders are "
                    + $"{string.Join(" and ", sources.Select(static source => source.Config.Text!.Transformer.Width))} wide. Take an "
                    + "inversion that "
                    + "was made for this generator.");
    }

    /// <summary>One of the two prompts, encoded.</summary>
    private sealed record Side(PromptEncoder[] Encoders, float[][] States, float[][] Pooled, int[] Tokens, int Chunks, int Skip);
}

using System.Collections.Immutable;

namespace PureClip.TextToImage;

/// <summary>
/// Pictures to the tensors that a generator takes beside a prompt or in its place: IP-Adapter, Kandinsky, Stable Cascade, unCLIP, Stable
/// Video
/// Diffusion. Thread-safe.
/// </summary>
/// <remarks>Ye et al. 2023, IP-Adapter; tencent-ailab/IP-Adapter: ip_adapter/ip_adapter.py; diffusers' pipelines.</remarks>
public sealed class PictureConditioning : IDisposable
{
    // Where generators keep the encoder, from its own folder outwards.
    private static readonly string[] Places = ["", "image_encoder", "models/image_encoder", "sdxl_models/image_encoder"];

    private readonly Clip _clip;

    private PictureConditioning(Clip clip) => _clip = clip;

    /// <summary>The folder or file of the encoder.</summary>
    public string Source => _clip.Source;

    /// <summary>Loads the image encoder of a generator.</summary>
    /// <param name="path">
    /// Its folder, one that holds <c>image_encoder</c>, or that of any CLIP with a vision transformer; or a safetensors file with the
    /// encoder alone or with the whole generator, as Stable Video Diffusion and unCLIP are published, of which only the encoder is read.
    /// </param>
    /// <param name="options">Threads, rules for pictures; null for the defaults.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such directory or file.</exception>
    /// <exception cref="InvalidDataException">It holds no model with a vision tower, or is damaged.</exception>
    public static PictureConditioning Load(string path, ClipOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (File.Exists(path))
            return new(Clip.Of(VisionFile.Open(path), options ?? new()));
        string folder = Places.Select(place => Path.Combine(path, place)).FirstOrDefault(static place =>
            File.Exists(Path.Combine(place, "config.json")) || File.Exists(Path.Combine(place, "open_clip_config.json"))) ?? path;
        Clip clip = Clip.Load(folder, options);
        if (clip.Config.Vision is not null)
            return new(clip);
        clip.Dispose();
        throw new InvalidDataException(
            $"{folder} has no vision tower. Give the generator's image_encoder folder; IP-Adapter's is models/image_encoder.");
    }

    /// <summary>Encodes pictures.</summary>
    /// <param name="images">One or more.</param>
    /// <param name="preset">What for.</param>
    /// <param name="cancellationToken">Looked at before each picture.</param>
    /// <exception cref="ArgumentException">There is no picture.</exception>
    /// <exception cref="InvalidDataException">A picture is damaged or of a format that is not built in.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="InvalidOperationException">The encoder has no tokens (a ResNet).</exception>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public ConditioningTensors Encode(
        IReadOnlyList<ImageSource> images, PicturePreset preset, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(preset);
        if (images.Count == 0)
            throw new ArgumentException("There are no pictures. Give one or more.", nameof(images));
        StateOptions wanted = new() { Hidden = preset.TakesTokens ? [-2] : [] };
        TowerStates[] states = [.. images.Select(image => _clip.EncodeImageStates(image, wanted, cancellationToken))];
        float[][] found = [.. states.Select(one => NumbersOf(one, preset))];
        float[]? against = preset.Negative switch
        {
            PictureNegative.Zeros => new float[found[0].Length],
            PictureNegative.ZeroPixels => NumbersOf(
                _clip.EncodePixelStates(new float[_clip.Preprocessor!.OutputLength], wanted, cancellationToken), preset),
            _ => null,
        };
        float[] opposite = against is null ? [] : [.. Enumerable.Repeat(against, images.Count).SelectMany(static one => one)];
        ImmutableArray<long> each = preset.TakesTokens ? [states[0].Tokens, states[0].Width] : [found[0].Length];
        float[] numbers = [.. found.SelectMany(static one => one)];
        List<ConditioningTensor> tensors = [];
        if (preset.Layout == PictureLayout.Pair)
            tensors.Add(new(preset.TensorName, [2, images.Count, .. each], [.. opposite, .. numbers]));
        else if (preset.Layout == PictureLayout.Rows)
            tensors.Add(new(preset.TensorName, [1, images.Count, .. each], numbers));
        else
            tensors.Add(new(preset.TensorName, [images.Count, .. each], numbers));
        if (preset.Layout != PictureLayout.Pair && against is not null)
            tensors.Add(new("negative_" + preset.TensorName, [images.Count, .. each], opposite));
        return new(tensors, [], new() { ["generator"] = preset.Name });
    }

    /// <summary>Frees the encoder.</summary>
    public void Dispose() => _clip.Dispose();

    private static float[] NumbersOf(TowerStates states, PicturePreset preset) =>
        preset.TakesTokens ? states.Hidden(-2).ToArray() : states.Projected!;
}

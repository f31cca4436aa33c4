using PureClip.Imaging;
using PureClip.Model;

namespace PureClip;

// What towers compute on the way to an embedding.
public sealed partial class Clip
{
    /// <summary>
    /// The states of a text's tokens in every layer that is asked for, with attention weights where these are. Encoding without asking
    /// costs no more for it.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="options">What to keep; null for all hidden states and nothing else.</param>
    /// <param name="cancellationToken">Looked at before the tower runs.</param>
    /// <exception cref="ArgumentException">
    /// The text is too long and <see cref="ClipOptions.Truncation"/> is not to cut it, or the options ask for what the tower does not have.
    /// </exception>
    /// <exception cref="InvalidOperationException">The model has no text tower.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public TowerStates EncodeTextStates(string text, StateOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        RequireTextTower();
        return EncodeTokenStates(Tokenizer!.Encode(text, pad: options?.Pad == true).Ids.Span, options, cancellationToken);
    }

    /// <summary>The same for token ids, as <see cref="Tokenizer"/> or another program makes them.</summary>
    /// <param name="ids">Start, tokens, end, and padding where its states are wanted: 1 to the context length.</param>
    /// <inheritdoc cref="EncodeTextStates"/>
    /// <param name="options">What to keep; <see cref="StateOptions.Pad"/> says whether what follows the end counts.</param>
    /// <param name="cancellationToken">Looked at before the tower runs.</param>
    public TowerStates EncodeTokenStates(
        ReadOnlySpan<int> ids, StateOptions? options = null, CancellationToken cancellationToken = default)
    {
        TextEncoder encoder = RequireTextTower();
        encoder.RequireIds(ids);
        options ??= new();
        TextTower tower = TextTower!;
        if (tower.Insides is null)
            throw new InvalidOperationException(
                $"{Source} has a text tower that mixes tokens by convolutions as well, whose states are not shown. Load one of attention "
                + "alone.");
        StateSequence sequence = StatePass.TextOf(tower, ids.ToArray(), options.Pad);
        bool isProjected = Config.Text!.Projection != TextProjection.Missing;
        return Watch(TextEngine!, () => StatePass.Run(tower, Runtime, options, [sequence], isProjected)[0], cancellationToken);
    }

    /// <summary>
    /// The states of a picture's class token and patches in every layer that is asked for, with attention weights and patch features where
    /// these are.
    /// </summary>
    /// <param name="image">A path, the bytes of a file, a stream, or pixels.</param>
    /// <param name="options">What to keep; null for all hidden states and nothing else.</param>
    /// <param name="cancellationToken">Looked at before the tower runs.</param>
    /// <exception cref="ArgumentException">The options ask for what the tower does not have.</exception>
    /// <exception cref="InvalidDataException">The picture is damaged or in a format that is not built in.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidOperationException">The model has no vision tower, or one without tokens (a ResNet).</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public TowerStates EncodeImageStates(ImageSource image, StateOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        using PreparedPicture picture = RequireVision().Prepare(image, cancellationToken);
        return EncodePixelStates(picture.Pixels, options, cancellationToken);
    }

    /// <summary>The same for a picture that is prepared.</summary>
    /// <param name="pixels">[3, size, size], as <see cref="ImagePreprocessor.Preprocess(RasterImage, Span{float})"/> makes them.</param>
    /// <inheritdoc cref="EncodeImageStates"/>
    /// <param name="options">What to keep; null for all hidden states and nothing else.</param>
    /// <param name="cancellationToken">Looked at before the tower runs.</param>
    public TowerStates EncodePixelStates(
        ReadOnlySpan<float> pixels, StateOptions? options = null, CancellationToken cancellationToken = default)
    {
        VisionEncoder encoder = RequireVision();
        if (pixels.Length != encoder.Preprocessor.OutputLength)
            throw new ArgumentException(
                $"A picture is {encoder.Preprocessor.OutputLength} numbers, but {pixels.Length} were given.", nameof(pixels));
        VisionTower tower = _checkpoint.Towers.Vision!;
        if (Config.Vision is not VisionTransformerConfig vision || tower.Insides is null)
            throw new InvalidOperationException(
                $"{Source} has a convolutional vision tower: there are no tokens whose states could be seen. Load a vision transformer.");
        options ??= new();
        float[] copy = pixels.ToArray();
        int read = vision.ReadAt switch
        {
            VisionReadOut.ClassToken => 0,
            VisionReadOut.MeanOfPatches => StateSequence.Mean,
            _ => StateSequence.All,
        };
        StateSequence sequence = new(tower.RowsOf(copy), pass => tower.Add(copy, pass), [], read);
        return Watch(
            VisionEngine!, () => StatePass.Run(tower, Runtime, options, [sequence], skipped: vision.ClassTokens)[0], cancellationToken);
    }

    private TowerStates Watch(Engine engine, Func<TowerStates> run, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        engine.Warm();
        return Inside(run);
    }
}

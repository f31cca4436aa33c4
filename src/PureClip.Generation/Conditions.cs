using System.Numerics.Tensors;
using PureClip.Model;

namespace PureClip.Generation;

/// <summary>
/// What a network is told, made of texts and vectors: a unit vector times √width, and for a text the embedding of each of its tokens,
/// projected, with the same length. Not thread-safe.
/// </summary>
internal sealed class Conditions : IDisposable
{
    private readonly Clip _clip;
    private readonly TextTower _tower;
    private readonly Pass _pass;

    /// <param name="clip">A model with a text tower.</param>
    /// <exception cref="InvalidDataException">It has none.</exception>
    public Conditions(Clip clip)
    {
        if (clip.Tokenizer is null || clip.TextEngine is null)
            throw new InvalidDataException($"{clip.Source} has no text tower: it cannot be told what to draw.");
        clip.TextEngine.Warm();
        (_clip, _tower) = (clip, clip.TextTower!);
        _pass = Pass.Create(
            _tower, clip.Runtime.Tier, clip.Runtime.Pool, sequences: 1, _tower.MostRows, new(Read: ReadOut.Every));
    }

    /// <summary>What a text says.</summary>
    public DrawnThing OfText(string text, params int[] kinds) => new(Scaled(_clip.EncodeText(text)), States(text), Kinds: kinds);

    /// <summary>What a vector of length 1 says.</summary>
    public static DrawnThing OfVector(ReadOnlySpan<float> unit, params int[] kinds) => new(Scaled(unit), default, Kinds: kinds);

    /// <inheritdoc/>
    public void Dispose() => _pass.Dispose();

    private static float[] Scaled(ReadOnlySpan<float> unit)
    {
        float[] scaled = new float[unit.Length];
        TensorPrimitives.Multiply(unit, MathF.Sqrt(unit.Length) / TensorPrimitives.Norm(unit), scaled);
        return scaled;
    }

    private float[] States(string text) => _clip.Inside(() =>
    {
        int[] ids = _clip.Tokenizer!.Encode(text, Truncation.KeepEnd).Ids.ToArray();
        _pass.Begin();
        _tower.Add(ids, _pass);
        _tower.Forward(_pass);
        int width = _clip.EmbeddingWidth;
        float[] states = new float[_pass.Rows * width];
        for (int row = 0; row < _pass.Rows; row++)
            Scaled(_pass.Embeddings.RowSpan(row)).CopyTo(states, row * width);
        return states;
    });
}

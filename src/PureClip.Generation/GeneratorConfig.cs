using System.Text.Json;
using System.Text.Json.Serialization;
using PureClip.Files;
using PureClip.Memory;

namespace PureClip.Generation;

/// <summary>One tensor of a network that draws.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Shape">Shape, outputs first.</param>
/// <param name="Decays">Whether it shrinks by weight decay while it learns.</param>
/// <param name="Parts">Matrices stacked in it that Muon turns apart; 0 for AdamW.</param>
internal readonly record struct GeneratorTensor(string Name, long[] Shape, bool Decays = false, int Parts = 0);

/// <summary>What is drawn: a vector and the states of a text, or nothing in particular.</summary>
/// <param name="Vector">[vector width]</param>
/// <param name="States">[states · state width]; none for a learnt state that stands for nothing.</param>
/// <param name="IsDropped">Whether the network is not told: it then sees the learnt vector and state that stand for nothing.</param>
/// <param name="Kinds">Rows of the table of kinds that are added: how it is drawn, and what the vector is of. Null for none.</param>
internal readonly record struct DrawnThing(
    ReadOnlyMemory<float> Vector, ReadOnlyMemory<float> States, bool IsDropped = false, int[]? Kinds = null)
{
    /// <summary>Whether its one token is the learnt state that stands for nothing.</summary>
    public bool HasNullState => IsDropped || States.IsEmpty;

    /// <summary>The kinds that the network sees.</summary>
    public int[] SeenKinds => IsDropped ? [] : Kinds ?? [];
}

/// <summary>The sizes of a network that draws.</summary>
/// <param name="Width">Numbers a token.</param>
/// <param name="Layers">Blocks.</param>
/// <param name="Heads">Attention heads.</param>
/// <param name="PatchSize">Pixels of a patch's side.</param>
/// <param name="ImageSize">Pixels of a picture's side.</param>
/// <param name="VectorWidth">Numbers of the vector that says what is drawn.</param>
/// <param name="StateWidth">Numbers of each state of the text.</param>
/// <param name="Frequencies">Numbers that the time becomes: half cosines, half sines.</param>
/// <param name="Kinds">Learnt vectors beside time and vector: 0 says that the vector is a picture's, the others are styles.</param>
/// <param name="IsNormalized">
/// Whether queries and keys of each head, and what time and vector say, have a root mean square of 1. Without that, a few heads soon see one
/// token each, and what the time says drowns what is to be drawn.
/// </param>
internal sealed record GeneratorConfig(
    int Width, int Layers, int Heads, int PatchSize, int ImageSize, int VectorWidth, int StateWidth, int Frequencies, int Kinds = 0,
    bool IsNormalized = false)
{
    /// <summary>Red, green, blue and alpha.</summary>
    public const int Channels = 4;

    /// <summary>The row of the table of kinds that says that a vector is a picture's.</summary>
    public const int OfPicture = 0;

    /// <summary>Patches of a picture.</summary>
    [JsonIgnore]
    public int Patches => ImageSize / PatchSize * (ImageSize / PatchSize);

    /// <summary>Numbers of a patch.</summary>
    [JsonIgnore]
    public int PatchColumns => Channels * PatchSize * PatchSize;

    /// <summary>Numbers of a picture.</summary>
    [JsonIgnore]
    public int Numbers => Channels * ImageSize * ImageSize;

    /// <summary>Every tensor. Matrices decay; those of blocks, without the modulation, are Muon's.</summary>
    [JsonIgnore]
    public IReadOnlyList<GeneratorTensor> Tensors
    {
        get
        {
            List<GeneratorTensor> all = [];
            void Linear(string name, int inputs, int outputs, int parts = 0)
            {
                all.Add(new($"{name}.weight", [outputs, inputs], Decays: true, parts));
                all.Add(new($"{name}.bias", [outputs]));
            }
            Linear("patch", PatchColumns, Width);
            all.Add(new("position", [Patches, Width]));
            Linear("states", StateWidth, Width);
            Linear("time.fc1", Frequencies, Width);
            Linear("time.fc2", Width, Width);
            Linear("vector.fc1", VectorWidth, Width);
            Linear("vector.fc2", Width, Width);
            all.Add(new("null_vector", [VectorWidth]));
            all.Add(new("null_state", [StateWidth]));
            if (Kinds > 0)
                all.Add(new("kinds", [Kinds, Width]));
            for (int i = 0; i < Layers; i++)
            {
                Linear($"blocks.{i}.modulation", Width, 6 * Width);
                Linear($"blocks.{i}.attn.qkv", Width, 3 * Width, parts: 3);
                Linear($"blocks.{i}.attn.out", Width, Width, parts: 1);
                Linear($"blocks.{i}.mlp.fc1", Width, 4 * Width, parts: 1);
                Linear($"blocks.{i}.mlp.fc2", 4 * Width, Width, parts: 1);
            }
            Linear("final.modulation", Width, 2 * Width);
            Linear("final", Width, PatchColumns);
            return all;
        }
    }

    /// <summary>As text that <see cref="Parse"/> reads.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, GeneratorJson.Default.GeneratorConfig);

    /// <summary>Reads <see cref="ToJson"/>'s text.</summary>
    /// <exception cref="InvalidDataException">It is something else, or sizes that do not fit one another.</exception>
    public static GeneratorConfig Parse(string json)
    {
        GeneratorConfig? c;
        try
        {
            c = JsonSerializer.Deserialize(json, GeneratorJson.Default.GeneratorConfig);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"The sizes of the network cannot be read: {JsonText.Reason(e)}.", e);
        }
        const int Most = 1 << 14;
        int[] sizes = c is null ? [] :
            [c.Width, c.Layers, c.Heads, c.PatchSize, c.ImageSize, c.VectorWidth, c.StateWidth, c.Frequencies, c.Kinds + 1];
        return sizes.Length > 0 && Array.TrueForAll(sizes, static size => size is >= 1 and <= Most) && c!.Width % c.Heads == 0
            && c.ImageSize <= 1024 && c.ImageSize % c.PatchSize == 0 && c.Frequencies % 2 == 0
            ? c
            : throw new InvalidDataException($"The sizes of the network, {json}, are out of range or do not fit one another.");
    }

    /// <summary>States that a thing has as tokens: those of its text, or the one that stands for nothing.</summary>
    public int StatesOf(DrawnThing thing) => thing.HasNullState ? 1 : thing.States.Length / StateWidth;

    /// <summary>cos and sin of 1000·t·10000^(−i/(n/2)), cosines first. Angles are large: they are computed in double.</summary>
    public static void TimeFeatures(double t, Span<float> features)
    {
        int half = features.Length / 2;
        for (int i = 0; i < half; i++)
        {
            double angle = 1000 * t * Math.Pow(10_000, -(double)i / half);
            (features[i], features[half + i]) = ((float)Math.Cos(angle), (float)Math.Sin(angle));
        }
    }

    /// <summary>Pictures [channel, row, column] to rows of patches: channel, row, column.</summary>
    public void Unfold(ReadOnlySpan<float> pictures, MatrixView patches)
    {
        for (int row = 0; row < patches.Rows; row++)
            for (int line = 0; line < patches.Columns / PatchSize; line++)
                pictures.Slice(PixelOf(row, line), PatchSize).CopyTo(patches.RowSpan(row)[(line * PatchSize)..]);
    }

    /// <summary>Rows of patches to pictures.</summary>
    public void Fold(MatrixView patches, Span<float> pictures)
    {
        for (int row = 0; row < patches.Rows; row++)
            for (int line = 0; line < patches.Columns / PatchSize; line++)
                patches.RowSpan(row).Slice(line * PatchSize, PatchSize).CopyTo(pictures[PixelOf(row, line)..]);
    }

    /// <summary>Where a line of a patch starts in the pictures.</summary>
    private int PixelOf(int row, int line)
    {
        int grid = ImageSize / PatchSize, patch = row % Patches, channel = line / PatchSize, y = line % PatchSize;
        return ((row / Patches * Channels + channel) * ImageSize + patch / grid * PatchSize + y) * ImageSize + patch % grid * PatchSize;
    }
}

[JsonSerializable(typeof(GeneratorConfig))]
[JsonSerializable(typeof(string[]))]
internal sealed partial class GeneratorJson : JsonSerializerContext;

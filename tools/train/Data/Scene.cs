namespace PureClip.Train.Data;

/// <summary>Where a drawing lies in a picture, whose middle is 0 and whose edges are −1 and 1.</summary>
/// <param name="Scale">Its size.</param>
/// <param name="X">Its middle.</param>
/// <param name="Y">Its middle.</param>
/// <param name="Turn">Radians.</param>
/// <param name="IsMirrored">Whether left and right are exchanged.</param>
internal readonly record struct Placement(float Scale, float X = 0, float Y = 0, float Turn = 0, bool IsMirrored = false);

/// <summary>A picture that is put together, what is said of it and what is true of it.</summary>
internal sealed class Scene
{
    /// <summary>Drawings, the last one on top.</summary>
    public required List<(int Drawing, Placement At)> Layers { get; init; }

    /// <summary>What is said.</summary>
    public required string Caption { get; set; }

    /// <summary>What the caption says, fact by fact: it is true of every picture whose facts have all of these.</summary>
    public required List<string> Contents { get; init; }

    /// <summary>What is true of the picture.</summary>
    public required HashSet<string> Facts { get; init; }

    /// <summary>The ground, 0 to 1.</summary>
    public (float R, float G, float B) Ground { get; set; } = (1, 1, 1);

    /// <summary>The colour that glyphs get; null for drawings of their own colours.</summary>
    public (float R, float G, float B)? Ink { get; set; }

    /// <summary>What channels are multiplied by.</summary>
    public (float R, float G, float B) Tint { get; set; } = (1, 1, 1);

    /// <summary>Whether it has no colours.</summary>
    public bool IsGrey { get; set; }
}

/// <summary>Scenes to numbers.</summary>
internal static class SceneRenderer
{
    // OpenAI's, which the model's preprocessing says as well.
    private static readonly float[] Mean = [0.48145466f, 0.4578275f, 0.40821073f], Deviation = [0.26862954f, 0.26130258f, 0.27577711f];

    /// <summary>Draws a scene.</summary>
    /// <param name="scene">The scene.</param>
    /// <param name="set">Its drawings.</param>
    /// <param name="pixels">[3, side, side]: receives values of 0 to 1.</param>
    public static void Render(Scene scene, PictureSet set, Span<float> pixels)
    {
        const int Side = PictureSet.Side, Area = Side * Side;
        pixels[..Area].Fill(scene.Ground.R);
        pixels[Area..(2 * Area)].Fill(scene.Ground.G);
        pixels[(2 * Area)..].Fill(scene.Ground.B);
        Span<byte> drawing = stackalloc byte[PictureSet.BytesEach];
        foreach ((int number, Placement at) in scene.Layers)
        {
            set.Read(number, drawing);
            AddLayer(drawing, at, scene.Ink, pixels);
        }
        for (int i = 0; i < Area; i++)
        {
            float r = pixels[i] * scene.Tint.R, g = pixels[Area + i] * scene.Tint.G, b = pixels[2 * Area + i] * scene.Tint.B;
            if (scene.IsGrey)
                r = g = b = (r + g + b) / 3;
            (pixels[i], pixels[Area + i], pixels[2 * Area + i]) = (Math.Clamp(r, 0f, 1f), Math.Clamp(g, 0f, 1f), Math.Clamp(b, 0f, 1f));
        }
    }

    /// <summary>From 0 to 1 to what the network takes.</summary>
    public static void Normalize(Span<float> pixels)
    {
        const int Area = PictureSet.Side * PictureSet.Side;
        for (int channel = 0; channel < 3; channel++)
            foreach (ref float value in pixels.Slice(channel * Area, Area))
                value = (value - Mean[channel]) / Deviation[channel];
    }

    private static void AddLayer(ReadOnlySpan<byte> drawing, Placement at, (float R, float G, float B)? ink, Span<float> pixels)
    {
        const int Side = PictureSet.Side, Area = Side * Side;
        float cos = MathF.Cos(at.Turn) / at.Scale, sin = MathF.Sin(at.Turn) / at.Scale, mirror = at.IsMirrored ? -1 : 1;
        for (int row = 0; row < Side; row++)
            for (int column = 0; column < Side; column++)
            {
                // Where this pixel is in the drawing.
                float x = (column + 0.5f) * (2f / Side) - 1 - at.X, y = (row + 0.5f) * (2f / Side) - 1 - at.Y;
                float u = ((cos * x + sin * y) * mirror + 1) * (Side / 2f) - 0.5f, v = (cos * y - sin * x + 1) * (Side / 2f) - 0.5f;
                if (u <= -1 || v <= -1 || u >= Side || v >= Side)
                    continue;
                (float r, float g, float b, float a) = Sample(drawing, u, v);
                if (ink is not null)
                    (r, g, b) = (ink.Value.R * a, ink.Value.G * a, ink.Value.B * a);
                int to = row * Side + column;
                pixels[to] = r + pixels[to] * (1 - a);
                pixels[Area + to] = g + pixels[Area + to] * (1 - a);
                pixels[2 * Area + to] = b + pixels[2 * Area + to] * (1 - a);
            }
    }

    /// <summary>Bilinear, transparent outside.</summary>
    private static (float R, float G, float B, float A) Sample(ReadOnlySpan<byte> drawing, float u, float v)
    {
        const int Side = PictureSet.Side;
        int left = (int)MathF.Floor(u), top = (int)MathF.Floor(v);
        float right = u - left, down = v - top, r = 0, g = 0, b = 0, a = 0;
        for (int k = 0; k < 4; k++)
        {
            int x = left + (k & 1), y = top + (k >> 1);
            if ((uint)x >= Side || (uint)y >= Side)
                continue;
            float weight = ((k & 1) == 0 ? 1 - right : right) * ((k >> 1) == 0 ? 1 - down : down) * (1 / 255f);
            ReadOnlySpan<byte> from = drawing.Slice((y * Side + x) * 4, 4);
            (r, g, b, a) = (r + weight * from[0], g + weight * from[1], b + weight * from[2], a + weight * from[3]);
        }
        return (r, g, b, a);
    }
}

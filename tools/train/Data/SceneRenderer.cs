namespace PureClip.Train.Data;

/// <summary>Scenes to numbers.</summary>
internal static class SceneRenderer
{
    /// <summary>Points of a side of the grid that bends a drawing.</summary>
    public const int BendPoints = 5;

    private const int Side = PictureSet.Side, Area = Side * Side;

    // OpenAI's, which the model's preprocessing says as well.
    private static readonly float[] Mean = [0.48145466f, 0.4578275f, 0.40821073f], Deviation = [0.26862954f, 0.26130258f, 0.27577711f];

    /// <summary>Draws a scene.</summary>
    /// <param name="scene">The scene.</param>
    /// <param name="set">Its drawings.</param>
    /// <param name="pixels">[3, side, side]: receives values of 0 to 1.</param>
    public static void Render(Scene scene, PictureSet set, Span<float> pixels)
    {
        for (int i = 0; i < Area; i++)
        {
            float slope = scene.Slope * ((i / Side) / (Side - 1f) - 0.5f);
            pixels[i] = Math.Clamp(scene.Ground.R + slope, 0f, 1f);
            pixels[Area + i] = Math.Clamp(scene.Ground.G + slope, 0f, 1f);
            pixels[2 * Area + i] = Math.Clamp(scene.Ground.B + slope, 0f, 1f);
        }
        byte[] bytes = new byte[PictureSet.BytesEach];
        float[] drawing = new float[PictureSet.BytesEach];
        float[]? bend = scene.Bend;
        foreach (Layer layer in scene.Layers)
        {
            if (scene.Look.Choose is Func<PictureSet.Variant, bool> choose && set.VariantsOf(layer.Drawing).FirstOrDefault(choose) is
                PictureSet.Variant variant)
                set.Read(variant, bytes);
            else
                set.Read(layer.Drawing, bytes);
            for (int i = 0; i < bytes.Length; i++)
                drawing[i] = bytes[i] * (1 / 255f);
            if (layer.IsGlyph)
                for (int i = 0; i < drawing.Length; i += 4)
                {
                    float a = drawing[i + 3];
                    (drawing[i], drawing[i + 1], drawing[i + 2]) = (scene.Ink.R * a, scene.Ink.G * a, scene.Ink.B * a);
                }
            else
                PixelStyles.Apply(scene.Look, drawing);
            AddLayer(drawing, layer.At, bend, pixels);
            bend = null; // what is put on top lies straight
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
        for (int channel = 0; channel < 3; channel++)
            foreach (ref float value in pixels.Slice(channel * Area, Area))
                value = (value - Mean[channel]) / Deviation[channel];
    }

    private static void AddLayer(ReadOnlySpan<float> drawing, Placement at, float[]? bend, Span<float> pixels)
    {
        float cos = MathF.Cos(at.Turn) / at.Scale, sin = MathF.Sin(at.Turn) / at.Scale, mirror = at.IsMirrored ? -1 : 1;
        for (int row = 0; row < Side; row++)
            for (int column = 0; column < Side; column++)
            {
                // Where this pixel is in the drawing.
                float x = (column + 0.5f) * (2f / Side) - 1 - at.X, y = (row + 0.5f) * (2f / Side) - 1 - at.Y;
                float u = (cos * x + sin * y) * mirror, v = cos * y - sin * x;
                if (bend is not null)
                {
                    (float du, float dv) = Displacement(bend, column, row);
                    (u, v) = (u + du, v + dv);
                }
                (u, v) = ((u + 1) * (Side / 2f) - 0.5f, (v + 1) * (Side / 2f) - 0.5f);
                if (u <= -1 || v <= -1 || u >= Side || v >= Side)
                    continue;
                (float r, float g, float b, float a) = Sample(drawing, u, v);
                int to = row * Side + column;
                pixels[to] = r + pixels[to] * (1 - a);
                pixels[Area + to] = g + pixels[Area + to] * (1 - a);
                pixels[2 * Area + to] = b + pixels[2 * Area + to] * (1 - a);
            }
    }

    /// <summary>Between the points of the grid, without edges.</summary>
    private static (float U, float V) Displacement(float[] bend, int column, int row)
    {
        const float Step = (BendPoints - 1f) / (Side - 1);
        float x = column * Step, y = row * Step;
        int left = Math.Min((int)x, BendPoints - 2), top = Math.Min((int)y, BendPoints - 2);
        float right = Smooth(x - left), down = Smooth(y - top);
        float At(int axis)
        {
            int from = 2 * (top * BendPoints + left) + axis;
            float above = bend[from] * (1 - right) + bend[from + 2] * right;
            float below = bend[from + 2 * BendPoints] * (1 - right) + bend[from + 2 * BendPoints + 2] * right;
            return above * (1 - down) + below * down;
        }
        return (At(0), At(1));
    }

    private static float Smooth(float x) => x * x * (3 - 2 * x);

    /// <summary>Bilinear, transparent outside.</summary>
    private static (float R, float G, float B, float A) Sample(ReadOnlySpan<float> drawing, float u, float v)
    {
        int left = (int)MathF.Floor(u), top = (int)MathF.Floor(v);
        float right = u - left, down = v - top, r = 0, g = 0, b = 0, a = 0;
        for (int k = 0; k < 4; k++)
        {
            int x = left + (k & 1), y = top + (k >> 1);
            if ((uint)x >= Side || (uint)y >= Side)
                continue;
            float weight = ((k & 1) == 0 ? 1 - right : right) * ((k >> 1) == 0 ? 1 - down : down);
            ReadOnlySpan<float> from = drawing.Slice((y * Side + x) * 4, 4);
            (r, g, b, a) = (r + weight * from[0], g + weight * from[1], b + weight * from[2], a + weight * from[3]);
        }
        return (r, g, b, a);
    }
}

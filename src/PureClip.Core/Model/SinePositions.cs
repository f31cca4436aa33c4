namespace PureClip.Model;

/// <summary>Positions that are computed: sines and cosines of a place, at frequencies that fall from 1 to 1 / 10,000.</summary>
/// <remarks>
/// Vaswani et al. 2017, 3.5, as tensor2tensor, fairseq and M2M-100 have it: all sines first, then all cosines. In single precision, as there:
/// at the far end of a text, where angles are large, the last bits are part of what a model has learnt.
/// </remarks>
internal static class SinePositions
{
    private const double Longest = 10_000;

    /// <summary>Makes the table.</summary>
    /// <param name="rows">Places.</param>
    /// <param name="width">Numbers of each, 4 or more; of an odd number the last is 0.</param>
    /// <param name="padding">The place of padding, which is all zeros.</param>
    /// <returns>[rows, width]</returns>
    public static float[] Table(int rows, int width, int padding)
    {
        float[] table = new float[rows * width];
        int half = width / 2;
        float step = (float)(Math.Log(Longest) / (half - 1));
        for (int i = 0; i < half; i++)
        {
            float frequency = MathF.Exp(i * -step);
            for (int row = 0; row < rows; row++)
                if (row != padding)
                    (table[row * width + i], table[row * width + half + i]) = MathF.SinCos(row * frequency);
        }
        return table;
    }
}

using System.Globalization;

namespace PureClip.Cli.Arguments;

/// <summary>A picture that counts more or less than others: <c>2:hat.png</c>, or <c>hat.png</c> for a weight of 1.</summary>
/// <param name="Weight">Finite and above 0.</param>
/// <param name="Path">The picture.</param>
internal readonly record struct WeightedPicture(float Weight, string Path)
{
    /// <summary>Reads an argument; a file whose name looks like a weight and a picture is that file.</summary>
    /// <exception cref="UsageException">The weight is not allowed.</exception>
    public static WeightedPicture Of(string argument)
    {
        int colon = argument.IndexOf(':');
        if (colon < 1 || File.Exists(argument) || !float.TryParse(argument.AsSpan(0, colon), NumberStyles.Float, CultureInfo.InvariantCulture, out float weight))
            return new(1f, argument);
        return float.IsFinite(weight) && weight > 0f
            ? new(weight, argument[(colon + 1)..])
            : throw new UsageException($"concept: the weight in '{argument}' must be above 0; --minus takes a picture away.");
    }
}

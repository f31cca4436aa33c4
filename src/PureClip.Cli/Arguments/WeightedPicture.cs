namespace PureClip.Cli.Arguments;

/// <summary>A picture that counts more or less than others: <c>2:hat.png</c>, or <c>hat.png</c> for a weight of 1.</summary>
/// <param name="Weight">Finite and above 0.</param>
/// <param name="Path">The picture.</param>
internal readonly record struct WeightedPicture(float Weight, string Path)
{
    /// <summary>Reads an argument; a file whose name looks like a weight and a picture is that file.</summary>
    /// <exception cref="UsageException">The weight is not allowed, or nothing follows it.</exception>
    public static WeightedPicture Of(string argument)
    {
        (float weight, string path) = WeightedArgument.Of(argument, "concept", "a picture", "--minus takes a picture away.");
        return new(weight, path);
    }
}

using System.Globalization;

namespace PureClip.Cli.Arguments;

/// <summary>An argument that counts more or less than others: <c>2:TERM</c>, or <c>TERM</c> for a weight of 1.</summary>
/// <param name="Weight">Finite and above 0.</param>
/// <param name="Term">What follows the weight; not empty where there is one.</param>
internal readonly record struct WeightedArgument(float Weight, string Term)
{
    /// <summary>Reads an argument; a file whose name looks like a weight and a term is that file.</summary>
    /// <param name="argument">The argument.</param>
    /// <param name="command">Who reads it, for messages.</param>
    /// <param name="kind">What a term is, for messages.</param>
    /// <param name="remedy">What to do instead of giving a weight below 0.</param>
    /// <exception cref="UsageException">The weight is not allowed, or nothing follows it.</exception>
    public static WeightedArgument Of(string argument, string command, string kind, string remedy)
    {
        int colon = argument.IndexOf(':');
        if (colon < 1 || File.Exists(argument) || !float.TryParse(argument.AsSpan(0, colon), NumberStyles.Float, CultureInfo.InvariantCulture, out float weight))
            return new(1f, argument);
        if (!float.IsFinite(weight) || weight <= 0f)
            throw new UsageException($"{command}: the weight in '{argument}' must be above 0; {remedy}");
        return argument.Length > colon + 1
            ? new(weight, argument[(colon + 1)..])
            : throw new UsageException($"{command}: {kind} must follow the weight in '{argument}'.");
    }
}

using System.Diagnostics.CodeAnalysis;

namespace PureClip.Convert;

/// <summary>The one exception of this tool's readers: the input is not what its format allows.</summary>
internal static class Throw
{
    /// <exception cref="InvalidDataException">Always.</exception>
    [DoesNotReturn]
    public static void InvalidData(string message) => throw new InvalidDataException(message);

    /// <exception cref="InvalidDataException">Always.</exception>
    [DoesNotReturn]
    public static T InvalidData<T>(string message) => throw new InvalidDataException(message);
}

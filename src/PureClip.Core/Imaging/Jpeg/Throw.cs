using System.Diagnostics.CodeAnalysis;

namespace PureClip.Imaging.Jpeg;

/// <summary>The one way in which this folder rejects a file.</summary>
internal static class Throw
{
    /// <summary>Rejects the file.</summary>
    /// <param name="message">What was found, what is allowed.</param>
    [DoesNotReturn]
    public static void Invalid(string message) => throw new InvalidDataException("JPEG: " + message);

    /// <summary>Rejects the file from within an expression.</summary>
    [DoesNotReturn]
    public static T Invalid<T>(string message) => throw new InvalidDataException("JPEG: " + message);

    /// <summary>Rejects a file that ends too early.</summary>
    /// <param name="expected">What should have followed.</param>
    [DoesNotReturn]
    public static void Truncated(string expected) => Invalid($"the file ends where {expected} was expected; it is truncated.");
}

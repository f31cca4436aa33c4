using System.Diagnostics.CodeAnalysis;

namespace PureClip.Tokenization;

/// <summary>The folder's exceptions: what was found, what is allowed, what to do next.</summary>
internal static class Throw
{
    /// <summary>A tokenizer file says something that cannot be right.</summary>
    [DoesNotReturn]
    public static void InvalidFile(string source, string problem) => throw new InvalidDataException($"{source}: {problem}");

    /// <inheritdoc cref="InvalidFile"/>
    [DoesNotReturn]
    public static T InvalidFile<T>(string source, string problem) => throw new InvalidDataException($"{source}: {problem}");
}

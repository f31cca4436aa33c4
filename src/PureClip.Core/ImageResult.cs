using System.Runtime.ExceptionServices;

namespace PureClip;

/// <summary>What became of one picture of many.</summary>
/// <param name="Index">Its position in the list.</param>
/// <param name="Source">The picture.</param>
/// <param name="Embedding">Its embedding; null where it could not be read.</param>
/// <param name="Failure">Why it could not be read: an <see cref="InvalidDataException"/>, an <see cref="IOException"/>, or what else its source or decoder threw; null where it could.</param>
public sealed record ImageResult(int Index, ImageSource Source, float[]? Embedding, ExceptionDispatchInfo? Failure);

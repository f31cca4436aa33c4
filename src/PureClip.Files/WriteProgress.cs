namespace PureClip.Files;

/// <summary>How far a file has been written, reported after every tensor.</summary>
/// <param name="Tensor">The tensor just finished.</param>
/// <param name="BytesWritten">Bytes of all tensors so far.</param>
/// <param name="BytesTotal">Bytes of all tensors.</param>
internal readonly record struct WriteProgress(string Tensor, long BytesWritten, long BytesTotal);

namespace PureClip.Convert.Torch;

/// <summary>One member of a zip archive whose place in the file has been checked.</summary>
/// <param name="Name">Path with forward slashes, relative, without "..".</param>
/// <param name="IsStored">True where the bytes are not compressed.</param>
/// <param name="HeaderOffset">Byte offset of the local header.</param>
/// <param name="DataOffset">Byte offset of the first data byte.</param>
/// <param name="Length">Bytes in the file; where stored, also bytes of the content.</param>
internal readonly record struct ZipEntry(string Name, bool IsStored, long HeaderOffset, long DataOffset, long Length);

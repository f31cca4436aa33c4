using System.IO.MemoryMappedFiles;

namespace PureClip.Search;

/// <summary>The rows of an index, mapped into memory: the system reads what is touched, and shares it between processes.</summary>
internal sealed unsafe class MappedRows : IDisposable
{
    private readonly MemoryMappedFile? _map;
    private readonly MemoryMappedViewAccessor? _view;

    /// <summary>Maps the first rows of a file.</summary>
    /// <param name="path">The file; it may be longer, and grow.</param>
    /// <param name="header">What the rows are.</param>
    /// <param name="count">Rows; the file has at least as many.</param>
    public MappedRows(string path, IndexHeader header, int count)
    {
        byte* start = null;
        if (count > 0) // nothing cannot be mapped
        {
            FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            try
            {
                long bytes = (long)count * VectorRow.Bytes(header.VectorType, header.Width);
                _map = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
                _view = _map.CreateViewAccessor(0, bytes, MemoryMappedFileAccess.Read);
                _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
            }
            catch
            {
                _view?.Dispose();
                _map?.Dispose();
                stream.Dispose();
                throw;
            }
        }
        Matrix = new(start, count, header.Width, header.VectorType);
    }

    /// <summary>The rows, until disposal.</summary>
    public VectorMatrix Matrix { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_view is { SafeMemoryMappedViewHandle.IsClosed: false })
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view?.Dispose();
        _map?.Dispose();
    }
}

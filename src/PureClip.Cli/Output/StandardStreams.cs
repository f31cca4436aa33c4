using System.Text;
using Microsoft.Win32.SafeHandles;

namespace PureClip.Cli.Output;

/// <summary>The process's own streams: UTF-8 without a byte order mark, lines end in a line feed on every system.</summary>
internal static class StandardStreams
{
    private const int InputDescriptor = 0, OutputDescriptor = 1, ErrorDescriptor = 2;

    // O_CLOEXEC, as Linux has it.
    private const int ClosedOnExec = 0x80000;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Standard input.</summary>
    public static TextReader OpenInput() =>
        IsClosed(InputDescriptor) ? new ClosedReader() : new StreamReader(Console.OpenStandardInput(), Utf8);

    /// <summary>
    /// Standard output, to be flushed by whoever writes. A reader that has gone is an <see cref="IOException"/>, and so is one that cannot
    /// be written to, as it is closed or its disk is full.
    /// </summary>
    public static TextWriter OpenOutput()
    {
        if (OperatingSystem.IsWindows() && !Console.IsOutputRedirected)
            Console.OutputEncoding = Utf8;
        Stream output = IsClosed(OutputDescriptor) ? Nowhere : OpenPipe() ?? Console.OpenStandardOutput();
        return new StreamWriter(new OwnStream(output, mayFail: true), Utf8) { NewLine = "\n" };
    }

    /// <summary>Standard error. Where it cannot be written to, messages are lost and nothing else is.</summary>
    public static TextWriter OpenError()
    {
        Stream error = IsClosed(ErrorDescriptor) ? Nowhere : Console.OpenStandardError();
        return new StreamWriter(new OwnStream(error, mayFail: false), Utf8) { NewLine = "\n", AutoFlush = true };
    }

    /// <summary>Columns of the terminal that somebody looks at; what is usual where none says how wide it is, as some do by 0.</summary>
    public static int Columns()
    {
        if (Console.IsOutputRedirected && Console.IsErrorRedirected)
            return Shell.UsualWidth; // nobody looks
        try
        {
            return Console.WindowWidth is > 0 and int columns ? columns : Shell.UsualWidth;
        }
        catch (Exception e) when (e is IOException or PlatformNotSupportedException)
        {
            return Shell.UsualWidth;
        }
    }

    /// <summary>Whether the terminal obeys escape sequences: all do but the simplest, and old consoles of Windows.</summary>
    public static bool ObeyEscapes() => OperatingSystem.IsWindows()
        ? Environment.GetEnvironmentVariable("WT_SESSION") is not null || Environment.GetEnvironmentVariable("TERM") is not null
        : Environment.GetEnvironmentVariable("TERM") is not (null or "dumb");

    /// <summary>Refuses to be written to.</summary>
    private static Stream Nowhere => new MemoryStream([], writable: false);

    /// <summary>
    /// Whether whoever started the program has closed a descriptor. By now the runtime has one of its own pipes there, from which a read
    /// would never return: what is inherited is not closed on exec, and all that the runtime opens is.
    /// </summary>
    private static bool IsClosed(int descriptor)
    {
        if (!OperatingSystem.IsLinux())
            return false;
        try
        {
            const string Name = "flags:";
            string? flags = File.ReadLines($"/proc/self/fdinfo/{descriptor}")
                .FirstOrDefault(static line => line.StartsWith(Name, StringComparison.Ordinal));
            return flags is not null && (System.Convert.ToInt64(flags[Name.Length..].Trim(), 8) & ClosedOnExec) != 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            return e is FileNotFoundException && Directory.Exists("/proc/self/fdinfo");
        }
    }

    /// <summary>
    /// Standard output as a file of its own where it is a pipe: the console's stream says nothing when the reader has gone, and embedding a
    /// large folder for nobody takes hours. Not for files, where a second position in the file would overwrite other programs' output.
    /// </summary>
    private static FileStream? OpenPipe()
    {
        if (OperatingSystem.IsWindows() || !Console.IsOutputRedirected)
            return null;
        try
        {
            FileStream stream = new(new SafeFileHandle(OutputDescriptor, ownsHandle: false), FileAccess.Write, bufferSize: 0);
            return stream.CanSeek ? null : stream;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null; // closed, or something that only the console's stream can write to
        }
    }
}

/// <summary>
/// Where a process writes to, which schedulers, daemons and full disks may have closed. A failure is told once: what is written after it
/// goes nowhere, so that closing the stream, with what is left in its buffer, does not fail anew.
/// </summary>
/// <param name="stream">What the system gave.</param>
/// <param name="mayFail">Whether a failure is an <see cref="IOException"/>; else it is as if all had been written.</param>
internal sealed class OwnStream(Stream stream, bool mayFail) : Stream
{
    private bool _failed;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (_failed)
            return;
        try
        {
            stream.Write(buffer);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            Fail(e);
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
        if (_failed)
            return;
        try
        {
            stream.Flush();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            Fail(e);
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private void Fail(Exception reason)
    {
        _failed = true;
        if (!mayFail)
            return;
        if (Failures.IsBrokenPipe(reason))
            throw reason;
        throw new IOException(reason is IOException
            ? $"Standard output cannot be written: {reason.Message}"
            : "Standard output cannot be written: it is closed.", reason);
    }
}

/// <summary>Standard input that is closed: no text, and no end that could be taken for the end of one.</summary>
internal sealed class ClosedReader : TextReader
{
    public override int Peek() => throw Closed();

    public override int Read() => throw Closed();

    public override int Read(char[] buffer, int index, int count) => throw Closed();

    public override string? ReadLine() => throw Closed();

    public override string ReadToEnd() => throw Closed();

    private static IOException Closed() => new("Standard input cannot be read: it is closed.");
}

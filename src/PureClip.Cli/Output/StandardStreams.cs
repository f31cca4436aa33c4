using System.Text;
using Microsoft.Win32.SafeHandles;

namespace PureClip.Cli.Output;

/// <summary>The process's own streams: UTF-8 without a byte order mark, lines end in a line feed on every system.</summary>
internal static class StandardStreams
{
    private const int OutputDescriptor = 1;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Standard input.</summary>
    public static TextReader OpenInput() => new StreamReader(Console.OpenStandardInput(), Utf8);

    /// <summary>Standard output, to be flushed by whoever writes. A reader that has gone is an <see cref="IOException"/>.</summary>
    public static TextWriter OpenOutput()
    {
        if (OperatingSystem.IsWindows() && !Console.IsOutputRedirected)
            Console.OutputEncoding = Utf8;
        return new StreamWriter(OpenPipe() ?? Console.OpenStandardOutput(), Utf8) { NewLine = "\n" };
    }

    /// <summary>Standard error.</summary>
    public static TextWriter OpenError() => new StreamWriter(Console.OpenStandardError(), Utf8) { NewLine = "\n", AutoFlush = true };

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

using System.Diagnostics;
using System.Globalization;
using PureClip.Files;

namespace PureClip.Convert;

/// <summary>One line on a terminal that says how far the weights have been written; work that is done within a second shows nothing.</summary>
/// <param name="terminal">Where to draw.</param>
internal sealed class ProgressBar(TextWriter terminal) : IProgress<WriteProgress>, IDisposable
{
    private const int Width = 30;
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(1), Pause = TimeSpan.FromMilliseconds(100);

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _drawn;
    private bool _visible;

    public void Report(WriteProgress value)
    {
        TimeSpan now = _clock.Elapsed;
        if (now < Silence || now - _drawn < Pause || value.BytesTotal == 0)
            return;
        (_drawn, _visible) = (now, true);
        int done = (int)(Width * value.BytesWritten / value.BytesTotal);
        string bar = new string('#', done).PadRight(Width, '.');
        terminal.Write(string.Create(
            CultureInfo.InvariantCulture, $"\r[{bar}] {value.BytesWritten / 1e6:N0} of {value.BytesTotal / 1e6:N0} MB\u001b[K"));
        terminal.Flush();
    }

    public void Dispose()
    {
        if (_visible)
            terminal.Write("\r\u001b[K");
    }
}

using System.Diagnostics;

namespace PureClip.Cli.Output;

/// <summary>One line on a terminal that says how far long work has come. Work that is done within a second shows nothing.</summary>
/// <param name="terminal">Where to draw; null to draw nothing.</param>
/// <param name="total">How much there is to do.</param>
/// <param name="unit">Of what, in the plural.</param>
internal sealed class ProgressLine(TextWriter? terminal, int total, string unit) : IProgress<int>, IDisposable
{
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(1), Pause = TimeSpan.FromMilliseconds(100);

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _drawn;
    private bool _visible;

    /// <summary>Tells how much is done.</summary>
    public void Report(int done)
    {
        TimeSpan now = _clock.Elapsed;
        if (terminal is null || now < Silence || now - _drawn < Pause)
            return;
        _drawn = now;
        _visible = true;
        TimeSpan left = done > 0 ? now / done * (total - done) : TimeSpan.Zero;
        terminal.Write($"\r{done} of {total} {unit}, {done / now.TotalSeconds:0.#} a second, {left:h\\:mm\\:ss} to go\u001b[K");
        terminal.Flush();
    }

    /// <summary>Makes room for a message.</summary>
    public void Erase()
    {
        if (!_visible)
            return;
        _visible = false;
        terminal!.Write("\r\u001b[K");
        terminal.Flush();
    }

    /// <inheritdoc/>
    public void Dispose() => Erase();
}

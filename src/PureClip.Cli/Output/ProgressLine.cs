using System.Diagnostics;

namespace PureClip.Cli.Output;

/// <summary>One line on a terminal that says how far long work has come. Work that is done within a second shows nothing.</summary>
/// <param name="terminal">Where to draw; null to draw nothing.</param>
/// <param name="total">How much there is to do.</param>
/// <param name="unit">Of what, in the plural.</param>
/// <param name="columns">How wide the terminal is: a longer line would leave its beginning behind when it is drawn again.</param>
internal sealed class ProgressLine(TextWriter? terminal, int total, string unit, int columns = Shell.UsualWidth)
    : IProgress<int>, IDisposable
{
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(1), Pause = TimeSpan.FromMilliseconds(100);

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _drawn;
    private bool _visible;
    private int _most;

    /// <summary>How much there is to do.</summary>
    public int Total { get; set; } = total;

    /// <summary>How much was done before the work began, which says nothing of its speed.</summary>
    public int Before { get; set; }

    /// <summary>Tells how much is done; the line never goes back.</summary>
    public void Report(int done)
    {
        _most = done = Math.Max(_most, done);
        TimeSpan now = _clock.Elapsed;
        if (terminal is null || now < Silence || now - _drawn < Pause)
            return;
        _drawn = now;
        _visible = true;
        int fresh = Math.Max(0, done - Before);
        TimeSpan left = fresh > 0 ? now / fresh * (Total - done) : TimeSpan.Zero;
        string line = $"{done} of {Total} {unit}, {fresh / now.TotalSeconds:0.#} a second, {left:h\\:mm\\:ss} to go";
        terminal.Write($"\r{line[..Math.Clamp(columns - 1, 0, line.Length)]}\u001b[K");
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

/// <summary>
/// Progress that is told on the thread that makes it, unlike <see cref="Progress{T}"/>, whose reports may come after the end.
/// </summary>
internal sealed class DirectProgress<T>(Action<T> report) : IProgress<T>
{
    public void Report(T value) => report(value);
}

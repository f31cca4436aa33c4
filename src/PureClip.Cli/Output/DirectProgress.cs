namespace PureClip.Cli.Output;

/// <summary>Progress that is told on the thread that makes it, unlike <see cref="Progress{T}"/>, whose reports may come after the end.</summary>
internal sealed class DirectProgress<T>(Action<T> report) : IProgress<T>
{
    public void Report(T value) => report(value);
}

namespace PureClip.Threading;

/// <summary>Cuts a length into parts that differ by at most one: the first ones are the longer ones.</summary>
/// <param name="length">What is cut, 0 or more.</param>
/// <param name="parts">Into how many parts, 1 or more.</param>
internal readonly struct RowPartition(int length, int parts)
{
    private readonly int _quotient = length / parts;
    private readonly int _remainder = length % parts;

    /// <summary>Where a part starts; <c>Start(parts)</c> is the length.</summary>
    public int Start(int part) => part * _quotient + Math.Min(part, _remainder);

    /// <summary>How long a part is.</summary>
    public int Length(int part) => _quotient + (part < _remainder ? 1 : 0);
}

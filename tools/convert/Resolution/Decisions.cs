using System.Globalization;

namespace PureClip.Convert.Resolution;

/// <summary>Takes decisions in the order of trust and keeps account of them.</summary>
internal sealed class Decisions
{
    private readonly List<Decision> _taken = [];

    /// <summary>What was decided, in order.</summary>
    public IReadOnlyList<Decision> Taken => _taken;

    /// <summary>Takes the first answer. Places that state something else than it are an error, unless the user decided.</summary>
    /// <param name="what">The question.</param>
    /// <param name="option">The option that decides it; null where there is none, and contradictions do not matter.</param>
    /// <param name="candidates">In order of precedence; the last has a value.</param>
    /// <exception cref="InvalidDataException">Two places state different things.</exception>
    public T Take<T>(string what, string? option, params ReadOnlySpan<Candidate<T>> candidates)
        where T : struct
    {
        Candidate<T> taken = default;
        foreach (Candidate<T> candidate in candidates)
        {
            if (candidate.Value is not T value)
                continue;
            if (taken.Value is not T first)
                taken = candidate;
            else if (option is not null && taken.Weight == Trust.Stated && candidate.Weight == Trust.Stated && !first.Equals(value))
                Throw.InvalidData(
                    $"{what}: {taken.From} says {Text(first)}, {candidate.From} says {Text(value)}. Decide with {option}.");
        }
        Note(what, Text(taken.Value!.Value), taken.From, taken.Weight == Trust.Assumed, option);
        return taken.Value.Value;
    }

    /// <summary>Adds a decision that was taken elsewhere.</summary>
    public void Note(string what, string value, string from, bool isAssumed, string? option = null) =>
        _taken.Add(new Decision(what, value, from, isAssumed, option));

    private static string Text<T>(T value)
        where T : struct =>
        value is IFormattable number ? number.ToString(null, CultureInfo.InvariantCulture) : value.ToString() ?? "";
}

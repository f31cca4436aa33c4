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
    /// <param name="setting">What decides it; none where contradictions do not matter.</param>
    /// <param name="candidates">In order of precedence; the last has a value.</param>
    /// <exception cref="ConversionException">Two places state different things.</exception>
    public T Take<T>(string what, ConversionSetting setting, params ReadOnlySpan<Candidate<T>> candidates)
        where T : struct
    {
        Candidate<T> taken = default;
        foreach (Candidate<T> candidate in candidates)
        {
            if (candidate.Value is not T value)
                continue;
            if (taken.Value is not T first)
                taken = candidate;
            else if (setting != ConversionSetting.None && taken.Weight == Trust.Stated && candidate.Weight == Trust.Stated
                && !first.Equals(value))
                throw new ConversionException($"{what}: {taken.From} says {Text(first)}, {candidate.From} says {Text(value)}.", setting);
        }
        Note(what, Text(taken.Value!.Value), taken.From, taken.Weight == Trust.Assumed, setting);
        return taken.Value.Value;
    }

    /// <summary>Adds a decision that was taken elsewhere.</summary>
    public void Note(
        string what, string value, string from, bool isAssumed, ConversionSetting setting = ConversionSetting.None,
        string? place = null) =>
        _taken.Add(new Decision(what, value, from, isAssumed, setting, place));

    private static string Text<T>(T value)
        where T : struct =>
        value is IFormattable number ? number.ToString(null, CultureInfo.InvariantCulture) : value.ToString() ?? "";
}

/// <summary>What one place says about a question.</summary>
/// <param name="Value">The answer; null where the place does not say.</param>
/// <param name="From">The place.</param>
/// <param name="Weight">How far it is to be believed.</param>
internal readonly record struct Candidate<T>(T? Value, string From, Trust Weight)
    where T : struct;

/// <summary>How far a place is to be believed.</summary>
internal enum Trust
{
    /// <summary>The user's word.</summary>
    Asked,

    /// <summary>The source states it; two that state otherwise are an error.</summary>
    Stated,

    /// <summary>It follows from what the source states, by a table.</summary>
    Known,

    /// <summary>It is usual.</summary>
    Assumed,
}

namespace PureClip.Convert.Resolution;

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

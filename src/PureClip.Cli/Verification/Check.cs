namespace PureClip.Cli.Verification;

/// <summary>One thing that was looked at, or could not be.</summary>
/// <param name="Name">What.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Detail">Numbers, or the reason.</param>
internal sealed record Check(string Name, Outcome Outcome, string Detail);

/// <summary>How a check ended.</summary>
internal enum Outcome
{
    Passed,

    Failed,

    /// <summary>It could not be done; nothing is wrong.</summary>
    Skipped,

    /// <summary>Nothing was compared: it says under which rules the rest was.</summary>
    Noted,
}

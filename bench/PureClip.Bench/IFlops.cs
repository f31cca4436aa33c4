namespace PureClip.Bench;

/// <summary>A bench parameter that knows how much arithmetic one run of it is.</summary>
internal interface IFlops
{
    /// <summary>Additions and multiplications of one run.</summary>
    double Flops { get; }
}

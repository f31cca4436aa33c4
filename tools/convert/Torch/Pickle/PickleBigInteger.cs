using System.Numerics;

namespace PureClip.Convert.Torch.Pickle;

/// <summary>An integer beyond 64 bits.</summary>
internal sealed record PickleBigInteger(BigInteger Value);

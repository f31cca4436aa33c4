using PureClip.Tests.Architecture;

namespace PureClip.Extensions.AI.Tests;

/// <summary>The public surface changes on purpose only.</summary>
public sealed class PublicApiTests
{
    [Fact]
    public void The_public_surface_is_the_approved_one() =>
        ApprovedApi.Check(typeof(ClipEmbeddingGenerator).Assembly, "PureClip.Extensions.AI.Tests/PublicApi.approved.txt");
}

namespace PureClip.Postgres.Tests;

/// <summary>The shipped model, loaded once.</summary>
public sealed class SharedClip : IDisposable
{
    internal Clip Clip { get; } = ShippedModel.Load();

    /// <inheritdoc/>
    public void Dispose() => Clip.Dispose();
}

/// <summary>Tests of the database run one after the other: PGlite has one connection.</summary>
[CollectionDefinition(Name)]
public sealed class DatabaseTests : ICollectionFixture<SharedClip>
{
    internal const string Name = "database";
}

using System.Net;

namespace PureClip.Server.Hosting;

/// <summary>Something on disk, and what clients call it.</summary>
/// <param name="Name">The name.</param>
/// <param name="Path">The directory or file.</param>
internal readonly record struct NamedPath(string Name, string Path);

/// <summary>What the server serves, to whom, and within which limits.</summary>
internal sealed record ServerOptions
{
    /// <summary>
    /// Model directories, at least one; the first answers where a request names none. Several names may be of one directory.
    /// </summary>
    public required IReadOnlyList<NamedPath> Models { get; init; }

    /// <summary>Indexes to search.</summary>
    public IReadOnlyList<NamedPath> Indexes { get; init; } = [];

    /// <summary>Concept files, which searches may add and subtract by name.</summary>
    public IReadOnlyList<NamedPath> Concepts { get; init; } = [];

    /// <summary>Networks that draw, each in the space of one of the models: files, or directories with one.</summary>
    public IReadOnlyList<NamedPath> Generators { get; init; } = [];

    /// <summary>Where it listens: this machine alone, unless it is told.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>Its port; 0 for any that is free.</summary>
    public int Port { get; init; } = 8421;

    /// <summary>Names by which it may be called; empty for this machine's own where it listens on loopback, and else for any.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>Keys of which a request must have one; empty for no such demand, unless there are <see cref="KeyFiles"/>.</summary>
    public IReadOnlyList<string> ApiKeys { get; init; } = [];

    /// <summary>Files with more of them, which may change while the server runs.</summary>
    public IReadOnlyList<string> KeyFiles { get; init; } = [];

    /// <summary>Threads that compute; null for all processors.</summary>
    public int? Threads { get; init; }

    /// <summary>How weights lie in memory; null for as they are stored.</summary>
    public WeightType? Weights { get; init; }

    /// <summary>What becomes of the windows of texts that are longer than a model takes; null to refuse such texts.</summary>
    public LongTextPooling? LongTexts { get; init; }

    /// <summary>Most connections at a time; what comes then is closed at once.</summary>
    public int MaxConnections { get; init; } = 4096;

    /// <summary>Most bytes of a request's body.</summary>
    public long MaxBodyBytes { get; init; } = 32L << 20;

    /// <summary>Most texts and pictures of a request.</summary>
    public int MaxInputs { get; init; } = 2048;

    /// <summary>Largest picture that is decoded, in pixels.</summary>
    public long MaxPixels { get; init; } = 100_000_000;

    /// <summary>How long a request may take, its body included.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Most texts and pictures that wait, of all requests; what comes then is told to come again later.</summary>
    public int QueueInputs { get; init; } = 4096;

    /// <summary>Most bytes of bodies and of pixels that are held, of all requests.</summary>
    public long QueueBytes { get; init; } = 512L << 20;
}

namespace PureClip.Postgres;

/// <summary>An entry of a table as a record of <c>Microsoft.Extensions.VectorData</c>.</summary>
public sealed class PostgresPicture
{
    /// <summary>What it is found by, a path or any text: the record's key.</summary>
    public string Key { get; set; } = "";

    /// <summary>Bytes of its file; 0 where there is none.</summary>
    public long Size { get; set; }

    /// <summary>When its file was last changed, in UTC; the default where that is unknown.</summary>
    public DateTime Modified { get; set; }

    /// <summary>The first 16 bytes of its file's SHA-256; 0 where they are unknown.</summary>
    public UInt128 ContentHash { get; set; }

    /// <summary>Its vector; empty where vectors were not asked for.</summary>
    public ReadOnlyMemory<float> Vector { get; set; }
}

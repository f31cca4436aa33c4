namespace PureClip.Convert.Reporting;

/// <summary>How the converted model's embeddings compare with a reference.</summary>
internal sealed record ReferenceResult
{
    public required float Tolerance { get; init; }

    /// <summary>Pictures compared.</summary>
    public int Pictures { get; set; }

    /// <summary>Texts compared.</summary>
    public int Texts { get; set; }

    /// <summary>Texts of which this model's tokenizer makes other ids than the reference; the reference's were used.</summary>
    public int OtherIds { get; set; }

    /// <summary>The largest difference of two numbers.</summary>
    public float Largest { get; set; }

    /// <summary>The picture or text that has it.</summary>
    public string LargestAt { get; set; } = "";

    /// <summary>Whether all is within the tolerance, and something was compared.</summary>
    public bool HasPassed => Largest <= Tolerance && Pictures + Texts > 0;
}

namespace PureClip.Imaging.Jpeg;

/// <summary>What the blocks of a scan hold.</summary>
internal enum ScanKind
{
    /// <summary>Whole blocks.</summary>
    Sequential,

    /// <summary>The upper bits of DC coefficients.</summary>
    DcFirst,

    /// <summary>One more bit of DC coefficients.</summary>
    DcRefinement,

    /// <summary>The upper bits of a band of AC coefficients.</summary>
    AcFirst,

    /// <summary>One more bit of a band of AC coefficients.</summary>
    AcRefinement,
}

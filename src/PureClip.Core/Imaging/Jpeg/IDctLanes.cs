namespace PureClip.Imaging.Jpeg;

/// <summary>The arithmetic of the inverse DCT on one or more 32-bit numbers at once, so that its formula is written once.</summary>
internal interface IDctLanes<TSelf> where TSelf : struct, IDctLanes<TSelf>
{
    static abstract TSelf operator +(TSelf left, TSelf right);

    static abstract TSelf operator -(TSelf left, TSelf right);

    static abstract TSelf operator *(TSelf left, int factor);

    static abstract TSelf operator <<(TSelf value, int places);

    /// <summary>Keeps the lower 16 bits as a signed number.</summary>
    static abstract TSelf Wrap16(TSelf value);

    /// <summary>Divides by a power of two, rounding halves up.</summary>
    static abstract TSelf Descale(TSelf value, int places);
}

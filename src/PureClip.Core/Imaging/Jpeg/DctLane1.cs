namespace PureClip.Imaging.Jpeg;

/// <summary>One number: the reference that the vectors are tested against, and the fallback.</summary>
internal readonly struct DctLane1(int value) : IDctLanes<DctLane1>
{
    public readonly int Value = value;

    public static DctLane1 operator +(DctLane1 left, DctLane1 right) => new(left.Value + right.Value);

    public static DctLane1 operator -(DctLane1 left, DctLane1 right) => new(left.Value - right.Value);

    public static DctLane1 operator *(DctLane1 left, int factor) => new(left.Value * factor);

    public static DctLane1 operator <<(DctLane1 value, int places) => new(value.Value << places);

    public static DctLane1 Wrap16(DctLane1 value) => new((short)value.Value);

    public static DctLane1 Descale(DctLane1 value, int places) => new((value.Value + (1 << (places - 1))) >> places);
}
